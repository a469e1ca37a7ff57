// The member's part, played by @atproto/oauth-client-node: an app that is let in on the server's own pages.
//
// Arguments: the PDS's URL, the member's handle, the PLC directory's URL, the scope to ask for, the DID of the service for
// private messages. Talks with the test in lines: prints `AUTHORIZE url` and reads where the pages led to in the end;
// prints `DONE` and the URI of a post.
import assert from 'node:assert/strict';
import { createInterface } from 'node:readline';
import { Agent } from '@atproto/api';
import { NodeOAuthClient, requestLocalLock } from '@atproto/oauth-client-node';

const [pds, handle, directory, scope, chat] = process.argv.slice(2);
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const ask = async (line) => {
  console.log(line);
  return (await lines.next()).value;
};
const store = () => {
  const kept = new Map();
  return { kept, get: async (key) => kept.get(key), set: async (key, value) => void kept.set(key, value), del: async (key) => void kept.delete(key) };
};

// An app on this machine, without a web address of its own.
const redirect = 'http://127.0.0.1/callback';
const sessions = store();
const client = new NodeOAuthClient({
  clientMetadata: {
    client_id: `http://localhost?${new URLSearchParams({ redirect_uri: redirect, scope })}`,
    redirect_uris: [redirect],
    scope,
    application_type: 'native',
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    token_endpoint_auth_method: 'none',
    dpop_bound_access_tokens: true,
  },
  allowHttp: true,
  fetch: globalThis.fetch,
  plcDirectoryUrl: directory,
  handleResolver: pds,
  requestLock: requestLocalLock,
  stateStore: store(),
  sessionStore: sessions,
});

const begin = (state) => client.authorize(pds, { scope, state });
const back = (url) => client.callback(new URL(url).searchParams);

const led = await ask(`AUTHORIZE ${await begin('first')}`);
const { session, state } = await back(led);
assert.equal(state, 'first');
await assert.rejects(back(led), 'a code is good for one time');
const agent = new Agent(session);
const { data: me } = await agent.com.atproto.server.getSession();
assert.deepEqual([me.did, me.handle], [session.did, handle]);
const { iss, aud, sub, scope: granted } = await session.getTokenInfo(false);
assert.deepEqual([iss, sub, granted], [pds, session.did, scope]);
assert.equal(new URL(aud).origin, pds);

// What it is for: writing, and reading through the PDS.
const post = await agent.post({ text: 'let in', createdAt: new Date().toISOString() });
assert.equal((await agent.com.atproto.repo.getRecord({ repo: me.did, collection: 'app.bsky.feed.post', rkey: post.uri.split('/').pop() })).data.value.text, 'let in');
assert.ok((await agent.getTimeline()).data.feed);
await assert.rejects(agent.com.atproto.server.createAppPassword({ name: 'more' }));
const convos = agent.withProxy('bsky_chat', chat).chat.bsky.convo.listConvos();
if (scope.includes('transition:chat.bsky')) assert.deepEqual((await convos).data.convos, []);
else await assert.rejects(convos, ({ error }) => error === 'ScopeMissingError');

// The access token is renewed, and the old refresh token is then worth nothing.
const before = sessions.kept.get(session.did).tokenSet;
await session.getTokenInfo(true);
const after = sessions.kept.get(session.did).tokenSet;
assert.notEqual(after.access_token, before.access_token);
assert.notEqual(after.refresh_token, before.refresh_token);
assert.equal((await agent.com.atproto.server.getSession()).data.did, me.did);
// Stolen without its key, a token opens nothing.
for (const kind of ['Bearer', 'DPoP']) {
  const stolen = await fetch(`${pds}/xrpc/com.atproto.server.getSession`, { headers: { authorization: `${kind} ${after.access_token}` } });
  assert.ok([400, 401].includes(stolen.status), `${kind}: ${stolen.status}`);
}

await session.signOut();
await assert.rejects(client.restore(me.did, true));
console.log('DONE', post.uri);
process.exit(0);
