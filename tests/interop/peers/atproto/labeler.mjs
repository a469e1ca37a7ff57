// A labeler (https://atproto.com/specs/label): says what it is told to, signed with the official library.
import { createServer } from 'node:http';
import { Secp256k1Keypair } from '@atproto/crypto';
import { encode } from '@atproto/lex-cbor';
import { WebSocketServer } from 'ws';

export async function labeler({ hostname, port }) {
  const origin = `https://${hostname}`;
  const did = `did:web:${hostname}`;
  const keypair = await Secp256k1Keypair.create();
  const document = {
    '@context': ['https://www.w3.org/ns/did/v1', 'https://w3id.org/security/multikey/v1'],
    id: did,
    verificationMethod: [
      { id: `${did}#atproto_label`, type: 'Multikey', controller: did, publicKeyMultibase: keypair.did().replace('did:key:', '') },
    ],
    service: [{ id: '#atproto_labeler', type: 'AtprotoLabeler', serviceEndpoint: origin }],
  };
  const labels = [];
  const subscribers = new Set();
  const frame = (seq) => Buffer.concat([encode({ op: 1, t: '#labels' }), encode({ seq, labels: [labels[seq - 1]] })]);

  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url, origin);
    const answer = (json) => response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(json));
    if (pathname === '/.well-known/did.json') return answer(document);
    if (pathname !== '/xrpc/com.atproto.label.queryLabels') return response.writeHead(404).end();
    const patterns = searchParams.getAll('uriPatterns');
    const fits = (uri) => patterns.some((one) => (one.endsWith('*') ? uri.startsWith(one.slice(0, -1)) : uri === one));
    const found = labels.filter(({ uri }) => fits(uri));
    answer({ labels: found.map(({ sig, ...label }) => ({ ...label, sig: { $bytes: Buffer.from(sig).toString('base64') } })) });
  });
  new WebSocketServer({ server, path: '/xrpc/com.atproto.label.subscribeLabels' }).on('connection', (socket, { url }) => {
    const cursor = new URL(url, origin).searchParams.get('cursor');
    for (let seq = cursor === null ? labels.length + 1 : Number(cursor) + 1; seq <= labels.length; seq++) socket.send(frame(seq));
    subscribers.add(socket);
    socket.on('close', () => subscribers.delete(socket));
  });
  server.listen(Number(port), hostname);

  /** Labels `uri` (a post or a DID) with `val`, or takes that back. */
  return async ({ uri, val, neg }) => {
    const label = { ver: 1, src: did, uri, val, ...(neg ? { neg: true } : {}), cts: new Date().toISOString() };
    labels.push({ ...label, sig: await keypair.sign(encode(label)) });
    for (const socket of subscribers) socket.send(frame(labels.length));
    return { did };
  };
}
