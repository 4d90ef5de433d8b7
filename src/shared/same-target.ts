/** Ports that an address leaves out: URL knows those of http and https only. */
const PORTS: Record<string, string> = { 'http:': '80', 'https:': '443', 'rtsp:': '554', 'rtsps:': '322' };

/**
 * Whether two addresses lead to the same server: scheme, host and port. A secret that was stored for one may be
 * used for the other only then.
 */
export function isSameTarget(one: string, other: string): boolean {
  const target = targetOf(one);
  return target !== null && target === targetOf(other);
}

function targetOf(address: string): string | null {
  if (!URL.canParse(address)) return null;
  const { protocol, hostname, port } = new URL(address);
  if (hostname === '') return null;
  return `${protocol}//${hostname.toLowerCase()}:${port || (PORTS[protocol] ?? '')}`;
}
