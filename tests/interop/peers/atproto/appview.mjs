// The official AppView, with bsync, from their own packages.
import { randomBytes } from 'node:crypto';
import * as bsky from '@atproto/bsky';
import * as bsync from '@atproto/bsync';
import { Secp256k1Keypair } from '@atproto/crypto';

const SYNC_KEY = 'stage';

/**
 * An AppView that reads PDSes directly, as a relay would, and resolves handles by HTTPS. Gives what makes it read one more.
 * It takes every commit without looking at its signature: `verify.mjs` does that.
 */
export async function appview({ origin, port, did, directory, database, ports }) {
  const pool = new bsky.Database({ url: database, schema: 'appview', poolSize: 10 });
  const migrating = new bsky.Database({ url: database, schema: 'appview' });
  await migrating.migrateToLatestOrThrow();
  await migrating.close();

  const sync = { port: ports.bsync, apiKeys: [SYNC_KEY], dbUrl: database, dbSchema: 'bsync', dbPoolSize: 5 };
  const operations = await bsync.BsyncService.create(bsync.envToCfg(sync));
  await operations.ctx.db.migrateToLatestOrThrow();
  await operations.start();

  // Anything but loopback is out of reach here: no protection against requests to it is wanted.
  const dataplane = await bsky.DataPlaneServer.create(pool, ports.dataplane, directory, globalThis.fetch);
  const config = new bsky.ServerConfig({
    version: 'stage',
    port,
    publicUrl: origin,
    serverDid: did,
    didPlcUrl: directory,
    dataplaneUrls: [`http://127.0.0.1:${ports.dataplane}`],
    dataplaneHttpVersion: '1.1',
    bsyncUrl: `http://127.0.0.1:${ports.bsync}`,
    bsyncHttpVersion: '1.1',
    bsyncApiKey: SYNC_KEY,
    adminPasswords: [randomBytes(16).toString('hex')],
    modServiceDid: 'did:web:labels.example.org',
    labelsFromIssuerDids: [],
    alternateAudienceDids: [],
    etcdHosts: [],
    bigThreadUris: new Set(),
    maxThreadParents: 50,
    disableSsrfProtection: true,
    searchTagsHide: new Set(),
    searchTagsHideAll: new Set(),
    threadTagsBumpDown: new Set(),
    threadTagsHide: new Set(),
    visibilityTagHide: '',
    visibilityTagRankPrefix: '',
    debugFieldAllowedDids: new Set(),
    draftsLimit: 500,
    feedGenSkeletonTimeout: 5000,
  });
  const server = bsky.BskyAppView.create({ config, signingKey: await Secp256k1Keypair.create() });
  await server.start();
  operations.ctx.dataplaneClients = [server.ctx.dataplane];
  new bsky.BsyncSubscription({ config, db: pool }).start();
  return (pds) => {
    const service = pds.replace(/^http/, 'ws');
    const subscription = new bsky.RepoSubscription({ service, db: pool, idResolver: dataplane.idResolver });
    believeHosts(subscription.indexingSvc, pds, dataplane.idResolver);
    void subscription.start();
  };
}

/** On the internet a relay is in between, and drops what a server says of an account that lives on another one. */
function believeHosts(indexing, pds, resolver) {
  const update = indexing.updateActorStatus.bind(indexing);
  indexing.updateActorStatus = async (did, active, status) => {
    const lives = await resolver.did.resolveAtprotoData(did, true);
    if (lives.pds === pds) await update(did, active, status);
  };
}
