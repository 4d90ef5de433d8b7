import net from 'node:net';
import type { Clock } from '../../shared/clock';
import { asError, CameraError } from '../../shared/errors';
import type { TlsTrust } from '../source';
import { Deadline } from './deadline';
import { canonicalHost } from './host';
import { type Lookup, NameLookup, sharedNames } from './name-lookup';
import { networkError } from './network-error';
import type { NetPolicy } from './policy';
import { secure } from './secure';

/** Where a connection shall go. */
export interface Target {
  /** Name or address, IPv6 with or without brackets. */
  host: string;
  /** 1 to 65535. */
  port: number;
  /** null: no TLS. */
  tls: TlsTrust | null;
  /** Who named it: the user, in the settings; or a server, in a redirect, a playlist, a Content-Base. */
  origin: 'user' | 'server';
  /** The server that named it is on this machine itself: only then it may lead to loopback. */
  fromLoopback?: boolean;
}

/** Makes connections by this machine's rules. */
export interface Connector {
  /**
   * @param signal gives up: the promise then rejects with its reason
   * @returns a connected socket without delay (Nagle's), without listeners; over TLS the certificate has been checked
   * @throws CameraError CAMERA_NETWORK, CAMERA_REFUSED (the rules), CAMERA_TLS
   */
  connect(target: Target, signal?: AbortSignal): Promise<net.Socket>;
}

export interface NetConnectorOptions {
  clock: Clock;
  policy: NetPolicy;
  /** For look-up, connection and TLS handshake together, in milliseconds; 10,000 unless given. */
  timeoutMs?: number;
  /** In place of the machine's name look-up. */
  lookup?: Lookup;
}

/** As long as go2rtc's and gortsplib's 5 to 10 s (reference/ingest.md §1 row 4). */
export const CONNECT_TIMEOUT_MS = 10_000;
/** A name has one or two addresses as a rule; each that is tried has its part of the time. */
const MAX_ADDRESSES = 4;

/** Connects over the network: every address that a name gives is checked, and the one that was checked is used. */
export class NetConnector implements Connector {
  readonly #clock: Clock;
  readonly #policy: NetPolicy;
  readonly #timeoutMs: number;
  readonly #names: NameLookup;

  constructor({ clock, policy, timeoutMs = CONNECT_TIMEOUT_MS, lookup }: NetConnectorOptions) {
    this.#clock = clock;
    this.#policy = policy;
    this.#timeoutMs = timeoutMs;
    this.#names = lookup ? new NameLookup(lookup) : sharedNames;
  }

  async connect(target: Target, signal?: AbortSignal): Promise<net.Socket> {
    const deadline = new Deadline(this.#clock, this.#timeoutMs, signal);
    try {
      const addresses = await this.#addresses(target, deadline);
      const socket = await this.#reach(addresses, target, deadline);
      return target.tls ? await secure(socket, target, target.tls, deadline) : socket;
    } finally {
      deadline.done();
    }
  }

  /** Addresses of the target that the rules allow. */
  async #addresses(target: Target, deadline: Deadline): Promise<string[]> {
    const host = canonicalHost(target.host);
    let addresses = [host];
    if (net.isIP(host) === 0) {
      deadline.waitsFor = `The look-up of the name ${host} got no answer`;
      addresses = await this.#names.resolve(host, deadline.signal);
    }
    const refusals = addresses.map((address) => this.#policy.refusal(address, host, target));
    const allowed = addresses.filter((_, index) => refusals[index] === null);
    if (allowed.length > 0) return allowed.slice(0, MAX_ADDRESSES);
    throw new CameraError('CAMERA_REFUSED', refusals[0] ?? `The name ${host} has no address.`, {
      advice: 'If it is meant, add the host or its network to the allowed hosts.',
    });
  }

  /** One after the other, until one answers: a name often has an IPv6 address that leads nowhere. */
  async #reach(addresses: string[], target: Target, deadline: Deadline): Promise<net.Socket> {
    const where = `${target.host} on port ${target.port}`;
    let failure: Error | null = null;
    for (const [index, address] of addresses.entries()) {
      const limitMs = deadline.leftMs / (addresses.length - index);
      deadline.waitsFor = `${where} does not answer`;
      try {
        return await this.#dial(address, target.port, limitMs, deadline.signal);
      } catch (error) {
        deadline.signal.throwIfAborted();
        failure ??= asError(error);
      }
    }
    throw networkError(failure, where);
  }

  #dial(host: string, port: number, limitMs: number, signal: AbortSignal): Promise<net.Socket> {
    return new Promise((resolve, reject) => {
      signal.throwIfAborted();
      const socket = net.connect({ host, port, noDelay: true, autoSelectFamily: false });
      const settle = (finish: () => void) => {
        timer.clear();
        signal.removeEventListener('abort', onAbort);
        socket.off('error', fail).off('connect', onConnect);
        finish();
      };
      const fail = (error: Error) => {
        // A destroyed socket may still tell an error, and what nobody hears would end the process.
        settle(() => socket.on('error', () => {}).destroy());
        reject(error);
      };
      const onAbort = () => fail(asError(signal.reason));
      const timer = this.#clock.setTimeout(
        () => fail(Object.assign(new Error('timed out'), { code: 'ETIMEDOUT' })),
        limitMs,
      );
      signal.addEventListener('abort', onAbort, { once: true });
      const onConnect = () => settle(() => resolve(socket));
      socket.once('error', fail).once('connect', onConnect);
    });
  }
}
