"""The member's part, played by Mastodon.py.

Arguments: the server's URL, and `name@host` of someone elsewhere to follow. Talks with the test in lines: prints
`AUTHORIZE url` and reads the code; prints `FOLLOWING` once the follow is accepted and reads the words of a post that
then arrives; prints `DONE` and the URI of the member's post.
"""

import io
import sys
import time

from mastodon import Mastodon, StreamListener

PICTURE = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000002000000020802000000fdd49a73"
    "0000001249444154789c63f8cfc0c000c20cff8100001fee05fb0bd9688b0000000049454e44ae426082"
)
server, acct = sys.argv[1:]
SCOPES = ["read", "write", "follow", "push"]


def until(what, look, patience=20):
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        found = look()
        if found:
            return found
        time.sleep(0.2)
    raise SystemExit(f"not within {patience} s: {what}")


key, secret = Mastodon.create_app("Mastodon.py", scopes=SCOPES, api_base_url=server)
api = Mastodon(client_id=key, client_secret=secret, api_base_url=server)
print("AUTHORIZE", api.auth_request_url(scopes=SCOPES), flush=True)
api.log_in(code=input(), scopes=SCOPES)

me = api.me()
instance = api.instance()
assert instance.version, instance
api.account_update_credentials(display_name="Snake", note="reads and writes", fields=[("home", "https://example.org")])
assert api.me().display_name == "Snake"


class Heard(StreamListener):
    """What the user stream says."""

    def __init__(self):
        self.updates, self.notifications = [], []

    def on_update(self, status):
        self.updates.append(status)

    def on_notification(self, notification):
        self.notifications.append(notification)


heard = Heard()
stream = api.stream_user(heard, run_async=True)

# Someone elsewhere: found, followed, heard.
found = api.search_v2(acct, resolve=True, result_type="accounts").accounts
assert [account.acct for account in found] == [acct], found
api.account_follow(found[0])
until("the follow is accepted", lambda: api.account_relationships(found[0])[0].following)
print("FOLLOWING", flush=True)
words = input()
post = until("the post is at home", lambda: [s for s in api.timeline_home() if words in s.content])[0]
until("the stream told", lambda: [s for s in heard.updates if s.id == post.id])
assert post.account.acct == acct
assert api.status_favourite(post).favourited
assert api.status_unfavourite(post).favourited is False
assert api.status_bookmark(post).bookmarked
assert [status.id for status in api.bookmarks()] == [post.id]
assert api.status_reblog(post).reblog.id == post.id
api.status_unreblog(post)
answer = api.status_reply(post, "heard you", untag=False)
assert answer.in_reply_to_id == post.id
assert [status.id for status in api.status_context(answer).ancestors] == [post.id]

# Posts of every kind.
media = api.media_post(io.BytesIO(PICTURE), mime_type="image/png", description="four dots")
status = api.status_post("dots #dots", media_ids=[media], spoiler_text="dots", visibility="public", language="en")
assert status.media_attachments[0].description == "four dots" and status.spoiler_text == "dots"
assert status.sensitive and status.language == "en" and status.tags[0].name == "dots"
same = api.status_post("once", idempotency_key="k1")
assert api.status_post("once", idempotency_key="k1").id == same.id
poll = api.make_poll(["yes", "no"], expires_in=600)
question = api.status_post("well?", poll=poll, visibility="unlisted")
assert [option.title for option in question.poll.options] == ["yes", "no"]
edited = api.status_update(same, "twice")
assert "twice" in edited.content and edited.edited_at
assert api.status_source(edited).text == "twice"
assert len(api.status_history(edited)) == 2
private = api.status_post("for followers", visibility="private")
assert api.status(private).visibility == "private"
api.status_delete(private)
pinned = api.status_pin(edited)
assert [s.id for s in api.account_statuses(me, pinned=True)] == [pinned.id]

# Lists of things, paged by the Link header.
first = api.account_statuses(me, limit=2)
assert len(first) == 2 and len(api.fetch_next(first)) >= 1
assert api.timeline_hashtag("dots")[0].id == status.id
assert any(s.id == edited.id for s in api.timeline_local())
assert isinstance(api.notifications(), list)
assert isinstance(api.filters_v2() if hasattr(api, "filters_v2") else api.filters(), list)
api.account_unfollow(found[0])
assert not api.account_relationships(found[0])[0].following
stream.close()
print("DONE", status.uri, flush=True)
