import net from 'node:net';
import { canonicalHost } from './net/host';

/**
 * Whether a login may be sent to a host: the one it was given for, or one of those that its owner named.
 *
 * A name is matched as it is written and never looked up: whoever runs its name server could then choose.
 *
 * @param own host that the login was given for; '' for none
 * @param allowed addresses, networks (`192.168.1.0/24`), names, or `*.example.com`
 */
export function mayHaveLogin(host: string, own: string, allowed: readonly string[]): boolean {
  const name = canonicalHost(host);
  if (name === '') return false;
  if (own !== '' && name === canonicalHost(own)) return true;
  return allowed.some((entry) => matches(name, entry.trim()));
}

/** Words of a list that is separated by commas, semicolons or spaces. */
export function hostList(text: string): string[] {
  return text.split(/[\s,;]+/).filter((entry) => entry !== '');
}

function matches(host: string, entry: string): boolean {
  const [base = '', prefix] = entry.split('/');
  if (entry.startsWith('*.')) return host.endsWith(`.${canonicalHost(entry.slice(2))}`);
  const address = canonicalHost(base);
  if (prefix === undefined) return host === address;
  const family = net.isIP(address);
  const bits = Number(prefix);
  if (family === 0 || family !== net.isIP(host) || !/^\d+$/.test(prefix)) return false;
  if (bits > (family === 4 ? 32 : 128)) return false;
  const list = new net.BlockList();
  const kind = family === 4 ? 'ipv4' : 'ipv6';
  list.addSubnet(address, bits, kind);
  return list.check(host, kind);
}
