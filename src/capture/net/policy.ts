import net from 'node:net';
import { ConfigError } from '../../shared/errors';
import { canonicalHost, ipv6Groups } from './host';

/** Where connections may go. */
export interface NetPolicyOptions {
  /**
   * Addresses (`192.168.1.20`), networks (`192.168.0.0/16`, `fd00::/8`), names (`cam.example.com`) and names below
   * one (`*.example.com`). Empty: everywhere but what is refused by default.
   */
  allowedHosts: readonly string[];
}

/** Who named an address, as in `Target`. */
export interface Origin {
  origin: 'user' | 'server';
  fromLoopback?: boolean;
}

/** A list longer than this is a mistake. */
const MAX_ENTRIES = 1000;

/** A network: all addresses that begin with the same bits. */
interface Range {
  address: string;
  family: 'ipv4' | 'ipv6';
  /** Bits. */
  prefix: number;
  list: net.BlockList;
}

/**
 * One policy for all connections to cameras. Link-local, metadata, unspecified, multicast and broadcast addresses are
 * refused, unless an entry names that very address or a network within the refused one: `0.0.0.0/0` does not open
 * the metadata service, `169.254.1.5` opens that address. A name in the list never opens a refused address, as
 * whoever runs its name server could then choose.
 */
export class NetPolicy {
  readonly #ranges: Range[] = [];
  readonly #names = new Set<string>();
  /** Each begins with a dot. */
  readonly #suffixes: string[] = [];

  /** @throws ConfigError CONFIG_INVALID, which names the entry that cannot be understood */
  constructor({ allowedHosts }: NetPolicyOptions) {
    if (allowedHosts.length > MAX_ENTRIES) throw invalid(`More than ${MAX_ENTRIES} allowed hosts`);
    for (const entry of allowedHosts) this.#add(entry);
  }

  /**
   * Says why a connection is not allowed; null where it is.
   *
   * @param address IPv4 or IPv6, the one to be connected to
   * @param host as it was named: the name that has this address, or the address itself
   */
  refusal(address: string, host: string, from: Origin): string | null {
    const forms = formsOf(address);
    const [own] = forms;
    if (!own) return `${host} is not an address.`;
    const where = host === address ? address : `${host} (${address})`;
    for (const [what, refused] of REFUSED) {
      const hit = forms.find((form) => contains(refused, form));
      if (hit && !this.#opens(refused, hit)) return `${where} is ${what}, where no connection is made.`;
    }
    if (from.origin === 'server' && !from.fromLoopback && forms.some((form) => isLoopback(form))) {
      return `A server leads to this machine itself (${where}), which is not allowed.`;
    }
    if (this.#isEmpty || this.#allowsName(host) || this.#ranges.some((range) => contains(range, own))) {
      return null;
    }
    return `${where} is not among the allowed hosts.`;
  }

  get #isEmpty(): boolean {
    return this.#ranges.length + this.#names.size + this.#suffixes.length === 0;
  }

  #add(entry: string): void {
    const text = entry.trim();
    const [host = '', prefix, more] = text.split('/');
    const canonical = canonicalHost(host);
    if (net.isIP(canonical)) {
      const bits = prefix ?? (net.isIPv4(canonical) ? '32' : '128');
      if (more !== undefined || !/^\d+$/.test(bits)) throw invalid(`"${text}" is not a network`);
      this.#ranges.push(rangeOf(canonical, Number(bits), text));
      return;
    }
    const isBelow = host.startsWith('*.');
    const name = canonicalHost(isBelow ? host.slice(2) : host);
    if (prefix !== undefined || !NAME.test(name) || net.isIP(name)) throw invalid(`"${text}" is not a host`);
    if (isBelow) this.#suffixes.push(`.${name}`);
    else this.#names.add(name);
  }

  #allowsName(host: string): boolean {
    const name = canonicalHost(host);
    return this.#names.has(name) || this.#suffixes.some((suffix) => name.endsWith(suffix));
  }

  /** Whether an entry within a refused network holds the address. */
  #opens(refused: Range, address: string): boolean {
    return this.#ranges.some(
      (range) =>
        range.family === refused.family &&
        range.prefix >= refused.prefix &&
        contains(refused, range.address) &&
        contains(range, address),
    );
  }
}

