"""The member's part, played by the package atproto (MarshalX).

Arguments: the PDS's URL, the member's handle and password, and the handle of someone elsewhere to follow. Talks with
the test in lines: prints `FOLLOWING` once the follow is on the AppView and reads the words of a post that then arrives;
prints `POSTED uri` and waits for a line that says it was answered; prints `DONE` and the URI of a post.
"""

import sys
import threading
import time

from atproto import CAR, Client, FirehoseSubscribeReposClient, client_utils, models, parse_subscribe_repos_message
from atproto_client.exceptions import BadRequestError, UnauthorizedError

PICTURE = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000002000000020802000000fdd49a73"
    "0000001249444154789c63f8cfc0c000c20cff8100001fee05fb0bd9688b0000000049454e44ae426082"
)
service, handle, password, someone = sys.argv[1:]


def until(what, look, patience=25):
    deadline = time.monotonic() + patience
    error = None
    while time.monotonic() < deadline:
        try:
            found = look()
            if found:
                return found
        except BadRequestError as refused:
            error = refused
        time.sleep(0.2)
    raise SystemExit(f"not within {patience} s: {what} ({error})")


def refused(act, kind):
    try:
        act()
    except kind:
        return
    raise SystemExit(f"{kind.__name__} expected")


refused(lambda: Client(base_url=service).login(handle, password + "!"), UnauthorizedError)
api = Client(base_url=service)
# Signing in asks the AppView for the member's profile: it must have heard of the member.
me = until("the AppView knows the member", lambda: api.login(handle, password))
assert me.handle == handle, me
session = api.export_session_string()
again = Client(base_url=service)
again.login(session_string=session)
assert again.me.did == me.did

# Someone elsewhere: found, followed, heard.
did = api.resolve_handle(someone).did
api.follow(did)
until("the AppView has the follow", lambda: api.get_profile(did).viewer.following)
print("FOLLOWING", flush=True)
words = input()
post = until("the post is on the timeline", lambda: [f.post for f in api.get_timeline().feed if words in f.post.record.text])[0]
like = api.like(post.uri, post.cid)
repost = api.repost(post.uri, post.cid)
until("the AppView has both", lambda: (lambda v: v.like == like.uri and v.repost == repost.uri)(api.get_posts([post.uri]).posts[0].viewer))
api.unlike(like.uri)
api.unrepost(repost.uri)
ref = models.create_strong_ref(post)
answer = api.send_post("heard you", reply_to=models.AppBskyFeedPost.ReplyRef(parent=ref, root=ref))
until("the answer is in the thread", lambda: [r for r in api.get_post_thread(post.uri).thread.replies if r.post.uri == answer.uri])

# A post with a picture and everything that can be marked.
text = client_utils.TextBuilder().text("dots for ").mention(f"@{someone}", did).text(" ").tag("#dots", "dots")
text = text.text(" ").link("here", "https://example.org/dots")
dots = api.send_image(text, PICTURE, "four dots")
shown = until("the AppView has the picture", lambda: api.get_posts([dots.uri]).posts)[0]
assert shown.embed.images[0].alt == "four dots", shown
assert len(shown.record.facets) == 3, shown
print("POSTED", dots.uri, flush=True)
input()
told = until(
    "the member is told",
    lambda: [n for n in api.app.bsky.notification.list_notifications().notifications if n.reason == "reply" and n.author.did == did],
)
assert told[0].record.reply.parent.uri == dots.uri

# The profile, changed and read back.
record = models.AppBskyActorProfile.Record(display_name="Adder", description="reads and writes")
api.com.atproto.repo.put_record(
    models.ComAtprotoRepoPutRecord.Data(repo=me.did, collection="app.bsky.actor.profile", rkey="self", record=record)
)
until("the AppView has the profile", lambda: api.get_profile(me.did).display_name == "Adder")

# The repository as a file, and as a stream.
car = CAR.from_bytes(api.com.atproto.sync.get_repo(models.ComAtprotoSyncGetRepo.Params(did=me.did)))
commit = car.blocks[car.root]
assert commit["did"] == me.did and commit["version"] == 3, commit
stream = FirehoseSubscribeReposClient(
    models.ComAtprotoSyncSubscribeRepos.Params(cursor=0), base_uri=service.replace("http", "ws", 1) + "/xrpc"
)
paths = []


def heard(message):
    event = parse_subscribe_repos_message(message)
    if isinstance(event, models.ComAtprotoSyncSubscribeRepos.Commit) and event.repo == me.did:
        blocks = CAR.from_bytes(event.blocks).blocks
        paths.extend(f"at://{event.repo}/{op.path}" for op in event.ops if op.action == "create" and op.cid in blocks)
    if dots.uri in paths:
        stream.stop()


threading.Timer(20, stream.stop).start()
stream.start(heard)
assert answer.uri in paths and dots.uri in paths, paths

assert api.delete_post(answer.uri)
refused(lambda: api.get_post(answer.uri.rsplit("/", 1)[1], me.did), BadRequestError)
until("it is gone from the AppView", lambda: not api.get_posts([answer.uri]).posts)
api.unfollow(until("the follow has an address", lambda: api.get_profile(did).viewer.following))
print("DONE", dots.uri, flush=True)
import os

os._exit(0)
