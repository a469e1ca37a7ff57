"""The tests' control of upub: its command line makes accounts, its client-to-server API acts, its database is read.

The control is described in tests/interop/src/peer.rs. Only Python's standard library and `psql` are used.
Environment: ORIGIN, CONTROL (port), UPUB (the program with its --config), INSIDE (its plain HTTP address), DATABASE.
"""

import json
import os
import shlex
import subprocess
import threading
import time
import traceback
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, quote as escape, urlparse

ORIGIN = os.environ["ORIGIN"]
HOST = urlparse(ORIGIN).netloc
PUBLIC = "https://www.w3.org/ns/activitystreams#Public"
PICTURE = "https://fedify.example/picture.png"  # upub serves no files of its own

tokens: dict[str, str] = {}
registering = threading.Lock()


def query(sql, **values):
    """Rows as dictionaries; `:'name'` in the statement stands for a value."""
    given = [argument for name, value in values.items() for argument in ("-v", f"{name}={value}")]
    command = ["psql", "-XAtq", "-v", "ON_ERROR_STOP=1", *given, os.environ["DATABASE"]]
    wrapped = f"SELECT row_to_json(row) FROM ({sql}) AS row;"
    done = subprocess.run(command, input=wrapped, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr)
    return [json.loads(line) for line in done.stdout.splitlines()]


def http(path, body, token=None, method="POST"):
    headers = {"content-type": "application/ld+json" if token else "application/json"}
    if token:
        headers["authorization"] = f"Bearer {token}"
    data = json.dumps(body).encode() if body is not None else None
    request = urllib.request.Request(os.environ["INSIDE"] + path, data, headers, method=method)
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.headers, answer.read()
    except urllib.error.HTTPError as error:
        raise RuntimeError(f"{path}: {error.code} {error.read()[:500]}") from error


# ---- Acting, as a client.


def send(actor, activity):
    """Posts to the outbox and waits until upub has worked on it; answers the activity as stored."""
    headers, _ = http(urlparse(actor).path + "/outbox", {"@context": "https://www.w3.org/ns/activitystreams", **activity}, tokens[actor])
    identifier = headers["location"]
    deadline = time.monotonic() + 15
    while time.monotonic() < deadline:
        rows = query("SELECT id, object, activity_type, \"to\", cc FROM activities WHERE id = :'id'", id=identifier)
        if rows:
            return rows[0]
        time.sleep(0.05)
    jobs = query("SELECT activity, error FROM jobs WHERE activity = :'id'", id=identifier)
    raise RuntimeError(f"upub did not process {identifier}: {jobs}")


def fetch(actor, identifier):
    """Lets upub fetch a document from elsewhere."""
    _, body = http(f"/fetch?uri={escape(identifier, safe='')}", None, tokens[actor], "GET")
    return json.loads(body)


def author_of(actor, identifier):
    author = fetch(actor, identifier)["attributedTo"]
    return author if isinstance(author, str) else author["id"]


def undo(actor, kind, about):
    found = query(
        "SELECT id, \"to\", cc FROM activities WHERE actor = :'actor' AND activity_type = :'kind' AND object = :'about'"
        " ORDER BY published DESC LIMIT 1",
        actor=actor,
        kind=kind,
        about=about,
    )
    if not found:
        raise RuntimeError(f"nothing to undo: {kind} of {about}")
    return send(actor, {"type": "Undo", "object": found[0]["id"], "to": found[0]["to"], "cc": found[0]["cc"]})


def followers(actor):
    """The collection, and each of its members: upub leaves the collection of its own accounts unset, and so does not
    find out by itself whom to send to."""
    return [f"{actor}/followers", *get_actor(actor)["followers"]]


def follow(actor, target):
    fetch(actor, target)
    return send(actor, {"type": "Follow", "object": target, "to": [target]})


def like(actor, object):
    author = author_of(actor, object)
    return send(actor, {"type": "Like", "object": object, "to": [author]})


