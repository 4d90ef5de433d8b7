import net from 'node:net';

/** RFC 1918 and RFC 4193, and a machine's own addresses. */
const PRIVATE: [address: string, prefix: number, family: 'ipv4' | 'ipv6'][] = [
  ['127.0.0.0', 8, 'ipv4'],
  ['10.0.0.0', 8, 'ipv4'],
  ['172.16.0.0', 12, 'ipv4'],
  ['192.168.0.0', 16, 'ipv4'],
  ['::1', 128, 'ipv6'],
  ['fc00::', 7, 'ipv6'],
];

const list = new net.BlockList();
for (const [address, prefix, family] of PRIVATE) list.addSubnet(address, prefix, family);

/** Whether an IP address is loopback or private: whoever is there is on this machine or in its own network. */
export function isPrivateAddress(address: string): boolean {
  const family = net.isIP(address);
  // An IPv4 address inside an IPv6 one (::ffff:10.0.0.1) is judged as what it is.
  return family !== 0 && list.check(address, family === 6 ? 'ipv6' : 'ipv4');
}
