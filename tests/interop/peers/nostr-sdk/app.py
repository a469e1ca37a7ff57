"""People on Nostr, using nostr-sdk (rust-nostr): keys, relays, and what they find there.

The control is described in tests/interop/src/peer.rs. What is answered is read from relays at that moment: a person's
own from RELAY, anyone else's from the relays that their kind 10002 names (NIP-65).
Environment: RELAY (where these people write and look for relay lists), CONTROL (port).
"""

import asyncio
import json
import os
import threading
import traceback
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlparse

from nostr_sdk import (
    ClientBuilder,
    EventBuilder,
    EventId,
    Event,
    Filter,
    Keys,
    Kind,
    Nip19Event,
    Nip19Profile,
    PublicKey,
    RelayUrl,
    ReqTarget,
    SendEventTarget,
    Tag,
    UnwrappedGift,
    nip17_extract_relay_list,
    nip17_make_private_msg,
    nip59_make_gift_wrap,
)

HOME = os.environ["RELAY"]
PICTURE = "https://fedify.example/picture.png"  # any web server's
keys: dict[str, Keys] = {}
everywhere: set[str] = {HOME}
loop = asyncio.new_event_loop()
client = ClientBuilder().build()


def values(event, name):
    return [tag[1] for tag in event["tags"] if tag[0] == name and len(tag) > 1]


def plain(relay):
    """Where to connect: the library trusts no authority of ours, so TLS is put on by the stage."""
    return RelayUrl.parse(relay.replace("wss://", "ws://"))


async def connect(relay):
    if await client.add_relay(plain(relay)):
        await client.connect_relay(plain(relay))


async def read(relays, **wanted):
    """Events, as JSON, that match a filter on these relays; the library checks ids and signatures."""
    for relay in relays:
        await connect(relay)
    wanted = Filter.from_json(json.dumps({name.replace("tag_", "#"): value for name, value in wanted.items()}))
    target = ReqTarget.manual({plain(relay): [wanted] for relay in relays})
    found = await client.fetch_events(target, timeout=timedelta(seconds=3))
    return [json.loads(event.as_json()) for event in found]


def newest(events):
    return max(events, key=lambda event: event["created_at"], default=None)


# ---- The outbox model.


async def relays_of(pubkey, direction):
    if pubkey in keys:
        return [HOME]
    listed = newest(await read([HOME], kinds=[10002], authors=[pubkey]))
    tags = listed["tags"] if listed else []
    named = {tag[1] for tag in tags if tag[0] == "r" and (len(tag) < 3 or tag[2] == direction)}
    # A relay's address may end with a slash or not; it is the same relay.
    return [HOME if relay.rstrip("/") == HOME.rstrip("/") else relay for relay in named] or [HOME]


async def write(by, kind, content, tags):
    builder = EventBuilder(Kind(kind), content).tags([Tag.parse(tag) for tag in tags])
    event = builder.finalize(keys[by])
    relays = {HOME}
    for tag in tags:
        # A list of follows (kind 3) names people without being addressed to them.
        if tag[0] == "p" and kind != 3:
            relays |= set(await relays_of(tag[1], "read"))
    for relay in relays:
        await connect(relay)
    sent = await client.send_event(event, SendEventTarget.to([plain(relay) for relay in relays]))
    if sent.failed:
        raise RuntimeError(f"refused: {sent.failed}")
    return event.id().to_hex()


async def known(identifier):
    found = await read(everywhere, ids=[identifier])
    if not found:
        raise RuntimeError(f"{identifier} is on no relay known here")
    return found[0]


# ---- Acting.


async def contacts(by, change):
    mine = newest(await read([HOME], kinds=[3], authors=[by]))
    return await write(by, 3, "", change(mine["tags"] if mine else []))


async def react(by, object, emoji="+"):
    event = await known(object)
    tags = [["e", object, HOME, event["pubkey"]], ["p", event["pubkey"]], ["k", str(event["kind"])]]
    return await write(by, 7, emoji, tags)


async def boost(by, object):
    event = await known(object)
    return await write(by, 6, json.dumps(event), [["e", object, HOME], ["p", event["pubkey"]]])


async def retract(by, kind, object):
    mine = newest(await read([HOME], kinds=[kind], authors=[by], **{"tag_e": [object]}))
    if mine is None:
        raise RuntimeError(f"nothing to take back: kind {kind} of {object}")
    people = [["p", pubkey] for pubkey in values(mine, "p")]
    return await write(by, 5, "", [["e", mine["id"]], ["k", str(kind)], *people])


async def delete(by, object):
    people = [["p", pubkey] for pubkey in values(await known(object), "p")]
    return await write(by, 5, "", [["e", object], ["k", "1"], *people])


