// The AT network as its makers run it: a PLC directory, an AppView, and a PDS with people on it.
//
// The AppView reads that PDS and the ones of the servers under test. The control is described in
// tests/interop/src/peer.rs: ids are DIDs and at:// URIs, `acct` is the handle; what is asked for is answered as the
// AppView shows it. Further paths: see `control` below.
// Environment: ORIGIN, LISTEN and PORT (of the PDS, in the clear; TLS is in front of it), DIRECTORY, APPVIEW
// (both http://NAME:PORT), APPVIEW_ORIGIN, APPVIEW_DID, CHAT (http://NAME:PORT), CHAT_ORIGIN, CHAT_DID, DATABASE
// (PostgreSQL), PDSES (origins, with commas), DOMAINS (of handles: `name=address` with commas), HOSTS (file in which a
// handle is made known to others), PAGES (http://NAME:PORT of a web site), LABELER (the same of a labeler), CONTROL.
import { lookup } from 'node:dns/promises';
import { appendFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { appview } from './appview.mjs';
import * as chat from './chat.mjs';
import { directory } from './directory.mjs';
import { accepted, listen } from './firehose.mjs';
import * as inbox from './inbox.mjs';
import { labeler } from './labeler.mjs';
import { take } from './moving.mjs';
import { bind, resolve } from './names.mjs';
import { pages } from './pages.mjs';
import { pds } from './pds.mjs';
import { agentOf, join, lacks, verbs } from './people.mjs';
import { verify } from './repository.mjs';
import * as views from './views.mjs';

const { ORIGIN, LISTEN, PORT, DIRECTORY, APPVIEW, APPVIEW_ORIGIN, APPVIEW_DID, DATABASE, HOSTS, CONTROL } = process.env;
const { CHAT, CHAT_ORIGIN, CHAT_DID, PAGES, LABELER } = process.env;
const pdses = process.env.PDSES.split(',');
const { hostname } = new URL(ORIGIN);
const [plc, view, talk, site, labels] = [DIRECTORY, APPVIEW, CHAT, PAGES, LABELER].map((url) => new URL(url));

const addressOf = async ({ hostname }) => (await lookup(hostname)).address;
const addresses = [plc, view, talk, site, labels].map(async (server) => [server.port, await addressOf(server)]);
bind({ [PORT]: LISTEN, ...Object.fromEntries(await Promise.all(addresses)) });
resolve(Object.fromEntries(process.env.DOMAINS.split(',').map((pair) => pair.split('='))));

await directory(Number(plc.port));
const subscribe = await appview({
  origin: APPVIEW_ORIGIN,
  port: Number(view.port),
  did: APPVIEW_DID,
  directory: DIRECTORY,
  database: DATABASE,
  ports: { bsync: 2586, dataplane: 2587 },
});
const codeOf = await pds({
  origin: ORIGIN,
  port: Number(PORT),
  directory: DIRECTORY,
  appview: { url: APPVIEW, did: APPVIEW_DID, origin: APPVIEW_ORIGIN },
  folder: 'pds',
  domain: hostname,
});
const asked = chat.serve({ origin: CHAT_ORIGIN, port: Number(talk.port), did: CHAT_DID, directory: DIRECTORY });
pages(site);
const label = await labeler(labels);
views.readFrom(APPVIEW);

const readers = new Set(); // origins of PDSes
function read(pds) {
  if (readers.has(pds)) return;
  readers.add(pds);
  subscribe(pds);
  listen(pds, DIRECTORY);
}
pdses.forEach(read);

const control = {
  async 'POST /actors'({ name }) {
    const handle = `${name}.${hostname}`;
    await nameHere(handle);
    const account = await join(ORIGIN, handle);
    await indexed(account.id);
    return account;
  },
  async 'POST /act'({ as, verb, ...rest }) {
    const reason = lacks(verb, rest);
    if (reason) return { lacks: reason };
    return { id: (await verbs[verb](agentOf(as), rest)).uri };
  },
  'GET /object': ({ id }) => views.object(id),
  'GET /actor': ({ id }) => views.actor(id),
  'GET /find': ({ author, text }) => views.find(author, text),
  // How the AppView shows somebody to an account of this PDS; what it tells that account; what is on its timeline.
  'POST /between': ({ as, actor }) => views.between(agentOf(as), actor),
  'POST /notifications': ({ as }) => views.notifications(agentOf(as)),
  'POST /timeline': ({ as }) => views.timeline(agentOf(as)),
  // The labeler says something.
  'POST /label': (said) => label(said),
  // One step of a move from one PDS to another (see moving.mjs), and the code that this PDS has sent to a handle's address.
  async 'POST /moving'({ step, ...details }) {
    if (step === 'create' && details.to === ORIGIN) await nameHere(details.handle);
    return take({ step, ...details }, DIRECTORY);
  },
  'POST /code': ({ handle }) => ({ code: codeOf(`${handle}@mail.test`) ?? null }),
  // What the stand-in for private messages was asked.
  'POST /chat': () => asked(),
  // What an account of this PDS writes there by its own app, its reaction, and what it reads.
  'POST /write': (message) => inbox.write(CHAT_DID, message),
  'POST /emoji': (reaction) => inbox.react(CHAT_DID, reaction),
  'POST /inbox': (reader) => inbox.inbox(CHAT_DID, reader),
  // The official verifiers: of a whole repository, and of everything that a PDS has sent so far.
  'POST /verify': ({ did }) => verify(did, DIRECTORY),
  // A server that has only now been started is read, too.
  'POST /read': ({ pds }) => (read(pds), {}),
  'POST /firehose': ({ pds }) => accepted(pds),
};

/** There is no DNS with a wildcard: others find a handle of this PDS by a line of its own. */
async function nameHere(handle) {
  if (HOSTS) await appendFile(HOSTS, `${LISTEN} ${handle}\n`);
}

/** The AppView learns of an account from the firehose, a moment later. */
async function indexed(did) {
  for (let tries = 0; tries < 100; tries++) {
    if (!(await views.actor(did)).gone) return;
    await new Promise((wake) => setTimeout(wake, 100));
  }
  throw new Error(`the AppView does not know ${did}`);
}

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
}).listen(Number(CONTROL));
process.on('unhandledRejection', (error) => console.error('unhandled:', error));
