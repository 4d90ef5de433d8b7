import { createHash, randomBytes } from 'node:crypto';

/** What a camera asks for in a WWW-Authenticate header. Texts are as between the quotes, byte for byte. */
export interface Challenge {
  scheme: 'basic' | 'digest';
  realm: string;
  nonce: string;
  opaque: string | null;
  /** As it is named in the header; null where it is left out, which means MD5. */
  algorithm: string | null;
  /** True: a counter and a nonce of ours go into the digest (RFC 7616 qop=auth). */
  counted: boolean;
  /** The nonce was too old, and nothing else wrong. */
  stale: boolean;
}

const HASHES: Record<string, string> = { MD5: 'md5', 'SHA-256': 'sha256' };

/**
 * Reads what a camera offers, and chooses the best of it: SHA-256 before MD5, both before Basic.
 *
 * @param values of all WWW-Authenticate headers; each may hold more than one challenge
 * @returns null where nothing of it is known
 */
export function bestChallenge(values: string[]): Challenge | null {
  const known = values.flatMap(offersIn).flatMap((offer) => asChallenge(offer) ?? []);
  return known.sort((a, b) => strength(b) - strength(a))[0] ?? null;
}

function strength({ scheme, algorithm }: Challenge): number {
  if (scheme === 'basic') return 0;
  return algorithm?.toUpperCase() === 'SHA-256' ? 2 : 1;
}

interface Offer {
  scheme: string;
  fields: Map<string, string>;
}

/** A word with an equals sign is a parameter, any other begins the next challenge. */
const WORD = /([\w-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,]*))|([A-Za-z][\w-]*)/g;

function offersIn(value: string): Offer[] {
  const offers: Offer[] = [];
  for (const [, name = '', quoted, bare, scheme] of value.matchAll(WORD)) {
    if (scheme !== undefined) offers.push({ scheme: scheme.toLowerCase(), fields: new Map() });
    else offers.at(-1)?.fields.set(name.toLowerCase(), quoted ?? bare ?? '');
  }
  return offers;
}

function asChallenge({ scheme, fields }: Offer): Challenge | null {
  const algorithm = fields.get('algorithm') ?? null;
  const qop = fields.get('qop');
  const counted = qop?.split(',').some((each) => each.trim().toLowerCase() === 'auth') ?? false;
  if (scheme === 'digest') {
    if (!HASHES[(algorithm ?? 'MD5').toUpperCase()] || !fields.has('nonce')) return null;
    // auth-int alone: no camera is known that wants it.
    if (qop && !counted) return null;
  } else if (scheme !== 'basic') return null;
  return {
    scheme,
    realm: fields.get('realm') ?? '',
    nonce: fields.get('nonce') ?? '',
    opaque: fields.get('opaque') ?? null,
    algorithm,
    counted,
    stale: fields.get('stale')?.toLowerCase() === 'true',
  };
}

/** For a request. */
export interface Asked {
  method: string;
  /** As in the first line of the request. */
  url: string;
}

/** For qop=auth. */
export interface Count {
  /** From 1 up with each use of a nonce. */
  uses: number;
  /** Of ours, unguessable. */
  cnonce: string;
}

/**
 * The value of an Authorization header, as a byte string.
 *
 * @param user and password as UTF-8 byte strings, see {@link utf8Bytes}
 */
export function authorization(
  challenge: Challenge,
  { user, password }: { user: string; password: string },
  { method, url }: Asked,
  { uses, cnonce }: Count,
): string {
  if (challenge.scheme === 'basic')
    return `Basic ${Buffer.from(`${user}:${password}`, 'latin1').toString('base64')}`;
  const { realm, nonce, algorithm, opaque, counted } = challenge;
  const hash = (text: string) =>
    createHash(HASHES[(algorithm ?? 'MD5').toUpperCase()] ?? 'md5')
      .update(text, 'latin1')
      .digest('hex');
  const nc = uses.toString(16).padStart(8, '0');
  const middle = counted ? `${nonce}:${nc}:${cnonce}:auth` : nonce;
  const response = hash(`${hash(`${user}:${realm}:${password}`)}:${middle}:${hash(`${method}:${url}`)}`);
  return [
    `Digest username="${user.replace(/["\\]/g, '\\$&')}"`,
    `realm="${realm}"`,
    `nonce="${nonce}"`,
    `uri="${url}"`,
    `response="${response}"`,
    ...(algorithm === null ? [] : [`algorithm=${algorithm}`]),
    ...(opaque === null ? [] : [`opaque="${opaque}"`]),
    ...(counted ? ['qop=auth', `nc=${nc}`, `cnonce="${cnonce}"`] : []),
  ].join(', ');
}

/** A text as the bytes that go out: one character a byte. */
export function utf8Bytes(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}

/** How a request was sent. */
export interface Try {
  /** The nonce that it was answered to; null: without login. Basic has ''. */
  nonce: string | null;
  /** A request with this login had been accepted before. */
  proven: boolean;
  /** It was sent again with a new nonce once already. */
  renewed: boolean;
}

/** What to do about a 401. */
export type AfterRefusal = 'send-again' | 'no-credentials' | 'unknown-scheme' | 'wrong-password';

export interface LoginOptions {
  user: string;
  password: string;
  /** Random bytes, as of node:crypto. */
  random?: (bytes: number) => Buffer;
}

/** The login at one camera over one connection: what it asked for, and whether it has accepted us. */
export class Login {
  readonly #user: string;
  readonly #password: string;
  readonly #random: (bytes: number) => Buffer;
  #challenge: Challenge | null = null;
  #uses = 0;
  #proven = false;

  constructor({ user, password, random = randomBytes }: LoginOptions) {
    this.#user = utf8Bytes(user);
    this.#password = utf8Bytes(password);
    this.#random = random;
  }

  /** For the next try of a request: its header, or null as long as the camera has not asked. */
  next(asked: Asked): { header: string | null; nonce: string | null; proven: boolean } {
    const challenge = this.#challenge;
    if (!challenge) return { header: null, nonce: null, proven: false };
    this.#uses += 1;
    const count = { uses: this.#uses, cnonce: this.#random(8).toString('hex') };
    const who = { user: this.#user, password: this.#password };
    const header = authorization(challenge, who, asked, count);
    return { header, nonce: challenge.nonce, proven: this.#proven };
  }

  /** A request with login was not refused for it. */
  accepted(nonce: string): void {
    if (this.#challenge?.nonce === nonce) this.#proven = true;
  }

  /**
   * A request was answered 401. Each wrong login counts towards a lock-out, so a fresh one is tried once only: what
   * was refused is sent again only where an old nonce may be the reason.
   */
  refused(values: string[], { nonce, proven, renewed }: Try): AfterRefusal {
    const challenge = bestChallenge(values);
    if (this.#user === '' && this.#password === '') return 'no-credentials';
    if (nonce === null) {
      if (!challenge) return 'unknown-scheme';
    } else {
      const isRenewal = challenge?.scheme === 'digest' && challenge.nonce !== nonce;
      if (!challenge || renewed || !(challenge.stale || (proven && isRenewal))) return 'wrong-password';
    }
    this.#challenge = challenge;
    this.#uses = 0;
    this.#proven = false;
    return 'send-again';
  }
}
