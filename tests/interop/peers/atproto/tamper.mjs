// A man in the middle: passes a PDS's firehose on with one commit of one repository changed, to show that the strict
// consumer in firehose.mjs sees it.
//
// Arguments: the PDS's origin, the PLC directory's, the DID, and the rev of its last commit (of at least five, the last
// one a deletion). Prints `WAY FAULTS` for each way to change a commit, and `unchanged FAULTS`.
import { WebSocket, WebSocketServer } from 'ws';
import { decodeAll, encode } from '@atproto/lex-cbor';
import { accepted, listen } from './firehose.mjs';

const [pds, directory, did, last] = process.argv.slice(2);

/** Flips one bit of the signature in the commit's block. */
function forge(blocks) {
  const forged = Buffer.from(blocks);
  forged[forged.indexOf('csig') + 10] ^= 1;
  return new Uint8Array(forged);
}

// (commit, the one before it) -> what is sent in its place; nothing: it is left out.
const ways = {
  unchanged: (commit) => commit,
  missing: () => null,
  unsigned: (commit) => ({ ...commit, blocks: forge(commit.blocks) }),
  unproved: (commit, before) => ({ ...commit, blocks: before.blocks, commit: before.commit }),
  silent: (commit) => ({ ...commit, ops: [] }),
  elsewhere: (commit) => ({ ...commit, ops: commit.ops.map((op) => ({ ...op, path: `${op.path}2` })) }),
  rootless: (commit, before) => ({ ...commit, prevData: before.prevData }),
  restarted: (commit) => ({ ...commit, since: null }),
  // Of the last one, which deletes.
  forgetful: (commit, before, end) => (end ? { ...commit, ops: commit.ops.map(({ prev, ...op }) => op) } : commit),
};

function pass(port, change) {
  return new Promise((listening) => {
    const server = new WebSocketServer({ port, host: '127.0.0.1' }, () => listening(server));
    server.on('connection', (consumer) => {
      const source = new WebSocket(`${pds.replace(/^http/, 'ws')}/xrpc/com.atproto.sync.subscribeRepos?cursor=0`);
      let [count, before] = [0, null];
      source.on('message', (frame) => {
        const [header, body] = [...decodeAll(frame)];
        let sent = body;
        if (body.repo === did) {
          count += 1;
          const end = body.rev === last;
          if (count === 4 || end) sent = count === 4 || change === ways.forgetful ? change(body, before, end) : body;
          before = body;
        }
        if (sent) consumer.send(Buffer.concat([encode(header), encode(sent)]));
      });
    });
  });
}

let port = 7750;
for (const [way, change] of Object.entries(ways)) {
  port += 1;
  await pass(port, change);
  const middle = `http://127.0.0.1:${port}`;
  listen(middle, directory);
  const deadline = Date.now() + 10_000;
  while (accepted(middle).repos[did]?.rev !== last) {
    if (Date.now() > deadline) throw new Error(`${way}: the last commit did not come: ${JSON.stringify(accepted(middle))}`);
    await new Promise((wake) => setTimeout(wake, 100));
  }
  console.log(way, accepted(middle).errors.filter((error) => !error.startsWith('seq ')).length);
}
process.exit(0);