async def post(by, text, cw=None, mentions=(), tags=(), images=(), reply_to=None, quote=None, **unknown):
    if unknown:
        return {"lacks": f"a note on Nostr has no {', '.join(unknown)}"}
    made = []
    if reply_to:
        parent = await known(reply_to)
        root = next((tag for tag in parent["tags"] if tag[0] == "e" and "root" in tag[3:4]), None)
        if root:
            made.append(root)
        made += [["e", reply_to, HOME, "reply" if root else "root", parent["pubkey"]], ["p", parent["pubkey"]]]
    if quote:
        quoted = await known(quote)
        pointer = Nip19Event(EventId.parse(quote), PublicKey.parse(quoted["pubkey"]), relays=[RelayUrl.parse(HOME)])
        text += f"\n\n{pointer.to_nostr_uri()}"
        made += [["q", quote, HOME, quoted["pubkey"]], ["p", quoted["pubkey"]]]
    for pubkey in mentions:
        relays = [RelayUrl.parse(relay) for relay in await relays_of(pubkey, "read")]
        text += f" {Nip19Profile(PublicKey.parse(pubkey), relays).to_nostr_uri()}"
        made.append(["p", pubkey])
    for tag in tags:
        text += f" #{tag}"
        made.append(["t", tag])
    for image in images:
        text += f"\n{PICTURE}"
        made.append(["imeta", f"url {PICTURE}", "m image/png", "dim 2x2", f"alt {image['alt']}"])
    if cw:
        made.append(["content-warning", cw])
    return await write(by, 1, text, made)


# ---- Private messages (NIP-17).


async def message_relays(pubkey):
    """Where someone takes them: kind 10050; nothing may be sent to anyone without."""
    listed = newest(await read([HOME], kinds=[10050], authors=[pubkey]))
    named = nip17_extract_relay_list(Event.from_json(json.dumps(listed))) if listed else []
    return [str(relay) for relay in named]


async def give(wrap, to):
    relays = await message_relays(to)
    # Somebody new has perhaps not been heard of yet.
    for _ in range(50):
        if relays:
            break
        await asyncio.sleep(0.2)
        relays = await message_relays(to)
    if not relays:
        raise RuntimeError(f"{to} takes no private messages")
    for relay in relays:
        await connect(relay)
    sent = await client.send_event(wrap, SendEventTarget.to([plain(relay) for relay in relays]))
    if sent.failed:
        raise RuntimeError(f"refused: {sent.failed}")


async def message(by, text, to, subject=None, reply_to=None):
    extra = [["p", person] for person in to[1:]]
    if subject:
        extra.append(["subject", subject])
    if reply_to:
        extra.append(["e", reply_to])
    tags = [Tag.parse(tag) for tag in extra]
    wraps = {person: nip17_make_private_msg(keys[by], PublicKey.parse(person), text, rumor_extra_tags=tags) for person in to}
    for person, wrap in wraps.items():
        await give(wrap, person)
    return {"id": "unknown: only its readers can open it"}


async def rumor(by, kind, content, to, tags):
    tags = [Tag.parse(tag) for tag in [*tags, *(["p", person] for person in to)]]
    unsigned = EventBuilder(Kind(kind), content).tags(tags).finalize_unsigned(keys[by].public_key())
    for person in to:
        await give(nip59_make_gift_wrap(keys[by], PublicKey.parse(person), unsigned), person)
    return {"id": "unknown: only its readers can open it"}


async def get_messages(id):
    """What a person's app unwraps, oldest first: messages, reactions, deletions."""
    opened = []
    for wrap in await read(await message_relays(id), kinds=[1059], tag_p=[id]):
        event = json.loads(UnwrappedGift.from_gift_wrap(keys[id], Event.from_json(json.dumps(wrap))).rumor().as_json())
        opened.append({
            "id": event["id"],
            "kind": event["kind"],
            "author": event["pubkey"],
            "text": event["content"],
            "mentions": values(event, "p"),
            "about": next(reversed(values(event, "e")), None),
            "subject": next(iter(values(event, "subject")), None),
            "at": event["created_at"],
        })
    return sorted(opened, key=lambda event: event["at"])


VERBS = {
    "follow": lambda by, actor: contacts(by, lambda tags: [t for t in tags if t[1] != actor] + [["p", actor]]),
    "unfollow": lambda by, actor: contacts(by, lambda tags: [t for t in tags if t[1] != actor]),
    "like": react,
    "react": react,
    "unlike": lambda by, object: retract(by, 7, object),
    "boost": boost,
    "unboost": lambda by, object: retract(by, 6, object),
    "post": post,
    "delete": delete,
    "message": message,
    "react_privately": lambda by, object, emoji, to: rumor(by, 7, emoji, to, [["e", object], ["k", "14"]]),
    "delete_message": lambda by, object, to: rumor(by, 5, "", to, [["e", object], ["k", "14"]]),
}


