// The member's part, played by masto.js.
//
// Arguments: the server's URL, and `name@host` of someone elsewhere to follow. Talks with the test in lines: prints
// `AUTHORIZE url` and reads the code; prints `FOLLOWING` once the follow is accepted and reads the words of a post that
// then arrives; prints `DONE` and the URI of the member's post.
import assert from 'node:assert/strict';
import { createInterface } from 'node:readline';
import { createOAuthAPIClient, createRestAPIClient, createStreamingAPIClient } from 'masto';

const [url, acct] = process.argv.slice(2);
const redirectUri = 'urn:ietf:wg:oauth:2.0:oob';
const scopes = 'read write follow push';
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const ask = async (line) => {
  console.log(line);
  return (await lines.next()).value;
};
async function until(what, look, patience = 20_000) {
  const deadline = Date.now() + patience;
  while (Date.now() < deadline) {
    const found = await look();
    if (found) return found;
    await new Promise((wake) => setTimeout(wake, 200));
  }
  const stream = heard.map(({ event, payload }) => `${event} ${payload?.id ?? payload}`);
  throw new Error(`not within ${patience} ms: ${what}; the stream said: ${stream.join(', ')}`);
}

const app = await createRestAPIClient({ url }).v1.apps.create({ clientName: 'masto.js', redirectUris: redirectUri, scopes });
const authorize = new URL('/oauth/authorize', url);
const asked = { response_type: 'code', client_id: app.clientId, redirect_uri: redirectUri, scope: scopes };
for (const [name, value] of Object.entries(asked)) authorize.searchParams.set(name, value);
const code = await ask(`AUTHORIZE ${authorize}`);
const { accessToken } = await createOAuthAPIClient({ url }).token.create({
  grantType: 'authorization_code',
  clientId: app.clientId,
  clientSecret: app.clientSecret,
  redirectUri,
  code,
  scope: scopes,
});
const api = createRestAPIClient({ url, accessToken });
const me = await api.v1.accounts.verifyCredentials();
const instance = await api.v2.instance.fetch();
assert.ok(instance.configuration.statuses.maxCharacters > 0);
assert.equal((await api.v1.accounts.updateCredentials({ displayName: 'Tusk' })).displayName, 'Tusk');

const streaming = createStreamingAPIClient({ streamingApiUrl: instance.configuration.urls.streaming, accessToken });
const heard = [];
// The library waits a second before it first connects: what happens until then is no stream's to tell.
await streaming.prepare();
(async () => {
  for await (const event of streaming.user.subscribe()) heard.push(event);
  throw new Error('the stream ended');
})().catch((error) => {
  console.error(error);
  process.exit(1);
});

const [someone] = (await api.v2.search.list({ q: acct, resolve: true, type: 'accounts' })).accounts;
assert.equal(someone.acct, acct);
await api.v1.accounts.$select(someone.id).follow();
await until('the follow is accepted', async () => (await api.v1.accounts.relationships.fetch({ id: [someone.id] }))[0].following);
const words = await ask('FOLLOWING');
const post = await until('the post is at home', async () =>
  (await api.v1.timelines.home.list()).find((status) => status.content.includes(words)),
);
await until('the stream told', () => heard.find((event) => event.event === 'update' && event.payload.id === post.id));
const about = api.v1.statuses.$select(post.id);
assert.equal((await about.favourite()).favourited, true);
assert.equal((await about.unfavourite()).favourited, false);
assert.equal((await about.bookmark()).bookmarked, true);
assert.equal((await about.reblog()).reblog.id, post.id);
await about.unreblog();
const answer = await api.v1.statuses.create({ status: `@${acct} heard you`, inReplyToId: post.id, visibility: 'public' });
assert.equal((await api.v1.statuses.$select(answer.id).context.fetch()).ancestors[0].id, post.id);

const picture = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAIAAAD91JpzAAAAEklEQVR4nGP4z8DAAMIM/4EAAB/uBfsL2WiLAAAAAElFTkSuQmCC', 'base64');
const media = await api.v2.media.create({ file: new Blob([picture], { type: 'image/png' }), description: 'four dots' });
const status = await api.v1.statuses.create({ status: 'tusks #tusks', mediaIds: [media.id], spoilerText: 'tusks', language: 'en' });
assert.equal(status.mediaAttachments[0].description, 'four dots');
assert.equal(status.spoilerText, 'tusks');
const question = await api.v1.statuses.create({ status: 'well?', poll: { options: ['yes', 'no'], expiresIn: 600 } });
assert.deepEqual(question.poll.options.map((option) => option.title), ['yes', 'no']);
const edited = await api.v1.statuses.$select(answer.id).update({ status: `@${acct} heard you twice` });
assert.ok(edited.editedAt);
assert.equal((await api.v1.statuses.$select(answer.id).history.list()).length, 2);
const pages = [];
for await (const page of api.v1.accounts.$select(me.id).statuses.list({ limit: 2 })) pages.push(page.length);
assert.ok(pages.length >= 2, `pages: ${pages}`);
await until('the stream told of an own post', () => heard.find((event) => event.payload?.id === status.id));
await api.v1.statuses.$select(question.id).remove();
await assert.rejects(api.v1.statuses.$select(question.id).fetch());
await api.v1.accounts.$select(someone.id).unfollow();
console.log('DONE', status.uri);
process.exit(0);