def react(actor, object, emoji):
    author = author_of(actor, object)
    return send(actor, {"type": "Like", "content": emoji, "object": object, "to": [author]})


def reject(actor, target):
    """Ends a follow that was accepted."""
    sql = "SELECT id FROM activities WHERE activity_type = 'Follow' AND actor = :'by' AND object = :'of' ORDER BY published DESC LIMIT 1"
    follow = query(sql, by=target, of=actor)[0]["id"]
    return send(actor, {"type": "Reject", "object": follow, "to": [target]})


def boost(actor, object):
    author = author_of(actor, object)
    return send(actor, {"type": "Announce", "object": object, "to": [PUBLIC], "cc": [*followers(actor), author]})


def post(actor, text, cw=None, mentions=(), tags=(), images=(), reply_to=None, quote=None, poll=None, to="public"):
    if poll:
        return {"lacks": "upub refuses Create of a Question as not processable"}
    told = list(mentions) + [author_of(actor, parent) for parent in (reply_to, quote) if parent]
    for mention in mentions:
        fetch(actor, mention)
    addressed = {
        "public": {"to": [PUBLIC], "cc": [*followers(actor), *told]},
        "followers": {"to": followers(actor), "cc": told},
        "direct": {"to": told, "cc": []},
    }[to]
    links = "".join(f" [@{href.split('/')[-1]}]({href})" for href in mentions)
    note = {"type": "Note", "content": text + links, **addressed}
    note["tag"] = [{"type": "Mention", "href": href, "name": f"@{urlparse(href).netloc}"} for href in told]
    note["tag"] += [{"type": "Hashtag", "href": f"{ORIGIN}/tags/{tag}", "name": f"#{tag}"} for tag in tags]
    picture = {"type": "Document", "mediaType": "image/png", "url": PICTURE}
    note["attachment"] = [{**picture, "name": image["alt"]} for image in images]
    optional = {"summary": cw, "sensitive": True if cw else None, "inReplyTo": reply_to, "quoteUrl": quote}
    note |= {key: value for key, value in optional.items() if value is not None}
    return {"id": send(actor, {"type": "Create", "object": note, **addressed})["object"]}


def edit(actor, object, text):
    note = query("SELECT \"to\", cc FROM objects WHERE id = :'id'", id=object)[0]
    update = {"type": "Note", "id": object, "attributedTo": actor, "content": text}
    return send(actor, {"type": "Update", "object": update, "to": note["to"], "cc": note["cc"]})


def delete(actor, object):
    note = query("SELECT \"to\", cc FROM objects WHERE id = :'id'", id=object)[0]
    return send(actor, {"type": "Delete", "object": object, "to": note["to"], "cc": note["cc"]})


VERBS = {
    "follow": lambda by, actor: follow(by, actor),
    "unfollow": lambda by, actor: undo(by, "Follow", actor),
    "like": like,
    "unlike": lambda by, object: undo(by, "Like", object),
    "react": react,
    "reject": lambda by, actor: reject(by, actor),
    "boost": boost,
    "unboost": lambda by, object: undo(by, "Announce", object),
    "post": post,
    "edit": edit,
    "delete": delete,
}


LACKS = {
    "flag": "upub keeps no reports: a Flag is written to its log only",
    "move": "upub's accounts name no other accounts, and its answer to a Move is still to be written",
    "approve": "upub knows no interaction policies",
    "pin": "upub's accounts have no featured collection; Add and Remove are for lists of its own",
    "leave": "upub's client API has no way to delete an account",
}


def accept_followers():
    """upub leaves the answer to a Follow to the client: this one accepts everyone."""
    pending = (
        "SELECT a.id AS follow, f.id AS follower, t.id AS target FROM relations r JOIN activities a ON a.internal = r.activity"
        " JOIN actors f ON f.internal = r.follower JOIN actors t ON t.internal = r.following"
        " WHERE r.accept IS NULL AND t.private_key IS NOT NULL"
    )
    answered = set()
    while True:
        for row in query(pending):
            if row["target"] in tokens and row["follow"] not in answered:
                answered.add(row["follow"])
                send(row["target"], {"type": "Accept", "object": row["follow"], "to": [row["follower"]]})
        time.sleep(0.2)