/** Labels of letters, digits, hyphens and the underscores that people do use; the last is no number. */
const NAME = /^(?!.*(^|\.)\d+$)[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*$/;

function invalid(what: string): ConfigError {
  return new ConfigError('CONFIG_INVALID', `${what}: the list of allowed hosts cannot be used.`, {
    advice: 'Write addresses, networks such as 192.168.0.0/16, names, or *.example.com.',
  });
}

/** The address, and the IPv4 address that is inside it, if any: both are judged. */
function formsOf(address: string): string[] {
  const [bare = ''] = canonicalHost(address).split('%');
  if (net.isIPv4(bare)) return [bare];
  if (!net.isIPv6(bare)) return [];
  const groups = ipv6Groups(bare);
  // The same host, only written for an IPv6 socket.
  if (isMapped(groups)) return [ipv4Of(groups, 6)];
  return [bare, ...embedded(groups)];
}

/** ::ffff:0:0/96, RFC 4291 section 2.5.5.2. */
function isMapped(groups: number[]): boolean {
  return groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff;
}

function embedded(groups: number[]): string[] {
  const [first = 0, second = 0, third = 0, fourth = 0, fifth = 0, sixth = 0] = groups;
  // NAT64's own prefix (RFC 6052), and translated addresses (::ffff:0:a.b.c.d, RFC 2765).
  const isNat64 = first === 0x64 && second === 0xff9b && third === 0;
  const isTranslated = first + second + third + fourth === 0 && fifth === 0xffff && sixth === 0;
  // IPv4-compatible, RFC 4291 section 2.5.5.1; :: and ::1 are not meant.
  const isCompatible = groups.slice(0, 6).every((group) => group === 0) && groups[6] !== 0;
  if (isNat64 || isTranslated || isCompatible) return [ipv4Of(groups, 6)];
  // NAT64 within a network (RFC 8215): a prefix of 96 bits, or of 48, where bits 64 to 71 are left out (RFC 6052).
  if (first === 0x64 && second === 0xff9b && third === 1) {
    const inner = ((fifth & 0xff) << 8) | (sixth >> 8);
    return [ipv4Of(groups, 6), ipv4Of([fourth, inner], 0)];
  }
  // 6to4, RFC 3056.
  return first === 0x2002 ? [ipv4Of(groups, 1)] : [];
}

function ipv4Of(groups: number[], at: number): string {
  const [high = 0, low = 0] = groups.slice(at, at + 2);
  return [high >> 8, high & 0xff, low >> 8, low & 0xff].join('.');
}

function isLoopback(address: string): boolean {
  return LOOPBACK.some((range) => contains(range, address));
}

function contains({ family, list }: Range, address: string): boolean {
  return (net.isIPv4(address) ? 'ipv4' : 'ipv6') === family && list.check(address, family);
}

function rangeOf(address: string, prefix: number, text = address): Range {
  const [form = ''] = formsOf(address);
  const family = net.isIPv4(form) ? 'ipv4' : 'ipv6';
  const isMappedNetwork = family === 'ipv4' && !net.isIPv4(address);
  const bits = isMappedNetwork ? prefix - 96 : prefix;
  if (bits < 0 || bits > (family === 'ipv4' ? 32 : 128) || address.includes('%')) {
    throw invalid(`"${text}" is not a network`);
  }
  const list = new net.BlockList();
  list.addSubnet(form, bits, family);
  return { address: form, family, prefix: bits, list };
}

const LOOPBACK = [rangeOf('127.0.0.0', 8), rangeOf('::1', 128)];

/** What leads to no camera, or to what no camera is: RFC 6890, and the addresses at which clouds keep secrets. */
const REFUSED: [what: string, range: Range][] = [
  ['the metadata service of a cloud', rangeOf('169.254.169.254', 32)],
  ['the metadata service of a cloud', rangeOf('fd00:ec2::254', 128)],
  ['the metadata service of a cloud', rangeOf('fd20:ce::254', 128)],
  ['the metadata service of a cloud', rangeOf('100.100.100.200', 32)],
  ['a link-local address', rangeOf('169.254.0.0', 16)],
  ['a link-local address', rangeOf('fe80::', 10)],
  ['no address of a host', rangeOf('0.0.0.0', 8)],
  ['no address of a host', rangeOf('::', 128)],
  ['a multicast address', rangeOf('224.0.0.0', 4)],
  ['a multicast address', rangeOf('ff00::', 8)],
  ['the broadcast address', rangeOf('255.255.255.255', 32)],
];
