// Private messages of Bluesky, by @atproto/api: an app reaches their service through the PDS, if its password is for that.
//
// Arguments: the PDS's URL, the DID of the service, then name, password and DID of two members. Prints `DONE`.
import assert from 'node:assert/strict';
import { AtpAgent } from '@atproto/api';

const [service, chat, ...members] = process.argv.slice(2);
const refused = (error) => (thrown) => {
  assert.equal(thrown.error, error, String(thrown));
  return true;
};

/** An app that a member has let in with a password of its own. */
async function app([identifier, password, did], privileged) {
  const owner = new AtpAgent({ service });
  await owner.login({ identifier, password });
  assert.equal(owner.did, did);
  const { data } = await owner.com.atproto.server.createAppPassword({ name: `talk ${privileged}`, privileged });
  const agent = new AtpAgent({ service });
  await agent.login({ identifier, password: data.password });
  return agent;
}

const [one, other] = [members.slice(0, 3), members.slice(3)];
const agent = await app(one, true);
const { convo } = agent.withProxy('bsky_chat', chat).chat.bsky;
const { data } = await convo.getConvoForMembers({ members: [one[2], other[2]] });
const convoId = data.convo.id;
const sent = await convo.sendMessage({ convoId, message: { text: 'psst 🐘' } });
assert.equal(sent.data.sender.did, one[2]);

// The other one reads it. Without a word about which service is meant it is the one that the operator has named.
const reader = (await app(other, true)).chat.bsky.convo;
const [first] = (await reader.listConvos()).data.convos;
assert.deepEqual([first.id, first.unreadCount, first.lastMessage.text], [convoId, 1, 'psst 🐘']);
assert.deepEqual((await reader.getMessages({ convoId })).data.messages.map((message) => message.text), ['psst 🐘']);
assert.equal((await reader.updateRead({ convoId })).data.convo.unreadCount, 0);
await reader.sendMessage({ convoId, message: { text: 'yes?' } });
assert.equal((await convo.getMessages({ convoId })).data.messages[0].text, 'yes?');
// What the service refuses is refused, in its words.
await assert.rejects(convo.getMessages({ convoId: 'none' }), refused('InvalidConvo'));
await assert.rejects(convo.sendMessage({ convoId, message: { text: 'x'.repeat(20_000) } }), refused('InvalidRequest'));
await assert.rejects(convo.muteConvo({ convoId }), refused('MethodNotImplemented'));

// An app password that is not for messages, by either way, and not by a token of its own either.
const other_app = await app(one, false);
for (const talk of [other_app, other_app.withProxy('bsky_chat', chat)]) {
  await assert.rejects(talk.chat.bsky.convo.listConvos(), refused('InvalidToken'));
}
const lxm = 'chat.bsky.convo.listConvos';
await assert.rejects(other_app.com.atproto.server.getServiceAuth({ aud: chat, lxm }), refused('InvalidToken'));
// A token that was made for an app is good there, once.
const { token } = (await agent.com.atproto.server.getServiceAuth({ aud: chat, lxm })).data;
const direct = () => fetch(`https://${chat.split(':').pop()}/xrpc/${lxm}`, { headers: { authorization: `Bearer ${token}` } });
assert.deepEqual([(await direct()).status, (await direct()).status], [200, 401]);
console.log('DONE');
process.exit(0);