# ---- What is known.


def ids(sql, **values):
    return [row["id"] for row in query(sql, **values)]


def get_object(id):
    found = query("SELECT * FROM objects WHERE id = :'id'", id=id)
    note = None
    if found:
        of = lambda table, columns: query(
            f"SELECT {columns} FROM {table} x JOIN objects o ON o.internal = x.object WHERE o.id = :'id'", id=id
        )
        mentioned = (
            "SELECT a.id FROM mentions m JOIN objects o ON o.internal = m.object JOIN actors a ON a.internal = m.actor"
            " WHERE o.id = :'id'"
        )
        note = {
            "id": id,
            "author": found[0]["attributed_to"],
            "text": found[0]["content"] or "",
            "cw": found[0]["summary"],
            "reply_to": found[0]["in_reply_to"],
            "quote": found[0]["quote"],
            "deleted": found[0]["object_type"] == "Tombstone",
            "mentions": ids(mentioned, id=id),
            "tags": ["#" + tag["name"].lstrip("#") for tag in of("hashtags", "x.name")],
            "images": [{"url": file["url"], "alt": file["name"]} for file in of("attachments", "x.url, x.name")],
        }
    by = "SELECT a.id FROM {} x JOIN objects o ON o.internal = x.object JOIN actors a ON a.internal = x.actor WHERE o.id = :'id'"
    return {
        "note": note,
        "likes": query(
            "SELECT a.id AS actor, x.content AS emoji FROM likes x JOIN objects o ON o.internal = x.object"
            " JOIN actors a ON a.internal = x.actor WHERE o.id = :'id'",
            id=id,
        ),
        "boosts": ids(by.format("announces"), id=id),
        "replies": ids("SELECT id FROM objects WHERE in_reply_to = :'id'", id=id),
        "quotes": ids("SELECT id FROM objects WHERE quote = :'id'", id=id),
    }


def get_actor(id):
    related = (
        "SELECT o.id FROM relations r JOIN actors m ON m.internal = r.{} JOIN actors o ON o.internal = r.{}"
        " WHERE r.accept IS NOT NULL AND m.id = :'id'"
    )
    return {
        "followers": ids(related.format("following", "follower"), id=id),
        "following": ids(related.format("follower", "following"), id=id),
        "gone": not query("SELECT 1 AS one FROM actors WHERE id = :'id'", id=id),
    }


# ---- Control.


def new_actor(name):
    with registering:
        program = shlex.split(os.environ["UPUB"])
        done = subprocess.run([*program, "cli", "register", name, "secret"], capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stdout + done.stderr)
    _, body = http("/auth", {"email": name, "password": "secret"})
    login = json.loads(body)
    tokens[login["user"]] = login["token"]
    return {"id": login["user"], "acct": f"{name}@{HOST}"}


def act(verb, **given):
    by = given.pop("as")
    if verb not in VERBS:
        return {"lacks": LACKS.get(verb) or f"upub has nothing for '{verb}': activities of that type are refused as not processable"}
    done = VERBS[verb](by, **given)
    return done if "lacks" in done else {"id": done["id"]}


ROUTES = {("POST", "/actors"): new_actor, ("POST", "/act"): act, ("GET", "/object"): get_object, ("GET", "/actor"): get_actor}


class Control(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self):
        url = urlparse(self.path)
        length = int(self.headers.get("content-length") or 0)
        given = json.loads(self.rfile.read(length)) if length else {k: v[0] for k, v in parse_qs(url.query).items()}
        try:
            status, body = 200, ROUTES[self.command, url.path](**given)
        except Exception:
            status, body = 500, {"error": traceback.format_exc()}
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    do_GET = do_POST = answer


threading.Thread(target=accept_followers, daemon=True).start()
ThreadingHTTPServer(("127.0.0.1", int(os.environ["CONTROL"])), Control).serve_forever()
