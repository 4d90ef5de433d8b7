import type { IncomingHttpHeaders } from 'node:http';
import type { NodeAPI } from 'node-red';
import { type Clock, systemClock } from '../../src/shared/clock';
import { asError, StageError } from '../../src/shared/errors';

/** Sent by the dialogs: a page of another origin would have to ask the browser for leave to set it. */
export const GUARD_HEADER = 'x-video-to-llm';

/** One thing that a dialog lets the runtime do for it, such as trying a key. */
export interface GuardedEndpointOptions {
  /** Below the editor's own root, such as `/video-to-llm/vision-endpoint/test`. */
  path: string;
  /** What the user must be allowed to do, such as `vision-endpoint.write`. */
  permission: string;
  /** Runs within {@link RATE_MS}; more are refused. Default 10. */
  most?: number;
  /**
   * Does it.
   *
   * @param body what the dialog sent
   * @param signal aborts when the dialog has gone
   * @returns plain data; a StageError that is thrown is told to the dialog as `error`
   */
  run(body: Record<string, unknown>, signal: AbortSignal): Promise<object>;
  /** For tests. */
  clock?: Clock;
}

/** The part of Express that is used. */
interface Request {
  headers: IncomingHttpHeaders;
  body?: unknown;
}
interface Response {
  status(code: number): Response;
  set(headers: Record<string, string>): Response;
  json(body: object): void;
  once(event: 'close', listener: () => void): void;
  writableEnded: boolean;
}

/** Somebody who presses a button waits for what it does: more than this is no person. */
const DEFAULT_MOST = 10;
const RATE_MS = 60_000;
/** Runs at the same time. */
const MOST_AT_ONCE = 2;

/**
 * Offers a dialog a way to have something done by the runtime. Node-RED answers every origin's request with
 * "Access-Control-Allow-Origin: *" and needs no login unless one is set, so a page anywhere could use what the
 * browser of an integrator reaches. Therefore: POST only, with a header of its own, from the editor's own origin,
 * by who may change such a node, and not often.
 */
export function guardedEndpoint(RED: NodeAPI, options: GuardedEndpointOptions): void {
  const { path, permission, most = DEFAULT_MOST, run, clock = systemClock } = options;
  let started: number[] = [];
  let running = 0;
  // Node-RED without an editor has no admin server.
  RED.httpAdmin?.post(
    path,
    RED.auth.needsPermission(permission),
    async (request: Request, response: Response) => {
      response.set({ 'Cache-Control': 'no-store' });
      const refused = refusal(request);
      if (refused) return response.status(403).json({ error: { code: 'REFUSED', message: refused } });
      const now = clock.monotonic();
      started = started.filter((at) => at > now - RATE_MS);
      if (started.length >= most || running >= MOST_AT_ONCE) {
        const message = 'This was tried too often: wait a minute.';
        return response.status(429).json({ error: { code: 'TOO_OFTEN', message } });
      }
      started.push(now);
      running += 1;
      const abort = new AbortController();
      response.once('close', () => {
        if (!response.writableEnded) abort.abort(new Error('The dialog has gone.'));
      });
      try {
        response.json(await run(request.body as Record<string, unknown>, abort.signal));
      } catch (thrown) {
        response.json({ error: described(asError(thrown)) });
      } finally {
        running -= 1;
      }
    },
  );
}

/** Why a request is not taken; null where it may be. */
function refusal({ headers, body }: Request): string | null {
  if (headers[GUARD_HEADER] === undefined) return `The header ${GUARD_HEADER} is missing.`;
  if (!isSameOrigin(headers)) return 'The request does not come from this editor.';
  // What else a form could send, the parser of bodies leaves aside without a word.
  const isJson = /^application\/json\b/i.test(headers['content-type'] ?? '');
  if (!isJson || typeof body !== 'object' || body === null || Array.isArray(body))
    return 'The body is not a JSON object.';
  return null;
}

function isSameOrigin(headers: IncomingHttpHeaders): boolean {
  // Set by the browser itself, and no page can change it. Behind a proxy that renames the host it is all there is.
  const site = headers['sec-fetch-site'];
  if (site !== undefined) return site === 'same-origin';
  const from = headers.origin ?? headers.referer;
  if (typeof from !== 'string' || !URL.canParse(from)) return false;
  return new URL(from).host === headers.host;
}

function described(error: Error): object {
  // Anything else is a defect of ours, and its words may hold what was sent.
  if (!(error instanceof StageError)) return { code: 'INTERNAL', message: 'This did not work.' };
  const { code, message, cause } = error;
  return { code, message, cause };
}
