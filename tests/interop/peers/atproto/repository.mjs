// The official verifier of a repository as a whole.
import { IdResolver } from '@atproto/identity';
import { verifyProofs, verifyRepoCar } from '@atproto/repo';
import * as plc from '@did-plc/lib';

/**
 * The repository of `did`, downloaded from the PDS that its document names: tree, records and signature. `moved`: the key may
 * be one that the DID had before. The official PDS takes in a repository with the last commit as it was signed elsewhere, and
 * signs with the new key from the next one on.
 */
export async function verify(did, directory, { moved = false } = {}) {
  const { pds, signingKey, handle } = await new IdResolver({ plcUrl: directory, fetch: globalThis.fetch }).did.resolveAtprotoData(did);
  const ask = async (method, query) => {
    const answer = await fetch(`${pds}/xrpc/com.atproto.sync.${method}?${new URLSearchParams(query)}`);
    if (!answer.ok) throw new Error(`${method}: ${answer.status} ${await answer.text()}`);
    return new Uint8Array(await answer.arrayBuffer());
  };
  const car = await ask('getRepo', { did });
  const keys = moved ? await keysOf(did, directory) : [signingKey];
  const { creates, commit, key } = await signed(car, did, keys);
  // And one record by itself, with the proof that it is there; and the proof that another one is not.
  const [first] = creates;
  const claims = [...(first ? [first] : []), { collection: 'app.bsky.feed.post', rkey: '2222222222222', cid: null }];
  for (const { collection, rkey, cid } of claims) {
    const proof = await ask('getRecord', { did, collection, rkey }).catch((error) => error);
    if (proof instanceof Error && cid) throw proof;
    // Some servers answer an absent record with an error: no proof, but no false one.
    if (proof instanceof Error) continue;
    const { unverified } = await verifyProofs(proof, [{ collection, rkey, cid }], did, key);
    if (unverified.length) throw new Error(`no proof of ${collection}/${rkey}`);
  }
  const records = creates.map(({ collection, rkey, cid }) => [`${collection}/${rkey}`, cid.toString()]);
  return { handle, pds, rev: commit.rev, commit: commit.cid.toString(), records: Object.fromEntries(records) };
}

/** By the first of the keys that it is signed with. */
async function signed(car, did, [key, ...others]) {
  try {
    return { ...(await verifyRepoCar(car, did, key)), key };
  } catch (error) {
    if (!others.length) throw error;
    return signed(car, did, others);
  }
}

/** Every key that has signed this account's repository, the newest first. */
async function keysOf(did, directory) {
  const log = await new plc.Client(directory).getOperationLog(did);
  return log.map((operation) => operation.verificationMethods?.atproto ?? operation.signingKey).reverse();
}
