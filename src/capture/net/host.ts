import net from 'node:net';

/**
 * One spelling for each host: no brackets, no dot at the end, lower case, and an IPv4 address in four decimal parts
 * however it was written (`0x7f.1`, `2130706433`, `0177.0.0.1`), as the system would read it. A zone (`fe80::1%eth0`)
 * is kept. What cannot be read as a host is returned in lower case: its look-up will fail.
 */
export function canonicalHost(host: string): string {
  const bare = host
    .trim()
    .replace(/^\[(.*)\]$/, '$1')
    .toLowerCase();
  const [address = '', zone] = bare.split(/%(?:25)?/, 2);
  if (net.isIPv6(address)) return zone ? `${canonicalIpv6(address)}%${zone}` : canonicalIpv6(address);
  // A URL would read more than a host in them.
  if (/[@/?#:\\\s]/.test(bare)) return bare;
  try {
    return new URL(`http://${bare.replace(/\.$/, '')}/`).hostname.replace(/\.$/, '');
  } catch {
    return bare;
  }
}

/** The shortest form, with the groups in hexadecimal: `::ffff:127.0.0.1` becomes `::ffff:7f00:1`. */
function canonicalIpv6(address: string): string {
  return new URL(`http://[${address}]/`).hostname.slice(1, -1);
}

/** The eight groups of 16 bits of an IPv6 address without zone, in the form of {@link canonicalHost}. */
export function ipv6Groups(address: string): number[] {
  const [head = '', tail] = canonicalIpv6(address).split('::', 2);
  const left = head === '' ? [] : head.split(':');
  const right = tail ? tail.split(':') : [];
  const zeros = tail === undefined ? 0 : 8 - left.length - right.length;
  return [...left, ...Array<string>(zeros).fill('0'), ...right].map((group) => Number.parseInt(group, 16));
}
