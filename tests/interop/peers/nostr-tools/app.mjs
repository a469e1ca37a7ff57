// People on Nostr, using nostr-tools: keys, relays, the outbox model, and what they find there.
//
// The control side is described in tests/interop/src/peer.rs. What is answered is read from relays at that moment:
// a person's own from RELAY, anyone else's from the relays that their kind 10002 names (NIP-65).
// Environment: RELAY (wss://..., where these people write and look for relay lists), CONTROL (port).
import { createServer } from 'node:http';
import { parse as thread } from 'nostr-tools/nip10';
import { finishRepostEvent } from 'nostr-tools/nip18';
import * as nip17 from 'nostr-tools/nip17';
import { neventEncode, nprofileEncode, npubEncode } from 'nostr-tools/nip19';
import { finishReactionEvent } from 'nostr-tools/nip25';
import * as nip59 from 'nostr-tools/nip59';
import { SimplePool, useWebSocketImplementation } from 'nostr-tools/pool';
import { finalizeEvent, generateSecretKey, getPublicKey } from 'nostr-tools/pure';
import WebSocket from 'ws';

useWebSocketImplementation(WebSocket);
const home = process.env.RELAY;
const pool = new SimplePool();
const secrets = new Map(); // public key -> secret key
const now = () => Math.floor(Date.now() / 1000);
const read = (relays, filter) => pool.querySync(relays, filter, { maxWait: 3000 });
const newest = (events) => events.sort((a, b) => b.created_at - a.created_at)[0];
const values = (event, name) => event.tags.filter((tag) => tag[0] === name).map((tag) => tag[1]);

// ---- The outbox model.

async function relaysOf(pubkey, direction) {
  if (secrets.has(pubkey)) return [home];
  const list = newest(await read([home], { kinds: [10002], authors: [pubkey] }));
  const named = (list?.tags ?? []).filter((tag) => tag[0] === 'r' && (!tag[2] || tag[2] === direction));
  return named.length ? named.map((tag) => new URL(tag[1]).href) : [home];
}

async function publish(event, further = []) {
  // A list of follows (kind 3) names people without being addressed to them.
  const told = event.kind === 3 ? [] : values(event, 'p');
  const tagged = await Promise.all(told.map((pubkey) => relaysOf(pubkey, 'read')));
  const relays = [...new Set([home, ...further, ...tagged.flat()])];
  const answers = await Promise.allSettled(pool.publish(relays, event));
  const refused = answers.map((answer, i) => [relays[i], answer]).filter(([, a]) => a.status === 'rejected');
  if (refused.length) throw new Error(refused.map(([relay, a]) => `${relay}: ${a.reason}`).join('; '));
  return event;
}

const write = (by, kind, content, tags, further) =>
  publish(finalizeEvent({ kind, content, tags, created_at: now() }, secrets.get(by)), further);

/** An event that someone else published, looked for everywhere it may be. */
async function find(id, hints = []) {
  const known = [...new Set([home, ...everywhere, ...hints])];
  const [event] = await read(known, { ids: [id] });
  return event;
}
const everywhere = new Set(); // relays of the people met so far

// ---- Acting.

async function contacts(by, change) {
  const list = newest(await read([home], { kinds: [3], authors: [by] }));
  return write(by, 3, '', change(list?.tags ?? []));
}

async function known(id) {
  const event = await find(id);
  if (!event) throw new Error(`${id} is on no relay known here`);
  return event;
}

async function retract(by, kind, object) {
  const mine = newest(await read([home], { kinds: [kind], authors: [by], '#e': [object] }));
  if (!mine) throw new Error(`nothing to take back: kind ${kind} of ${object}`);
  return write(by, 5, '', [['e', mine.id], ['k', String(kind)], ...mine.tags.filter((tag) => tag[0] === 'p')]);
}

