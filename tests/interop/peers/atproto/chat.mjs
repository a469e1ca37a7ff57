// A stand-in for the service of private messages: there is no open one to test against. It believes whoever brings a token
// that the official verifier accepts, for this service and this method, once; keeps conversations of two in memory; and
// holds what it is asked and what it answers to the lexicons.
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { lexicons } from '@atproto/api';
import { IdResolver } from '@atproto/identity';
import { verifyJwt } from '@atproto/xrpc-server';

const convos = new Map(); // id -> { members, messages, read }
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
  const { id, members, messages, read } = convo;
  const unread = messages.slice(read.get(by) ?? 0).filter((message) => message.sender.did !== by).length;
  const last = messages.at(-1);
  return { id, rev: String(messages.length), members: members.map(member), muted: false, status: 'accepted', unreadCount: unread, ...(last ? { lastMessage: last } : {}) };
}

function of(id, by) {
  const convo = convos.get(id);
  if (!convo?.members.includes(by)) throw new Refused(400, 'InvalidConvo', 'Convo not found');
  return convo;
}

const procedure = (handler) => Object.assign(handler, { procedure: true });

const methods = {
  'chat.bsky.convo.getConvoForMembers'(by, { members }) {
    const all = [...new Set([by, ...members])].sort();
    let convo = [...convos.values()].find((known) => known.members.join() === all.join());
    if (!convo) {
      convo = { id: randomUUID(), members: all, messages: [], read: new Map() };
      convos.set(convo.id, convo);
    }
    return { convo: view(convo, by) };
  },
  'chat.bsky.convo.listConvos': (by) => ({
    convos: [...convos.values()].filter(({ members }) => members.includes(by)).map((convo) => view(convo, by)),
  }),
  'chat.bsky.convo.getMessages': (by, { convoId, limit = 50 }) => ({ messages: of(convoId, by).messages.slice(-limit).reverse() }),
  'chat.bsky.convo.sendMessage': procedure((by, { convoId, message }) => {
    const { messages } = of(convoId, by);
    const sent = { $type: 'chat.bsky.convo.defs#messageView', id: randomUUID(), rev: String(messages.length + 1), text: message.text, sender: { did: by }, sentAt: new Date().toISOString() };
    messages.push(sent);
    return sent;
  }),
  'chat.bsky.convo.updateRead': procedure((by, { convoId }) => {
    const convo = of(convoId, by);
    convo.read.set(by, convo.messages.length);
    return { convo: view(convo, by) };
  }),
};
