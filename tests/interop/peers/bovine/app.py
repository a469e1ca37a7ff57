"""bovine-herd, with the tests' control beside it.

The server is bovine-herd as it is. Accounts act as bovine's own client library does: over HTTPS, through the outbox
and proxyUrl of ActivityPub's client-to-server API, signed with Moo-Auth-1. What an account knows is read from
bovine's store. The control is described in tests/interop/src/peer.rs.
Environment: ORIGIN, LISTEN (address), CERTIFICATE and KEY (files), CONTROL (port), CONTEXTS (JSON-LD contexts).
"""

import asyncio
import json
import os
import traceback
import uuid
from urllib.parse import urlparse

import bovine.jsonld
import bovine.utils
from bovine import BovineClient
from bovine.crypto import generate_ed25519_private_key, private_key_to_did_key
from bovine_herd import BovineHerd, add_to_queue
from bovine_process import process_inbox_item
from bovine_process.utils import ProcessorList
from bovine_store import BovineAdminStore
from bovine_store.models import BovineActor, BovineActorEndpoint, CollectionItem, StoredJsonObject
from bovine_store.store.collection import add_to_collection, remove_from_collection
from bovine_store.types import EndpointType
from hypercorn.asyncio import serve
from hypercorn.config import Config
from quart import Blueprint, Quart, request

ORIGIN = os.environ["ORIGIN"]
HOST = urlparse(ORIGIN).netloc
PUBLIC = "https://www.w3.org/ns/activitystreams#Public"
QUOTE_LINK = 'application/ld+json; profile="https://www.w3.org/ns/activitystreams"'

for url, document in json.load(open(os.environ["CONTEXTS"])).items():
    if url != "https://www.w3.org/ns/activitystreams":
        bovine.jsonld.jsonld_cache.add(url, document["@context"])

clients: dict[str, BovineClient] = {}
featured: dict[str, str] = {}  # actor -> the collection of what it has pinned


async def accept_follow(item, actor):
    """bovine leaves the answer to a Follow to the client."""
    if item.data.get("type") == "Follow" and actor.actor_id in clients:
        client = clients[actor.actor_id]
        accept = {"type": "Accept", "object": item.data["id"], "to": [item.data["actor"]]}
        await send(client, accept)
    return item


app = Quart(__name__)


async def inbox(item, actor):
    steps = ProcessorList(process_inbox_item, accept_follow)
    app.add_background_task(steps.__call__, item, actor)


BovineHerd(app, start_background_task_inbox=inbox)
control = Blueprint("control", __name__, url_prefix="/control")


# ---- Acting, as a client.


async def send(client, activity):
    """Posts to the outbox; answers the activity as it was stored."""
    activity = {"@context": "about:bovine", "actor": client.actor_id, **activity}
    answer = await client.send_to_outbox(activity)
    if answer.status != 201:
        raise RuntimeError(f"outbox: {answer.status} {await answer.text()}")
    return await stored(answer.headers["location"])


async def stored(identifier):
    item = await StoredJsonObject.get_or_none(id=identifier)
    return item.content if item else None


async def author_of(client, identifier):
    found = await client.proxy(identifier)
    author = found["attributedTo"]
    return author if isinstance(author, str) else author["id"]


def publicly(client, *actors):
    return {"to": [PUBLIC], "cc": [client.information["followers"], *actors]}


async def undo(client, kind, about):
    """Takes back the newest activity of this kind, embedded as the client library does."""
    for item in await StoredJsonObject.filter(owner=client.actor_id).order_by("-created"):
        if item.content.get("type") == kind and item.content.get("object") == about:
            activity = item.content
            addressed = {key: activity[key] for key in ("to", "cc") if key in activity}
            return await send(client, {"type": "Undo", "object": activity, **addressed})
    raise RuntimeError(f"nothing to undo: {kind} of {about}")


async def follow(client, actor):
    return await send(client, {"type": "Follow", "object": actor, "to": [actor]})


async def like(client, object):
    author = await author_of(client, object)
    return await send(client, {"type": "Like", "object": object, "to": [author]})


async def boost(client, object):
    author = await author_of(client, object)
    return await send(client, {"type": "Announce", "object": object, **publicly(client, author)})


async def react(client, object, emoji):
    author = await author_of(client, object)
    return await send(client, {"type": "Like", "content": emoji, "object": object, "to": [author]})


async def flag(client, actor, objects, text):
    return await send(client, {"type": "Flag", "object": [actor, *objects], "content": text, "to": [actor]})


async def reject(client, actor):
    """Ends the follow of an actor, who had been accepted: bovine leaves its list to the client, too."""
    own = client.information["followers"]
    await CollectionItem.filter(part_of=own, object_id=actor).delete()
    for item in await StoredJsonObject.filter(owner=actor).order_by("-created"):
        if item.content.get("type") == "Follow" and item.content.get("object") == client.actor_id:
            return await send(client, {"type": "Reject", "object": item.content, "to": [actor]})
    raise RuntimeError(f"no follow by {actor}")


