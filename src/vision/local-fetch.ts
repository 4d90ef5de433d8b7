import dns from 'node:dns';
import http from 'node:http';
import https from 'node:https';
import net from 'node:net';
import { Readable } from 'node:stream';
import { VisionError } from '../shared/errors';
import { isPrivateAddress } from '../shared/private-address';
import { REDIRECT_STATUSES } from '../shared/redirect-statuses';
import { CallFailure, redirected } from './failure';

type Lookup = net.LookupFunction;

/**
 * A fetch that connects only to loopback and private addresses. Judged is the very address that is connected to, not
 * the name: a name may lead elsewhere a moment later. Does what a call to a model needs, no more: a body is text or
 * bytes, and no redirect is followed: with `redirect: 'manual'` it is the answer.
 *
 * @param lookup for tests; the machine's own otherwise
 * @throws CallFailure for an address that is public, and for a redirect where it is not asked for by `manual`
 */
export function localFetch(lookup: Lookup = dns.lookup as Lookup): typeof globalThis.fetch {
  return (input, init) =>
    new Promise((resolve, reject) => {
      const url = new URL(input instanceof Request ? input.url : input);
      const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
      // No name is looked up for an address.
      if (net.isIP(host) && !isPrivateAddress(host)) return reject(notLocal(host));
      const body = sendable(init?.body);
      const request: typeof http.request = url.protocol === 'https:' ? https.request : http.request;
      const asked = request(
        url,
        {
          method: init?.method ?? 'GET',
          headers: plain(new Headers(init?.headers)),
          signal: init?.signal ?? undefined,
          lookup: guarded(lookup),
          // A connection of its own: one that other code has left open to the name was never judged.
          agent: false,
        },
        (response) => {
          const status = response.statusCode ?? 500;
          if (REDIRECT_STATUSES.has(status) && init?.redirect !== 'manual') {
            response.destroy();
            return reject(redirected());
          }
          const headers = new Headers();
          for (const [name, value] of Object.entries(response.headers)) headers.set(name, String(value));
          const isEmpty = status === 204 || status === 304;
          const answer = Readable.toWeb(response) as ReadableStream<Uint8Array>;
          resolve(new Response(isEmpty ? null : answer, { status, headers }));
        },
      );
      asked.on('error', (error) => reject(error));
      asked.end(body);
    });
}

/** What cannot be sent is never left out: a server would answer all the same, to nothing. */
function sendable(body: RequestInit['body']): string | Uint8Array | undefined {
  if (body === undefined || body === null) return undefined;
  if (typeof body === 'string' || body instanceof Uint8Array) return body;
  throw new TypeError('a request for a local server must be text or bytes');
}

function plain(headers: Headers): Record<string, string> {
  const all: Record<string, string> = {};
  headers.forEach((value, name) => {
    all[name] = value;
  });
  return all;
}

/** A look-up whose answer holds no public address. */
function guarded(lookup: Lookup): Lookup {
  return (hostname, options, callback) =>
    lookup(hostname, options, (error, address, family) => {
      const all = Array.isArray(address) ? address.map((one) => one.address) : [address];
      const wrong = error ? undefined : all.find((one) => !isPrivateAddress(one));
      if (wrong !== undefined) callback(notLocal(hostname), '', 0);
      else callback(error, address, family);
    });
}

function notLocal(host: string): CallFailure {
  return new CallFailure(
    'standing',
    new VisionError(
      'VISION_NOT_LOCAL',
      `The vision server ${host.slice(0, 80)} is not in the local network.`,
      {
        advice:
          'Use a server with a loopback or private address, or switch "Local only" off in the endpoint.',
      },
    ),
  );
}
