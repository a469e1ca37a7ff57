// An account moves from one PDS to another by the official steps (https://atproto.com/guides/account-migration), taken by
// the official client, each by itself: so that a test can look in between, leave one out, or do one twice.
//
// Every step answers what it came to, or `{refused: {status, error, message}}` as the server said.
import { AtpAgent, XRPCError } from '@atproto/api';
import { Secp256k1Keypair } from '@atproto/crypto';
import * as plc from '@did-plc/lib';
import { verify } from './repository.mjs';

const agents = new Map(); // `DID PDS` -> an agent that is signed in there

function agentAt(did, pds) {
  const agent = agents.get(`${did} ${pds}`);
  if (!agent) throw new Error(`${did} is not signed in at ${pds}`);
  return agent;
}

/** Takes one step. `directory`: of the DIDs. */
export async function take({ step, ...details }, directory) {
  try {
    return (await steps[step](details, directory)) ?? {};
  } catch (error) {
    if (!(error instanceof XRPCError)) throw error;
    return { refused: { status: error.status, error: error.error, message: error.message } };
  }
}

const server = async (agent) => (await agent.com.atproto.server.describeServer()).data.did;

/** A token by which the old PDS vouches for the account towards the new one. */
const leave = async (did, from, aud, lxm) =>
  (await agentAt(did, from).com.atproto.server.getServiceAuth({ aud, lxm })).data.token;