async def move(client, target):
    await describe(client, movedTo=target)
    told = {"to": [client.information["followers"]]}
    return await send(client, {"type": "Move", "object": client.actor_id, "target": target, **told})


async def describe(client, **properties):
    """Sets further properties of the actor's document."""
    actor = await BovineActor.get(endpoints__name=client.actor_id)
    actor.properties = {**actor.properties, **properties}
    await actor.save()


async def pin(client, object, kind="Add"):
    target = featured[client.actor_id]
    change = add_to_collection if kind == "Add" else remove_from_collection
    await change(target, object)
    return await send(client, {"type": kind, "object": object, "target": target, **publicly(client)})


async def leave(client):
    return await send(client, {"type": "Delete", "object": client.actor_id, **publicly(client)})


async def block(client, actor):
    return await send(client, {"type": "Block", "object": actor, "to": [actor]})


async def post(client, text, cw=None, mentions=(), tags=(), images=(), reply_to=None, quote=None, poll=None, to="public"):
    followers = client.information["followers"]
    told = list(mentions)
    told += [await author_of(client, parent) for parent in (reply_to, quote) if parent]
    mentioned = [{"type": "Mention", "href": href, "name": f"@{urlparse(href).netloc}"} for href in told]
    links = [f' <a href="{href}" class="u-url mention">@{href.split("/")[-1]}</a>' for href in mentions]
    hashtags = [{"type": "Hashtag", "href": f"{ORIGIN}/tags/{tag}", "name": f"#{tag}"} for tag in tags]
    quotes = [{"type": "Link", "mediaType": QUOTE_LINK, "href": quote, "name": f"RE: {quote}"}] if quote else []
    addressed = {
        "public": {"to": [PUBLIC], "cc": [followers, *told]},
        "followers": {"to": [followers], "cc": told},
        "direct": {"to": told},
    }[to]
    note = {
        "type": "Question" if poll else "Note",
        "attributedTo": client.actor_id,
        "content": f"<p>{text}{''.join(links)}</p>",
        "published": bovine.utils.now_isoformat(),
        **addressed,
    }
    if cw:
        note["summary"] = cw
    if reply_to:
        note["inReplyTo"] = reply_to
    if mentioned or hashtags or quotes:
        note["tag"] = mentioned + hashtags + quotes
    if images:
        picture = {"type": "Document", "mediaType": "image/png", "url": f"{ORIGIN}/control/picture.png"}
        note["attachment"] = [{**picture, "name": image["alt"]} for image in images]
    if poll:
        none = {"type": "Collection", "totalItems": 0}
        note["oneOf"] = [{"type": "Note", "name": name, "replies": none} for name in poll]
        note["endTime"] = "2099-01-01T00:00:00Z"
    create = await send(client, {"type": "Create", "object": note, **addressed})
    return {"id": create["object"]}


async def edit(client, object, text):
    note = await stored(object)
    note |= {"content": f"<p>{text}</p>", "updated": bovine.utils.now_isoformat()}
    addressed = {key: note[key] for key in ("to", "cc") if key in note}
    return await send(client, {"type": "Update", "object": note, **addressed})


async def delete(client, object):
    note = await stored(object)
    addressed = {key: note[key] for key in ("to", "cc") if key in note}
    return await send(client, {"type": "Delete", "object": object, **addressed})


async def vote(client, object, option):
    author = await author_of(client, object)
    note = {"type": "Note", "attributedTo": client.actor_id, "name": option, "inReplyTo": object, "to": [author]}
    create = await send(client, {"type": "Create", "object": note, "to": [author]})
    return {"id": create["object"]}


VERBS = {
    "follow": follow,
    "unfollow": lambda client, actor: undo(client, "Follow", actor),
    "like": like,
    "unlike": lambda client, object: undo(client, "Like", object),
    "boost": boost,
    "unboost": lambda client, object: undo(client, "Announce", object),
    "react": react,
    "flag": flag,
    "reject": reject,
    "move": move,
    "leave": leave,
    "pin": pin,
    "unpin": lambda client, object: pin(client, object, "Remove"),
    "block": block,
    "unblock": lambda client, actor: undo(client, "Block", actor),
    "post": post,
    "edit": edit,
    "delete": delete,
    "vote": vote,
}


# ---- What is known.


def many(value):
    return value if isinstance(value, list) else [] if value is None else [value]


async def view(note):
    tags = [tag if isinstance(tag, dict) else await stored(tag) or {} for tag in many(note.get("tag"))]
    of = lambda kind: [tag for tag in tags if tag.get("type") == kind]
    files = [file for file in many(note.get("attachment")) if isinstance(file, dict)]
    choices = many(note.get("oneOf")) + many(note.get("anyOf"))
    return {
        "id": note["id"],
        "author": note.get("attributedTo"),
        "text": note.get("content") or "",
        "cw": note.get("summary"),
        "mentions": [tag.get("href") for tag in of("Mention")],
        "tags": [tag.get("name") for tag in of("Hashtag")],
        "images": [{"url": file.get("url"), "alt": file.get("name")} for file in files],
        "reply_to": note.get("inReplyTo"),
        "quote": next((tag.get("href") for tag in of("Link")), None),
        "poll": [
            {"name": choice.get("name"), "votes": choice.get("replies", {}).get("totalItems", 0)} for choice in choices
        ]
        or None,
        "deleted": note.get("type") == "Tombstone",
    }


