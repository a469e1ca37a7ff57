// The official PDS.
import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { PDS } from '@atproto/pds';

/**
 * A PDS whose accounts are called NAME.`domain`; without `appview` it passes nothing on. Its mail goes nowhere: gives the
 * last code that somebody was sent, by address.
 */
export async function pds({ origin, port, directory, appview, folder, domain }) {
  const { hostname } = new URL(origin);
  await mkdir(`${folder}/blobs`, { recursive: true });
  const server = await PDS.fromEnv({
    devMode: true,
    port,
    hostname,
    dataDirectory: folder,
    blobstoreDiskLocation: `${folder}/blobs`,
    jwtSecret: randomBytes(16).toString('hex'),
    adminPassword: randomBytes(16).toString('hex'),
    plcRotationKeyK256PrivateKeyHex: randomBytes(32).toString('hex'),
    didPlcUrl: directory,
    ...(appview && {
      bskyAppViewUrl: appview.url,
      bskyAppViewDid: appview.did,
      bskyAppViewCdnUrlPattern: `${appview.origin}/img/%s/plain/%s/%s@jpeg`,
    }),
    serviceHandleDomains: [`.${domain}`],
    inviteRequired: false,
    rateLimitsEnabled: false,
    disableSsrfProtection: true,
    crawlers: [],
  });
  const codes = new Map();
  server.ctx.mailer.transporter.use('compile', ({ data }, done) => {
    codes.set(data.to, /\b[A-Z2-7]{5}-[A-Z2-7]{5}\b/.exec(data.html)?.[0]);
    done();
  });
  await server.start();
  return (address) => codes.get(address);
}
