// Private messages of people with accounts on the official PDS, by the official client library as an app does: their PDS
// passes everything on to the service (a stand-in, see chat.mjs).
import { agentOf } from './people.mjs';

/** Writes to an account. */
export async function write(chat, { as, to, text }) {
  const convo = convoOf(chat, as);
  const { data } = await convo.getConvoForMembers({ members: [to] });
  return (await convo.sendMessage({ convoId: data.convo.id, message: { text } })).data;
}

/** Reacts to the newest message of somebody else in the only conversation. */
export async function react(chat, { as, value }) {
  const convo = convoOf(chat, as);
  const [{ id }] = (await convo.listConvos()).data.convos;
  const { messages } = (await convo.getMessages({ convoId: id })).data;
  const { id: messageId } = messages.find(({ sender }) => sender.did !== as);
  return (await convo.addReaction({ convoId: id, messageId, value })).data.message;
}

/** Everything that an account can read, the oldest message of each conversation first. */
export async function inbox(chat, { as }) {
  const convo = convoOf(chat, as);
  const { convos } = (await convo.listConvos()).data;
  const read = async ({ id, members, status }) => {
    const { messages } = (await convo.getMessages({ convoId: id })).data;
    const shown = ({ text, sender, reactions = [] }) => ({ by: sender.did, text, reactions: reactions.map(({ value }) => value) });
    return { people: members.map(({ did }) => did), status, messages: messages.reverse().map(shown) };
  };
  return Promise.all(convos.map(read));
}

const convoOf = (chat, did) => agentOf(did).withProxy('bsky_chat', chat).chat.bsky.convo;