async function post(by, { text, cw, mentions = [], tags = [], images = [], reply_to, quote }) {
  let content = text;
  const made = [];
  if (reply_to) {
    const parent = await known(reply_to);
    const { root } = thread(parent);
    if (root) made.push(['e', root.id, root.relays?.[0] ?? home, 'root', root.author ?? '']);
    made.push(['e', parent.id, home, root ? 'reply' : 'root', parent.pubkey], ['p', parent.pubkey]);
  }
  if (quote) {
    const quoted = await known(quote);
    content += `\n\nnostr:${neventEncode({ id: quoted.id, author: quoted.pubkey, relays: [home] })}`;
    made.push(['q', quoted.id, home, quoted.pubkey], ['p', quoted.pubkey]);
  }
  for (const pubkey of mentions) {
    content += ` nostr:${nprofileEncode({ pubkey, relays: await relaysOf(pubkey, 'read') })}`;
    made.push(['p', pubkey]);
  }
  for (const tag of tags) {
    content += ` #${tag}`;
    made.push(['t', tag]);
  }
  for (const { alt } of images) {
    const url = 'https://fedify.example/picture.png'; // any web server's
    content += `\n${url}`;
    made.push(['imeta', `url ${url}`, 'm image/png', 'dim 2x2', `alt ${alt}`]);
  }
  if (cw) made.push(['content-warning', cw]);
  return write(by, 1, content, made);
}

const verbs = {
  follow: (by, { actor }) => contacts(by, (tags) => [...tags.filter((tag) => tag[1] !== actor), ['p', actor]]),
  unfollow: (by, { actor }) => contacts(by, (tags) => tags.filter((tag) => tag[1] !== actor)),
  async like(by, { object }) {
    return publish(finishReactionEvent({ content: '+', tags: [], created_at: now() }, await known(object), secrets.get(by)));
  },
  async react(by, { object, emoji }) {
    return publish(finishReactionEvent({ content: emoji, tags: [], created_at: now() }, await known(object), secrets.get(by)));
  },
  unlike: (by, { object }) => retract(by, 7, object),
  async boost(by, { object }) {
    return publish(finishRepostEvent({ tags: [], created_at: now() }, await known(object), home, secrets.get(by)));
  },
  unboost: (by, { object }) => retract(by, 6, object),
  post,
  delete: async (by, { object }) => {
    const people = values(await known(object), 'p').map((pubkey) => ['p', pubkey]);
    return write(by, 5, '', [['e', object], ['k', '1'], ...people]);
  },
};

// ---- Private messages (NIP-17).

/** Where someone takes them: kind 10050; nothing may be sent to anyone without. */
async function messageRelays(pubkey) {
  const list = newest(await read([home], { kinds: [10050], authors: [pubkey] }));
  return list ? values(list, 'relay') : [];
}

async function send(wraps) {
  for (const wrap of wraps) {
    const [pubkey] = values(wrap, 'p');
    let relays = await messageRelays(pubkey);
    // Somebody new has perhaps not been heard of yet.
    for (let tries = 0; !relays.length && tries < 50; tries += 1) {
      await new Promise((resolve) => setTimeout(resolve, 200));
      relays = await messageRelays(pubkey);
    }
    if (!relays.length) throw new Error(`${pubkey} takes no private messages`);
    await Promise.all(pool.publish(relays, wrap));
  }
}

async function message(by, { text, to, subject, reply_to }) {
  const people = to.map((publicKey) => ({ publicKey }));
  const answered = reply_to ? { eventId: reply_to } : undefined;
  const wraps = nip17.wrapManyEvents(secrets.get(by), people, text, subject, answered);
  await send(wraps);
  return { id: nip17.unwrapEvent(wraps[0], secrets.get(by)).id };
}

/** A reaction or a deletion, as the library's gift wraps carry any rumor. */
async function rumor(by, kind, content, to, tags) {
  const event = { kind, content, tags: [...tags, ...to.map((pubkey) => ['p', pubkey])], created_at: now() };
  const wraps = nip59.wrapManyEvents(event, secrets.get(by), to);
  await send(wraps);
  return { id: nip59.unwrapEvent(wraps[0], secrets.get(by)).id };
}

Object.assign(verbs, {
  message,
  react_privately: (by, { object, emoji, to }) => rumor(by, 7, emoji, to, [['e', object], ['k', '14']]),
  delete_message: (by, { object, to }) => rumor(by, 5, '', to, [['e', object], ['k', '14']]),
});

// ---- What is known.

function picture(tag) {
  const field = (name) => tag.find((part) => part.startsWith(`${name} `))?.slice(name.length + 1);
  return { url: field('url'), alt: field('alt') ?? null };
}

function view(event, deleted) {
  const { root, reply } = thread(event);
  return {
    id: event.id,
    author: event.pubkey,
    text: event.content,
    cw: event.tags.find((tag) => tag[0] === 'content-warning')?.[1] ?? null,
    mentions: values(event, 'p'),
    tags: values(event, 't').map((tag) => `#${tag}`),
    images: event.tags.filter((tag) => tag[0] === 'imeta').map(picture),
    reply_to: (reply ?? root)?.id ?? null,
    quote: values(event, 'q')[0] ?? null,
    deleted,
  };
}

