import { asError } from '../shared/errors';
import { oddAnswer, redirected } from './failure';

type Fetch = typeof globalThis.fetch;

/** All that an answer needs; the package's own headers tell the machine's platform, and the environment's may hold a key for another host. */
const SENT_HEADERS = ['accept', 'authorization', 'content-type', 'user-agent'];
/** An answer of 300 tokens is about 2 kB; a server that sends more than this is not one. */
const MAX_BODY_CHARS = 1_000_000;

/**
 * Fetch as the model client needs it: no redirect is followed (the key must not travel), only the headers that
 * are needed are sent, the body has been read whole when it returns (so that a signal covers it) and has a
 * limit, and an error body in an array (Gemini) is unwrapped, because the package would throw it away.
 *
 * @param withKey false: no authorization is sent
 * @throws CallFailure for a redirect or an answer that is no JSON
 */
export function strictFetch(fetch: Fetch, withKey: boolean): Fetch {
  return async (url, init) => {
    // `error` and not `manual`: with that, Node's fetch makes a second stream of each picture, for the next address.
    const headers = sentHeaders(init?.headers, withKey);
    const response = await fetch(url, { ...init, headers, redirect: 'error' }).catch(failed);
    const text = await readBody(response);
    return answerOf(response, response.ok ? parsed(text) : unwrapped(text));
  };
}

/** The words of Node's fetch, in all versions so far; others would be told as a failure of the network. */
function failed(thrown: unknown): never {
  if (asError(asError(thrown).cause).message === 'unexpected redirect') throw redirected();
  throw thrown;
}

/**
 * An answer that has been read, as far as the package looks at it. A Response would make a stream of the text again,
 * which costs more than all of our own work on a call.
 */
function answerOf({ status, ok, url, headers }: Response, body: Body): Response {
  const read = { status, ok, url, headers: asJson(headers), body: null };
  const answer = { ...read, text: async () => body.text, json: async () => body.json };
  return answer as unknown as Response;
}

interface Body {
  text: string;
  /** undefined where it is none. */
  json: unknown;
}

/** The package reads an answer as JSON only where the header says so, and not every server does. */
function asJson(received: Headers): Headers {
  if (received.get('content-type')?.startsWith('application/json')) return received;
  const headers = new Headers(received);
  headers.set('content-type', 'application/json');
  return headers;
}

function sentHeaders(headers: RequestInit['headers'], withKey: boolean): Headers {
  const all = headers instanceof Headers ? headers : new Headers(headers);
  const sent = new Headers();
  for (const name of SENT_HEADERS) {
    const value = all.get(name);
    if (value !== null && (withKey || name !== 'authorization')) sent.set(name, value);
  }
  return sent;
}

async function readBody(response: Response): Promise<string> {
  if (!response.body) return '';
  const reader = response.body.getReader();
  const decoder = new TextDecoder();
  let text = '';
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return text + decoder.decode();
    text += decoder.decode(value, { stream: true });
    if (text.length > MAX_BODY_CHARS) {
      await reader.cancel();
      throw oddAnswer(`more than ${MAX_BODY_CHARS} characters`);
    }
  }
}

function parsed(text: string): Body {
  try {
    return { text, json: JSON.parse(text) };
  } catch {
    throw oddAnswer(`no JSON but ${text.length} characters of something else`);
  }
}

function unwrapped(text: string): Body {
  try {
    const json: unknown = JSON.parse(text);
    if (!Array.isArray(json)) return { text, json };
    const first: unknown = json[0] ?? {};
    return { text: JSON.stringify(first), json: first };
  } catch {
    return { text, json: undefined };
  }
}
