// A stand-in for the service of private messages: there is no open one to test against. It believes whoever brings a token
// that the official verifier accepts, for this service and this method, once; keeps conversations, and a log of them for each
// account, in memory; and holds what it is asked and what it answers to the lexicons.
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { lexicons } from '@atproto/api';
import { IdResolver } from '@atproto/identity';
import { verifyJwt } from '@atproto/xrpc-server';

const convos = new Map(); // id -> { members, messages, read, requests, left, gone }
const logs = new Map(); // DID -> [{ rev, entry }]
let rev = 0;
const heard = []; // of each request that was believed: method, iss, aud
const seen = new Set(); // jti

class Refused extends Error {
  constructor(status, error, message = error) {
    super(message);
    Object.assign(this, { status, error });
  }
}

/** Serves `origin` on a port in the clear; gives what it was asked. */
export function serve({ origin, port, did, directory }) {
  const resolver = new IdResolver({ plcUrl: directory, fetch: globalThis.fetch });
  const keyOf = async (issuer, refresh) => {
    const { signingKey } = await resolver.did.resolveAtprotoData(issuer, refresh);
    return signingKey;
  };
  const document = {
    '@context': ['https://www.w3.org/ns/did/v1'],
    id: did,
    service: [{ id: '#bsky_chat', type: 'BskyChatService', serviceEndpoint: origin }],
  };
  createServer(async (request, response) => {
    const url = new URL(request.url, origin);
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const say = (status, answer) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
    if (url.pathname === '/.well-known/did.json') return say(200, document);
    try {
      const method = url.pathname.replace('/xrpc/', '');
      const by = await issuer(request.headers.authorization, did, method, keyOf);
      say(200, answer(request.method, method, by, url.searchParams, Buffer.concat(chunks)));
    } catch (error) {
      say(error.status ?? 401, { error: error.error ?? error.customErrorName ?? 'AuthenticationRequired', message: String(error.message) });
    }
  }).listen(port);
  return () => heard;
}

async function issuer(authorization, did, method, keyOf) {
  if (!authorization?.startsWith('Bearer ')) throw new Refused(401, 'AuthMissing');
  const { iss, aud, exp, iat, jti } = await verifyJwt(authorization.slice(7), did, method, keyOf);
  if (!jti || seen.has(jti)) throw new Refused(401, 'BadJwt', 'a token is good for one request');
  if (exp - iat > 300) throw new Refused(401, 'BadJwt', 'a token is good for a moment');
  seen.add(jti);
  heard.push({ method, iss, aud });
  return iss;
}

function answer(verb, method, by, search, body) {
  const handler = methods[method];
  if (!handler) throw new Refused(501, 'MethodNotImplemented');
  if (verb !== (handler.procedure ? 'POST' : 'GET')) throw new Refused(405, 'InvalidRequest');
  const input = handler.procedure ? JSON.parse(body) : parameters(method, search);
  const check = handler.procedure ? lexicons.assertValidXrpcInput : lexicons.assertValidXrpcParams;
  try {
    check.call(lexicons, method, input);
  } catch (error) {
    throw new Refused(400, 'InvalidRequest', error.message);
  }
  const output = handler(by, input);
  lexicons.assertValidXrpcOutput(method, output);
  return output;
}

/** The query as the lexicon has it: some parameters are lists. */
function parameters(method, search) {
  const { properties = {} } = lexicons.getDefOrThrow(method).parameters ?? {};
  const read = ([name, { type }]) => [name, type === 'array' ? search.getAll(name) : type === 'integer' ? Number(search.get(name)) : search.get(name)];
  return Object.fromEntries(Object.entries(properties).filter(([name]) => search.has(name)).map(read));
}

const member = (did) => ({ $type: 'chat.bsky.actor.defs#profileViewBasic', did, handle: 'handle.invalid' });

function view(convo, by) {
  const { id, name, members, messages, read, requests, gone } = convo;
  const unread = messages.slice(read.get(by) ?? 0).filter((message) => message.sender.did !== by).length;
  const last = messages.filter((message) => !gone.has(`${by} ${message.id}`)).at(-1);
  const status = requests.has(by) ? 'request' : 'accepted';
  const kind = name
    ? { $type: 'chat.bsky.convo.defs#groupConvo', name, createdAt: new Date(0).toISOString(), lockStatus: 'unlocked', lockStatusModerationOverride: false, memberCount: members.length, memberLimit: 50 }
    : { $type: 'chat.bsky.convo.defs#directConvo' };
  return { id, rev: String(messages.length), members: members.map(member), muted: false, status, unreadCount: unread, kind, ...(last ? { lastMessage: last } : {}) };
}

function of(id, by) {
  const convo = convos.get(id);
  if (!convo?.members.includes(by) || convo.left.has(by)) throw new Refused(400, 'InvalidConvo', 'Convo not found');
  return convo;
}

function messageOf(convo, id) {
  const message = convo.messages.find((known) => known.id === id);
  if (!message) throw new Refused(400, 'InvalidRequest', 'Message not found');
  return message;
}