# ---- What is known.


def parent_of(event):
    """The event replied to, by the marks of NIP-10."""
    marked = {tag[3]: tag[1] for tag in event["tags"] if tag[0] == "e" and len(tag) > 3}
    return marked.get("reply") or marked.get("root")


def picture(tag):
    fields = dict(part.split(" ", 1) for part in tag[1:] if " " in part)
    return {"url": fields.get("url"), "alt": fields.get("alt")}


def view(event, deleted):
    return {
        "id": event["id"],
        "author": event["pubkey"],
        "text": event["content"],
        "cw": next((tag[1] if len(tag) > 1 else "" for tag in event["tags"] if tag[0] == "content-warning"), None),
        "mentions": values(event, "p"),
        "tags": [f"#{tag}" for tag in values(event, "t")],
        "images": [picture(tag) for tag in event["tags"] if tag[0] == "imeta"],
        "reply_to": parent_of(event),
        "quote": next(iter(values(event, "q")), None),
        "deleted": deleted,
    }


async def get_object(id):
    found = await read(everywhere, ids=[id])
    about = await read(everywhere, kinds=[1, 5, 6, 7], **{"tag_e": [id]})
    quoting = await read(everywhere, kinds=[1], **{"tag_q": [id]})
    authors = {event["id"]: event["pubkey"] for event in about if event["kind"] != 5}
    retractions = await read(everywhere, kinds=[5], **{"tag_e": list(authors)}) if authors else []
    gone = {e for event in retractions for e in values(event, "e") if authors.get(e) == event["pubkey"]}
    of = lambda kind: [event for event in about if event["kind"] == kind and event["id"] not in gone]
    deleted = any(not found or event["pubkey"] == found[0]["pubkey"] for event in of(5))
    return {
        "note": view(found[0], deleted) if found else None,
        "likes": [{"actor": e["pubkey"], "emoji": None if e["content"] == "+" else e["content"]} for e in of(7)],
        "boosts": [event["pubkey"] for event in of(6)],
        "replies": [event["id"] for event in of(1) if parent_of(event) == id],
        "quotes": [event["id"] for event in quoting],
    }


async def get_actor(id):
    authors = {event["pubkey"] for event in await read(everywhere, kinds=[3], **{"tag_p": [id]})}
    followers = []
    for author in authors:
        current = newest(await read(await relays_of(author, "write"), kinds=[3], authors=[author]))
        if current and id in values(current, "p"):
            followers.append(author)
    mine = None
    if len(id) == 64:
        mine = newest(await read(await relays_of(id, "write"), kinds=[3], authors=[id]))
    return {"followers": followers, "following": values(mine, "p") if mine else []}


async def get_find(author, text):
    """Ids of the notes by `author` that contain `text`, on the relays that the author writes to."""
    relays = await relays_of(author, "write")
    everywhere.update(relays)
    return [event["id"] for event in await read(relays, kinds=[1], authors=[author]) if text in event["content"]]


async def new_actor(name):
    made = Keys.generate()
    identifier = made.public_key().to_hex()
    keys[identifier] = made
    await write(identifier, 0, json.dumps({"name": name}), [])
    await write(identifier, 10002, "", [["r", HOME]])
    await write(identifier, 10050, "", [["relay", HOME]])
    return {"id": identifier, "acct": made.public_key().to_bech32()}


async def act(verb, **given):
    by = given.pop("as")
    if verb not in VERBS:
        return {"lacks": f"Nostr has nothing for '{verb}'"}
    done = await VERBS[verb](by, **given)
    return done if isinstance(done, dict) else {"id": done}


ROUTES = {
    ("POST", "/actors"): new_actor,
    ("POST", "/act"): act,
    ("GET", "/object"): get_object,
    ("GET", "/actor"): get_actor,
    ("GET", "/find"): get_find,
    ("GET", "/messages"): get_messages,
}


class Control(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self):
        url = urlparse(self.path)
        length = int(self.headers.get("content-length") or 0)
        given = json.loads(self.rfile.read(length)) if length else {k: v[0] for k, v in parse_qs(url.query).items()}
        try:
            work = asyncio.run_coroutine_threadsafe(ROUTES[self.command, url.path](**given), loop)
            status, body = 200, work.result(30)
        except Exception:
            status, body = 500, {"error": traceback.format_exc()}
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    do_GET = do_POST = answer


threading.Thread(target=ThreadingHTTPServer(("127.0.0.1", int(os.environ["CONTROL"])), Control).serve_forever, daemon=True).start()
loop.run_forever()