async def collection(identifier):
    return [item.object_id for item in await CollectionItem.filter(part_of=identifier)]


async def interactions(identifier, name):
    found = [await stored(item) for item in await collection(f"{identifier}/{name}")]
    return [item for item in found if item]


@control.get("/object")
async def get_object():
    identifier = request.args["id"]
    note = await stored(identifier)
    everything = [item.content for item in await StoredJsonObject.all()]
    answers = [item for item in everything if item.get("inReplyTo") == identifier]
    return {
        "note": await view(note) if note else None,
        "likes": [{"actor": item["actor"], "emoji": item.get("content")} for item in await interactions(identifier, "likes")],
        "boosts": [item["actor"] for item in await interactions(identifier, "shares")],
        "replies": await collection(f"{identifier}/replies"),
        "votes": [{"actor": item["attributedTo"], "option": item["name"]} for item in answers if item.get("name")],
        "quotes": [
            item["id"]
            for item in everything
            if any(isinstance(tag, dict) and tag.get("type") == "Link" and tag.get("href") == identifier for tag in many(item.get("tag")))
        ],
    }


def pinned(done):
    """What is pinned after all that an actor has done, as far as bovine was told."""
    left = []
    for item in done:
        if item.get("type") == "Add":
            left.append(item.get("object"))
        elif item.get("type") == "Remove" and item.get("object") in left:
            left.remove(item.get("object"))
    return left


@control.get("/actor")
async def get_actor():
    identifier = request.args["id"]
    client = clients.get(identifier)
    everything = [item.content for item in await StoredJsonObject.all()]
    undone = {item.get("object") for item in everything if item.get("type") == "Undo"}
    about = lambda kind: [i for i in everything if i.get("type") == kind and identifier in many(i.get("object"))]
    return {
        "followers": await collection(client.information["followers"]) if client else [],
        "following": await collection(client.information["following"]) if client else [],
        "blocked_by": [item["actor"] for item in about("Block") if item["id"] not in undone],
        "flags": about("Flag"),
        "moves": about("Move"),
        "pinned": pinned([item for item in everything if item.get("actor") == identifier]),
        "gone": bool([item for item in about("Delete") if item["actor"] == identifier]),
    }


# ---- Control.


@control.post("/actors")
async def new_actor():
    given = await request.get_json()
    store = BovineAdminStore(domain=ORIGIN)
    name = await store.register(given["name"])
    properties = {"name": f"Bovine {given['name']}"}
    if "alias" in given:
        properties["alsoKnownAs"] = [given["alias"]]
    await store.set_properties_for_actor(name, properties)
    secret = generate_ed25519_private_key()
    await store.add_identity_string_to_actor(name, "control", private_key_to_did_key(secret))
    client = BovineClient(domain=HOST, secret=secret)
    await client.init()
    clients[client.actor_id] = client
    featured[client.actor_id] = f"{ORIGIN}/endpoints/{uuid.uuid4()}"
    await BovineActorEndpoint.create(
        bovine_actor=await BovineActor.get(bovine_name=name),
        endpoint_type=EndpointType.COLLECTION,
        stream_name="featured",
        name=featured[client.actor_id],
    )
    await describe(client, featured=featured[client.actor_id])
    return {"id": client.actor_id, "acct": f"{given['name']}@{HOST}"}


@control.post("/act")
async def act():
    given = await request.get_json()
    client, verb = clients[given.pop("as")], given.pop("verb")
    if verb not in VERBS:
        return {"lacks": f"bovine-herd has nothing for '{verb}'"}
    done = await VERBS[verb](client, **given)
    return {"id": done["id"]}


@control.get("/picture.png")
async def picture():
    data = bytes.fromhex(
        "89504e470d0a1a0a0000000d4948445200000002000000020802000000fdd49a73"
        "0000001249444154789c63f8cfc0c000c20cff8100001fee05fb0bd9688b0000000049454e44ae426082"
    )
    return data, 200, {"content-type": "image/png"}


@app.errorhandler(Exception)
async def failed(error):
    return {"error": "".join(traceback.format_exception(error))}, 500


app.register_blueprint(control)
config = Config()
config.bind = [f"{os.environ['LISTEN']}:443"]
config.insecure_bind = [f"127.0.0.1:{os.environ['CONTROL']}"]
config.certfile = os.environ["CERTIFICATE"]
config.keyfile = os.environ["KEY"]
config.accesslog = "-"
asyncio.run(serve(app, config))
