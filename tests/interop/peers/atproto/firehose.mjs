// A strict consumer of firehoses. The AppView takes commits on trust; here each is checked by the official verifier
// (signature, and a proof of every record), and by what Sync 1.1 adds: that it follows the one before, and that its
// operations, undone, lead back to the tree that was there.
import { IdResolver } from '@atproto/identity';
import { def, MemoryBlockstore, MST, readCarWithRoot } from '@atproto/repo';
import { Firehose } from '@atproto/sync';

const LEXICON = 'com.atproto.sync.subscribeRepos#';
const heard = new Map(); // origin of a PDS -> what it sent
const KEPT = 20; // errors remembered for each

/** What this PDS has sent so far: how many events of each kind, and what was wrong with them. */
export function accepted(pds) {
  const { seq, counts, handles, standing, latest, wrong, errors } = heard.get(pds) ?? missing(pds);
  const [of, at, repos] = [handles, standing, latest].map((map) => Object.fromEntries(map));
  return { seq, counts, handles: of, standing: at, repos, wrong, errors };
}

function missing(pds) {
  throw new Error(`${pds} is not listened to`);
}

class Strict extends Firehose {
  /** The library drops an operation without proof in silence. */
  async parseEvt(event) {
    const { state } = this.opts;
    const kind = event.$type?.replace(LEXICON, '');
    const parsed = await super.parseEvt(event);
    if (event.seq <= state.seq) complain(state, new Error(`seq ${event.seq} after ${state.seq}`));
    state.seq = event.seq;
    state.counts[kind] = (state.counts[kind] ?? 0) + 1;
    const told = state.standing.get(event.did ?? event.repo) ?? [];
    if (kind === 'account') state.standing.set(event.did, [...told, event.active ? 'active' : event.status]);
    if (kind === 'sync') await startsAnew(state, event).catch((error) => complain(state, error));
    if (kind === 'commit') {
      // Of who is not there nothing is to be said.
      if (!['active', undefined].includes(told.at(-1))) complain(state, new Error(`${event.repo} is ${told.at(-1)}, and ${event.rev} comes`));
      if (parsed.length !== event.ops.length) {
        complain(state, new Error(`${event.repo} ${event.rev}: ${parsed.length} of ${event.ops.length} operations are proved`));
      }
      await follows(state, event).catch((error) => complain(state, error));
    }
    return parsed;
  }
}

/** Where a repository is, whatever was said before. */
async function startsAnew(state, event) {
  const { root, blocks } = await readCarWithRoot(event.blocks);
  const commit = await new MemoryBlockstore(blocks).readObj(root, def.commit);
  if (commit.rev !== event.rev || commit.did !== event.did) throw new Error(`sync of ${event.did}: ${event.rev}`);
  state.latest.set(event.did, { rev: event.rev, data: commit.data.toString() });
}

/** Whether a commit follows the last one of its repository, and can be undone. */
async function follows(state, event) {
  const { root, blocks } = await readCarWithRoot(event.blocks);
  const store = new MemoryBlockstore(blocks);
  const commit = await store.readObj(root, def.commit);
  const before = state.latest.get(event.repo);
  const name = `${event.repo} ${event.rev}`;
  state.latest.set(event.repo, { rev: event.rev, data: commit.data.toString() });
  const expect = (what, found, wanted) => {
    if (found !== wanted) throw new Error(`${name}: ${what} is ${found}, not ${wanted}`);
  };
  expect('the commit', event.commit.toString(), root.toString());
  expect('rev in the commit', commit.rev, event.rev);
  if (before) {
    expect('since', event.since, before.rev);
    expect('prevData', event.prevData?.toString(), before.data);
    if (event.rev <= before.rev) throw new Error(`${name}: rev ${before.rev} came before`);
  }
  if (!event.prevData) return;
  let tree = MST.load(store, commit.data);
  for (const { action, path, prev } of [...event.ops].reverse()) {
    if (action === 'create') tree = await tree.delete(path);
    else if (!prev) throw new Error(`${name}: ${action} of ${path} does not say what was there`);
    else tree = await (action === 'update' ? tree.update(path, prev) : tree.add(path, prev));
  }
  expect('the tree before', (await tree.getPointer()).toString(), event.prevData.toString());
}

function complain(state, error) {
  state.wrong += 1;
  state.errors = [...state.errors, describe(error)].slice(-KEPT);
}

const describe = (error) => (error.cause ? `${error.message}: ${describe(error.cause)}` : String(error.message ?? error));

/** Begins to listen to a PDS, from its first event on. */
export function listen(pds, directory) {
  const state = { seq: 0, counts: {}, handles: new Map(), standing: new Map(), latest: new Map(), wrong: 0, errors: [] };
  heard.set(pds, state);
  const firehose = new Strict({
    state,
    service: pds.replace(/^http/, 'ws'),
    idResolver: new IdResolver({ plcUrl: directory, fetch: globalThis.fetch }),
    getCursor: () => state.seq,
    unauthenticatedCommits: false,
    unauthenticatedHandles: false,
    subscriptionReconnectDelay: 500,
    handleEvent: ({ event, did, handle }) => {
      if (event === 'identity') state.handles.set(did, handle ?? null);
    },
    // That a server is not up yet, or hangs up, is no error in what it sends.
    onError: (error) => {
      if (error.constructor.name === 'FirehoseSubscriptionError') console.error(pds, describe(error));
      else complain(state, error);
    },
  });
  void firehose.start();
}
