// The member's part, played by @atproto/api: an app that signs in with a password.
//
// Arguments: the PDS's URL, the member's handle and password, and the handle of someone elsewhere to follow. Talks with
// the test in lines: prints `FOLLOWING` once the follow is on the AppView and reads the words of a post that then
// arrives; prints `POSTED uri` and waits for a line that says it was answered; prints `DONE` and the URI of a post.
import assert from 'node:assert/strict';
import { createInterface } from 'node:readline';
import { AtpAgent, AtUri, RichText } from '@atproto/api';

const [service, identifier, password, someone] = process.argv.slice(2);
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const ask = async (line) => {
  console.log(line);
  return (await lines.next()).value;
};
async function until(what, look, patience = 25_000) {
  const deadline = Date.now() + patience;
  let last;
  while (Date.now() < deadline) {
    const found = await look().catch((error) => void (last = error));
    if (found) return found;
    await new Promise((wake) => setTimeout(wake, 200));
  }
  throw new Error(`not within ${patience} ms: ${what}`, { cause: last });
}
const refused = (error) => (thrown) => {
  assert.equal(thrown.error, error, String(thrown));
  return true;
};

// With the account's password: the session, and a password for one app.
const owner = new AtpAgent({ service });
await assert.rejects(owner.login({ identifier, password: `${password}!` }), refused('AuthenticationRequired'));
await owner.login({ identifier, password });
assert.equal(owner.session.handle, identifier);
const { data: description } = await owner.com.atproto.server.describeServer();
assert.ok(description.availableUserDomains.some((domain) => identifier.endsWith(domain)), description.availableUserDomains);
const { data: app } = await owner.com.atproto.server.createAppPassword({ name: 'member.mjs' });
assert.ok((await owner.com.atproto.server.listAppPasswords()).data.passwords.some(({ name }) => name === app.name));

const agent = new AtpAgent({ service });
await agent.login({ identifier, password: app.password });
await assert.rejects(agent.com.atproto.server.createAppPassword({ name: 'more' }));
const { data: session } = await agent.com.atproto.server.getSession();
assert.deepEqual([session.handle, session.did], [identifier, owner.did]);
const old = agent.session.refreshJwt;
await agent.sessionManager.refreshSession();
assert.notEqual(agent.session.refreshJwt, old);

// Someone elsewhere: found by handle, followed, heard.
const { did } = (await agent.resolveHandle({ handle: someone })).data;
const { data: profile } = await agent.getProfile({ actor: did });
assert.equal(profile.handle, someone);
await agent.follow(did);
await until('the AppView has the follow', async () => (await agent.getProfile({ actor: did })).data.viewer.following);
const words = await ask('FOLLOWING');
const { post } = await until('the post is on the timeline', async () =>
  (await agent.getTimeline()).data.feed.find((item) => item.post.record.text.includes(words)),
);
const like = await agent.like(post.uri, post.cid);
const repost = await agent.repost(post.uri, post.cid);
await until('the AppView has both', async () => {
  const [seen] = (await agent.getPosts({ uris: [post.uri] })).data.posts;
  return seen.viewer.like === like.uri && seen.viewer.repost === repost.uri;
});
await agent.deleteLike(like.uri);
await agent.deleteRepost(repost.uri);
const strong = { uri: post.uri, cid: post.cid };
const answer = await agent.post({ text: 'heard you', reply: { root: post.record.reply?.root ?? strong, parent: strong } });
await until('the answer is in the thread', async () =>
  (await agent.getPostThread({ uri: post.uri })).data.thread.replies.some((reply) => reply.post.uri === answer.uri),
);