const steps = {
  async sign_in({ pds, identifier, password }) {
    const agent = new AtpAgent({ service: pds });
    await agent.login({ identifier, password });
    agents.set(`${agent.did} ${pds}`, agent);
    return { did: agent.did };
  },

  /** `by`: whose old PDS vouches, if not the account's own; `lxm`: for another method than this. */
  async create({ did, from, to, handle, password, by = did, lxm = 'com.atproto.server.createAccount' }) {
    const agent = new AtpAgent({ service: to });
    const token = await leave(by, from, await server(agent), lxm);
    const account = { did, handle, email: `${handle}@mail.test`, password };
    const headers = { authorization: `Bearer ${token}` };
    const { data } = await agent.com.atproto.server.createAccount(account, { headers, encoding: 'application/json' });
    return { did: data.did, handle: data.handle };
  },

  /** `of`: whose repository is brought, if not the account's own; `damage`: one byte of it is changed on the way. */
  async repository({ did, from, to, of = did, damage = false }) {
    const { data } = await agentAt(did, from).com.atproto.sync.getRepo({ did: of });
    const car = Uint8Array.from(data);
    if (damage) car[car.length - 20] ^= 1;
    await agentAt(did, to).com.atproto.repo.importRepo(car, { encoding: 'application/vnd.ipld.car' });
  },

  /** What is missing, `most` at most; answers how many were brought and how many are still missing. */
  async blobs({ did, from, to, most = Infinity }) {
    const [old, now] = [agentAt(did, from), agentAt(did, to)];
    const missing = async () => all((cursor) => now.com.atproto.repo.listMissingBlobs({ limit: 2, cursor }), 'blobs');
    let brought = 0;
    for (const { cid } of await missing()) {
      if (brought >= most) break;
      const { data, headers } = await old.com.atproto.sync.getBlob({ did, cid });
      await now.com.atproto.repo.uploadBlob(data, { encoding: headers['content-type'] });
      brought += 1;
    }
    return { brought, missing: (await missing()).length };
  },

  async preferences({ did, from, to }) {
    const { data } = await agentAt(did, from).app.bsky.actor.getPreferences();
    await agentAt(did, to).app.bsky.actor.putPreferences(data);
  },

  async ask_for_code({ did, from }) {
    await agentAt(did, from).com.atproto.identity.requestPlcOperationSignature();
  },

  /** Signed at the old PDS, handed in at the new one. `change`: what the operation says in place of what is recommended. */
  async identity({ did, from, to, token, change = {} }) {
    const { data: wanted } = await agentAt(did, to).com.atproto.identity.getRecommendedDidCredentials();
    const signed = await agentAt(did, from).com.atproto.identity.signPlcOperation({ token, ...wanted, ...change });
    await agentAt(did, to).com.atproto.identity.submitPlcOperation({ operation: signed.data.operation });
  },

  /** The same without the old PDS: signed with the key (hexadecimal) that the owner of the account keeps. */
  async recover({ did, to, key }, directory) {
    const { data: wanted } = await agentAt(did, to).com.atproto.identity.getRecommendedDidCredentials();
    const client = new plc.Client(directory);
    const own = await Secp256k1Keypair.import(key);
    const rotationKeys = [own.did(), ...wanted.rotationKeys];
    const last = await client.getLastOp(did);
    const operation = await plc.createUpdateOp(last, own, (before) => ({ ...before, ...wanted, rotationKeys }));
    await agentAt(did, to).com.atproto.identity.submitPlcOperation({ operation });
  },

  async activate({ did, at }) {
    await agentAt(did, at).com.atproto.server.activateAccount();
  },

  async deactivate({ did, at }) {
    await agentAt(did, at).com.atproto.server.deactivateAccount({});
  },

  async post({ did, at, text }) {
    return { uri: (await agentAt(did, at).post({ text, createdAt: new Date().toISOString() })).uri };
  },

  async prefer({ did, at, word }) {
    const agent = agentAt(did, at);
    await agent.setAdultContentEnabled(true);
    await agent.addMutedWord({ value: word, targets: ['content'] });
  },

  /** As whoever is not signed in. */
  async anybody_gets_repository({ did, at }) {
    await new AtpAgent({ service: at }).com.atproto.sync.getRepo({ did });
  },

  status: async ({ did, at }) => (await agentAt(did, at).com.atproto.server.checkAccountStatus()).data,

  /** Everything that the account has: in the repository and beside it at that PDS, and as the AppView shows it. */
  async census({ did, at }, directory) {
    const agent = agentAt(did, at);
    const { records, pds } = await verify(did, directory, { moved: at === process.env.ORIGIN });
    const { data: profile } = await agent.getProfile({ actor: did });
    const people = (found) => found.map((one) => one.did).sort();
    const posts = await all((cursor) => agent.getAuthorFeed({ actor: did, limit: 100, cursor }), 'feed');
    const likes = await all((cursor) => agent.getActorLikes({ actor: did, limit: 100, cursor }), 'feed');
    const { data: prefs } = await agent.app.bsky.actor.getPreferences();
    return {
      pds,
      records,
      blobs: (await all((cursor) => agent.com.atproto.sync.listBlobs({ did, limit: 2, cursor }), 'cids')).sort(),
      preferences: prefs.preferences,
      shown: {
        name: profile.displayName,
        about: profile.description,
        avatar: await bytes(profile.avatar),
        pinned: profile.pinnedPost?.uri ?? null,
        counts: [profile.postsCount, profile.followersCount, profile.followsCount],
        posts: posts.map(({ post }) => post.uri).sort(),
        pictures: await Promise.all(pictures(posts).map(bytes)),
        likes: likes.map(({ post }) => post.uri).sort(),
        followers: people(await all((cursor) => agent.getFollowers({ actor: did, limit: 100, cursor }), 'followers')),
        follows: people(await all((cursor) => agent.getFollows({ actor: did, limit: 100, cursor }), 'follows')),
        blocks: people(await all((cursor) => agent.app.bsky.graph.getBlocks({ limit: 100, cursor }), 'blocks')),
      },
    };
  },
};

const pictures = (feed) => feed.flatMap(({ post }) => post.embed?.images ?? []).map((image) => image.fullsize).sort();

/** How many bytes there are at an address. */
async function bytes(url) {
  if (!url) return 0;
  const answer = await fetch(url);
  return answer.ok ? (await answer.arrayBuffer()).byteLength : 0;
}

/** Follows the cursors of a list to its end. */
async function all(page, of) {
  const found = [];
  let cursor;
  do {
    const { data } = await page(cursor);
    found.push(...data[of]);
    cursor = data[of].length ? data.cursor : undefined;
  } while (cursor);
  return found;
}
