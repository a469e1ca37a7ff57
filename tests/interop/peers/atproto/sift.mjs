// How fast the official libraries filter and decode a stream: node sift.mjs STREAM FOLLOWED
// STREAM: frames, each after its length in four bytes. FOLLOWED: JSON, DID -> did:key. As `@atproto/sync` does with each
// commit: without verification the records are taken out of the blocks, with it each operation is proved.
import { readFileSync } from 'node:fs';
import { decodeAll } from '@atproto/lex-cbor';
import { readCar, verifyProofs } from '@atproto/repo';

const [stream, list] = process.argv.slice(2);
const followed = JSON.parse(readFileSync(list));
const bytes = readFileSync(stream);
const frames = [];
for (let at = 0; at < bytes.length; ) {
  const length = bytes.readUInt32BE(at);
  frames.push(bytes.subarray(at + 4, at + 4 + length));
  at += 4 + length;
}

async function sift(verified) {
  const begun = performance.now();
  let concerned = 0;
  for (const frame of frames) {
    const [header, event] = decodeAll(frame);
    if (header.t !== '#commit' || !followed[event.repo]) continue;
    concerned += 1;
    const { blocks } = await readCar(event.blocks);
    if (verified) {
      const claims = event.ops.map(({ path, cid }) => {
        const [collection, rkey] = path.split('/');
        return { collection, rkey, cid };
      });
      const { verified } = await verifyProofs(event.blocks, claims, event.repo, followed[event.repo]);
      if (verified.length !== claims.length) throw new Error(`${event.repo} is not proved`);
    }
    for (const { cid } of event.ops) if (cid) [...decodeAll(blocks.get(cid))];
  }
  return { seconds: (performance.now() - begun) / 1000, concerned };
}

const decoded = await sift(false);
console.log(JSON.stringify({ decoded, verified: await sift(true) }));