const control = {
  async 'POST /actors'({ name }) {
    const secret = generateSecretKey();
    const id = getPublicKey(secret);
    secrets.set(id, secret);
    await write(id, 0, JSON.stringify({ name }), []);
    await write(id, 10002, '', [['r', home]]);
    await write(id, 10050, '', [['relay', home]]);
    return { id, acct: npubEncode(id) };
  },
  async 'POST /act'({ as, verb, ...rest }) {
    if (!verbs[verb]) return { lacks: `Nostr has nothing for '${verb}'` };
    return { id: (await verbs[verb](as, rest)).id };
  },
  async 'GET /object'({ id }) {
    const event = await find(id);
    const relays = [...new Set([home, ...everywhere])];
    const about = await read(relays, { kinds: [1, 5, 6, 7], '#e': [id] });
    const quoting = await read(relays, { kinds: [1], '#q': [id] });
    const gone = new Set();
    const others = about.filter((e) => e.kind !== 5).map((e) => e.id);
    const retracted = others.length ? await read(relays, { kinds: [5], '#e': others }) : [];
    const author = (eventId) => about.find((e) => e.id === eventId)?.pubkey;
    for (const r of retracted) for (const e of values(r, 'e')) if (author(e) === r.pubkey) gone.add(e);
    const left = about.filter((e) => !gone.has(e.id));
    const of = (kind) => left.filter((e) => e.kind === kind);
    const deleted = of(5).some((e) => !event || e.pubkey === event.pubkey);
    return {
      note: event ? view(event, deleted) : null,
      likes: of(7).map((e) => ({ actor: e.pubkey, emoji: e.content === '+' ? null : e.content })),
      boosts: of(6).map((e) => e.pubkey),
      replies: of(1).filter((e) => { const t = thread(e); return (t.reply ?? t.root)?.id === id; }).map((e) => e.id),
      quotes: quoting.map((e) => e.id),
    };
  },
  async 'GET /actor'({ id }) {
    const relays = [...new Set([home, ...everywhere])];
    const lists = await read(relays, { kinds: [3], '#p': [id] });
    const mine = newest(await read(await relaysOf(id, 'write'), { kinds: [3], authors: [id] }));
    const current = await Promise.all(
      [...new Set(lists.map((list) => list.pubkey))].map(async (author) =>
        newest(await read(await relaysOf(author, 'write'), { kinds: [3], authors: [author] })),
      ),
    );
    const followers = current.filter((list) => list && values(list, 'p').includes(id)).map((list) => list.pubkey);
    return { followers, following: mine ? values(mine, 'p') : [] };
  },
  /** What a person's app unwraps, oldest first: messages, reactions, deletions. */
  async 'GET /messages'({ id }) {
    const wraps = await read(await messageRelays(id), { kinds: [1059], '#p': [id] });
    return nip17.unwrapManyEvents(wraps, secrets.get(id)).map((event) => ({
      id: event.id,
      kind: event.kind,
      author: event.pubkey,
      text: event.content,
      mentions: values(event, 'p'),
      about: values(event, 'e').at(-1) ?? null,
      subject: values(event, 'subject')[0] ?? null,
    }));
  },
  /** Ids of the notes by `author` that contain `text`, on the relays that the author writes to. */
  async 'GET /find'({ author, text }) {
    const relays = await relaysOf(author, 'write');
    for (const relay of relays) everywhere.add(relay);
    const notes = await read(relays, { kinds: [1], authors: [author] });
    return notes.filter((note) => note.content.includes(text)).map((note) => note.id);
  },
};

createServer(async (request, response) => {
  const url = new URL(request.url, 'http://control');
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const given = chunks.length ? JSON.parse(Buffer.concat(chunks)) : Object.fromEntries(url.searchParams);
  const [status, answer] = await Promise.resolve()
    .then(() => control[`${request.method} ${url.pathname}`](given))
    .then((value) => [200, value])
    .catch((error) => [500, { error: String(error?.stack ?? error) }]);
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
}).listen(Number(process.env.CONTROL), '127.0.0.1');
process.on('unhandledRejection', (error) => console.error('unhandled:', error));
