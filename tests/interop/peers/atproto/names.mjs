// Where servers of this process listen, and how it finds others. On the internet the first is a matter of interfaces
// and the second of DNS; here every server has a loopback address of its own, and there is no DNS.
import dns from 'node:dns';
import { syncBuiltinESMExports } from 'node:module';
import net from 'node:net';

/** Makes a server that is given only a port listen on `addresses[port]`, and on 127.0.0.1 if none is named. */
export function bind(addresses) {
  const listen = net.Server.prototype.listen;
  net.Server.prototype.listen = function (...given) {
    const [first, second] = given;
    const address = addresses[first?.port ?? first] ?? '127.0.0.1';
    if (typeof first === 'object' && first?.port !== undefined) given[0] = { ...first, host: address };
    else if (/^\d+$/.test(String(first))) given.splice(1, typeof second === 'string' ? 1 : 0, address);
    return listen.apply(this, given);
  };
}

/** Answers every name below a domain of `domains` (`{ 'opds.example.org': '127.0.77.42' }`) with that address. */
export function resolve(domains) {
  const addressOf = (name) => Object.entries(domains).find(([domain]) => name.endsWith(`.${domain}`))?.[1];
  const lookup = dns.lookup;
  dns.lookup = (name, options, done = options) => {
    const address = addressOf(name);
    if (!address) return lookup(name, options, done);
    return options.all ? done(null, [{ address, family: 4 }]) : done(null, address, 4);
  };
  // No handle here is proved by a TXT record.
  dns.promises.resolveTxt = async (name) => {
    throw Object.assign(new Error(`no TXT record: ${name}`), { code: 'ENOTFOUND' });
  };
  syncBuiltinESMExports();
}
