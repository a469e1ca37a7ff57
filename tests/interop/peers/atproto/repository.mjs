// The official verifier of a repository as a whole.
import { IdResolver } from '@atproto/identity';
import { verifyProofs, verifyRepoCar } from '@atproto/repo';

/** The repository of `did`, downloaded from the PDS that its document names: tree, records and signature. */
export async function verify(did, directory) {
  const { pds, signingKey, handle } = await new IdResolver({ plcUrl: directory, fetch: globalThis.fetch }).did.resolveAtprotoData(did);
  const ask = async (method, query) => {
    const answer = await fetch(`${pds}/xrpc/com.atproto.sync.${method}?${new URLSearchParams(query)}`);
    if (!answer.ok) throw new Error(`${method}: ${answer.status} ${await answer.text()}`);
    return new Uint8Array(await answer.arrayBuffer());
  };
  const { creates, commit } = await verifyRepoCar(await ask('getRepo', { did }), did, signingKey);
  // And one record by itself, with the proof that it is there; and the proof that another one is not.
  const [first] = creates;
  const claims = [...(first ? [first] : []), { collection: 'app.bsky.feed.post', rkey: '2222222222222', cid: null }];
  for (const { collection, rkey, cid } of claims) {
    const proof = await ask('getRecord', { did, collection, rkey }).catch((error) => error);
    if (proof instanceof Error && cid) throw proof;
    // Some servers answer an absent record with an error: no proof, but no false one.
    if (proof instanceof Error) continue;
    const { unverified } = await verifyProofs(proof, [{ collection, rkey, cid }], did, signingKey);
    if (unverified.length) throw new Error(`no proof of ${collection}/${rkey}`);
  }
  const records = creates.map(({ collection, rkey, cid }) => [`${collection}/${rkey}`, cid.toString()]);
  return { handle, pds, rev: commit.rev, commit: commit.cid.toString(), records: Object.fromEntries(records) };
}