// A post with a picture, a tag, a link and a mention.
const picture = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAIAAAD91JpzAAAAEklEQVR4nGP4z8DAAMIM/4EAAB/uBfsL2WiLAAAAAElFTkSuQmCC', 'base64');
const { blob } = (await agent.uploadBlob(picture, { encoding: 'image/png' })).data;
assert.equal(blob.mimeType, 'image/png');
const text = new RichText({ text: `dots for @${someone} 🐘 #dots https://example.org/dots` });
await text.detectFacets(agent);
assert.equal(text.facets.length, 3);
const images = [{ image: blob, alt: 'four dots', aspectRatio: { width: 2, height: 2 } }];
const dots = await agent.post({ text: text.text, facets: text.facets, langs: ['en'], embed: { $type: 'app.bsky.embed.images', images } });
const shown = await until('the AppView has the picture', async () => (await agent.getPosts({ uris: [dots.uri] })).data.posts[0]);
assert.equal(shown.embed.images[0].alt, 'four dots');
assert.ok((await fetch(shown.embed.images[0].fullsize)).ok, shown.embed.images[0].fullsize);
const { data: bytes } = await agent.com.atproto.sync.getBlob({ did: agent.did, cid: blob.ref.toString() });
assert.deepEqual(Buffer.from(bytes), picture);

// Told of an answer.
await ask(`POSTED ${dots.uri}`);
const notice = await until('the member is told', async () =>
  (await agent.listNotifications()).data.notifications.find((one) => one.reason === 'reply' && one.author.did === did),
);
assert.equal(notice.record.reply.parent.uri, dots.uri);
await agent.updateSeenNotifications();

// The profile and the preferences.
await agent.upsertProfile((profile) => ({ ...profile, displayName: 'Kite', description: 'reads and writes', avatar: blob }));
await until('the AppView has the profile', async () => {
  const { data } = await agent.getProfile({ actor: agent.did });
  return data.displayName === 'Kite' && data.avatar;
});
await agent.setAdultContentEnabled(true);
assert.equal((await agent.getPreferences()).moderationPrefs.adultContentEnabled, true);

// The repository itself.
const repo = agent.did;
const collection = 'app.bsky.feed.post';
const record = (words) => ({ $type: collection, text: words, createdAt: new Date().toISOString() });
const { data: many } = await agent.com.atproto.repo.applyWrites({
  repo,
  validate: true,
  writes: ['one', 'two', 'three'].map((words) => ({ $type: 'com.atproto.repo.applyWrites#create', collection, value: record(words) })),
});
const uris = many.results.map((result) => result.uri);
const pages = [];
let cursor;
do {
  const { data } = await agent.com.atproto.repo.listRecords({ repo, collection, limit: 2, cursor });
  pages.push(...data.records.map(({ uri }) => uri));
  cursor = data.cursor;
} while (cursor);
assert.deepEqual(pages, [...pages].sort().reverse());
for (const uri of [...uris, dots.uri, answer.uri]) assert.ok(pages.includes(uri), `${uri} is not listed`);
await assert.rejects(agent.com.atproto.repo.createRecord({ repo, collection, record: { $type: collection, text: 7 } }), refused('InvalidRequest'));
const at = (uri) => ({ repo, collection, rkey: new AtUri(uri).rkey });
const swap = { ...at(uris[0]), swapRecord: dots.cid, record: record('changed') };
await assert.rejects(agent.com.atproto.repo.putRecord(swap), refused('InvalidSwap'));
const { data: put } = await agent.com.atproto.repo.putRecord({ ...swap, swapRecord: many.results[0].cid });
assert.equal((await agent.com.atproto.repo.getRecord(at(uris[0]))).data.cid, put.cid);
for (const uri of uris) await agent.deletePost(uri);
await assert.rejects(agent.com.atproto.repo.getRecord(at(uris[1])), refused('RecordNotFound'));
await until('they are gone from the AppView', async () => !(await agent.getPosts({ uris })).data.posts.length);
const { data: described } = await agent.com.atproto.repo.describeRepo({ repo });
assert.deepEqual([described.handle, described.handleIsCorrect], [identifier, true]);
assert.ok(described.collections.includes(collection));

// Signing out, and taking the app's password back.
const { accessJwt } = agent.session;
await agent.logout();
assert.ok(accessJwt);
await owner.com.atproto.server.revokeAppPassword({ name: app.name });
await assert.rejects(new AtpAgent({ service }).login({ identifier, password: app.password }), refused('AuthenticationRequired'));
console.log('DONE', dots.uri);
process.exit(0);