/** An entry in the logs of some accounts. */
function tell(convo, accounts, kind, fields = {}) {
  rev += 1;
  const entry = { $type: `chat.bsky.convo.defs#${kind}`, rev: String(rev), convoId: convo.id, ...structuredClone(fields) };
  for (const did of accounts) {
    if (!logs.has(did)) logs.set(did, []);
    logs.get(did).push({ rev, entry });
  }
}

/** Adds a reaction, or takes it back. */
function react(by, { convoId, messageId, value }, on) {
  const convo = of(convoId, by);
  const message = messageOf(convo, messageId);
  const reaction = { value, sender: { did: by }, createdAt: new Date().toISOString() };
  message.reactions = (message.reactions ?? []).filter((known) => known.value !== value || known.sender.did !== by);
  if (on) message.reactions.push(reaction);
  tell(convo, convo.members, on ? 'logAddReaction' : 'logRemoveReaction', { message, reaction });
  return { message };
}

/** A conversation that was not there; with a name it is a group. */
function begin(by, members, name) {
  const requests = new Set(members.filter((did) => did !== by));
  const convo = { id: randomUUID(), name, members, messages: [], read: new Map(), requests, left: new Set(), gone: new Set() };
  convos.set(convo.id, convo);
  tell(convo, members, 'logBeginConvo');
  return convo;
}

const procedure = (handler) => Object.assign(handler, { procedure: true });

const methods = {
  'chat.bsky.convo.getConvoAvailability': () => ({ canChat: true }),
  'chat.bsky.convo.getConvoForMembers'(by, { members }) {
    const all = [...new Set([by, ...members])].sort();
    if (all.length !== 2) throw new Refused(400, 'InvalidRequest', 'A conversation of two');
    const known = [...convos.values()].find((one) => !one.name && one.members.join() === all.join());
    const convo = known ?? begin(by, all);
    convo.left.delete(by);
    return { convo: view(convo, by) };
  },
  'chat.bsky.group.createGroup': procedure((by, { members, name }) => {
    return { convo: view(begin(by, [...new Set([by, ...members])].sort(), name), by) };
  }),
  'chat.bsky.convo.getConvo': (by, { convoId }) => ({ convo: view(of(convoId, by), by) }),
  'chat.bsky.convo.listConvos': (by) => ({
    convos: [...convos.values()].filter(({ members, left }) => members.includes(by) && !left.has(by)).map((convo) => view(convo, by)),
  }),
  'chat.bsky.convo.getMessages'(by, { convoId, limit = 50 }) {
    const { messages, gone } = of(convoId, by);
    return { messages: messages.filter(({ id }) => !gone.has(`${by} ${id}`)).slice(-limit).reverse() };
  },
  // Who does not say where they stand is told where the log is, and no more.
  'chat.bsky.convo.getLog'(by, { cursor }) {
    const known = cursor === undefined ? [] : (logs.get(by) ?? []).filter((one) => one.rev > Number(cursor));
    const page = known.slice(0, 100);
    return { cursor: String(known.length > page.length ? page.at(-1).rev : rev), logs: page.map(({ entry }) => entry) };
  },
  'chat.bsky.convo.sendMessage': procedure((by, { convoId, message }) => {
    const convo = of(convoId, by);
    const { text, facets, replyTo } = message;
    const sent = { $type: 'chat.bsky.convo.defs#messageView', id: randomUUID(), rev: String(convo.messages.length + 1), text, sender: { did: by }, sentAt: new Date().toISOString() };
    if (facets) sent.facets = facets;
    if (replyTo) sent.replyTo = messageOf(convo, replyTo.messageId);
    convo.messages.push(sent);
    convo.requests.delete(by);
    convo.left.clear();
    tell(convo, convo.members, 'logCreateMessage', { message: sent });
    return sent;
  }),
  'chat.bsky.convo.deleteMessageForSelf': procedure((by, { convoId, messageId }) => {
    const convo = of(convoId, by);
    const { id, rev, sender, sentAt } = messageOf(convo, messageId);
    convo.gone.add(`${by} ${id}`);
    const deleted = { id, rev, sender, sentAt };
    tell(convo, [by], 'logDeleteMessage', { message: { $type: 'chat.bsky.convo.defs#deletedMessageView', ...deleted } });
    return deleted;
  }),
  'chat.bsky.convo.addReaction': procedure((by, input) => react(by, input, true)),
  'chat.bsky.convo.removeReaction': procedure((by, input) => react(by, input, false)),
  'chat.bsky.convo.acceptConvo': procedure((by, { convoId }) => {
    const convo = of(convoId, by);
    convo.requests.delete(by);
    tell(convo, [by], 'logAcceptConvo');
    return { rev: String(rev) };
  }),
  'chat.bsky.convo.leaveConvo': procedure((by, { convoId }) => {
    const convo = of(convoId, by);
    convo.left.add(by);
    tell(convo, [by], 'logLeaveConvo');
    return { convoId, rev: String(rev) };
  }),
  'chat.bsky.convo.updateRead': procedure((by, { convoId }) => {
    const convo = of(convoId, by);
    convo.read.set(by, convo.messages.length);
    return { convo: view(convo, by) };
  }),
};
