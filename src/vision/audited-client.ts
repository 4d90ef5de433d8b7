import { webcrypto } from 'node:crypto';
import type { Clock } from '../shared/clock';
import { StageError } from '../shared/errors';
import { isoTime } from '../shared/time';
import type { AuditEntry } from './audit-log';
import { untilAborted } from './call';
import type { VisionClient, VisionReply, VisionRequest } from './client';
import { costOf } from './cost';
import { CallFailure } from './failure';
import { cameraOfLane } from './lane';
import { type PriceTable, priceOf } from './prices';
import { sentPictures } from './series';

/** A line of the audit log: that a picture was sent, never what was in it or in the prompt. */
export interface AuditLine {
  /** When it was sent, and when it was captured: ISO 8601, UTC. */
  time: string;
  captured: string;
  camera: string;
  endpoint: string;
  /** As the server names it, where it answered. */
  model: string;
  /** Of each picture that was sent. */
  pictures: { bytes: number; sha256: string }[];
  /** Tokens, as the server told them; null where it did not. */
  input: number | null;
  output: number | null;
  /** In the currency of the prices; null where it is not known. */
  cost: number | null;
  ms: number;
  /** `OK`: there is an answer · `GIVEN_UP`: by us · else what vision-llm tells. */
  code: string;
}

export interface AuditedClientParts {
  client: VisionClient;
  clock: Clock;
  /** Of the endpoint, as the user calls it. */
  name: string;
  prices: readonly PriceTable[];
  push(entry: AuditEntry): void;
}

/** A camera's and a model's name may come by message: a line stays short. */
const MAX_NAME_CHARS = 200;

/** A client that notes each attempt. */
export class AuditedClient implements VisionClient {
  readonly isThere?: VisionClient['isThere'];
  readonly forget?: VisionClient['forget'];
  readonly #parts: AuditedClientParts;
  readonly #open = new Set<Promise<void>>();

  constructor(parts: AuditedClientParts) {
    this.#parts = parts;
    const { client } = parts;
    this.isThere = client.isThere?.bind(client);
    this.forget = client.forget?.bind(client);
  }

  ask(request: VisionRequest, signal: AbortSignal): Promise<VisionReply> {
    const { client, clock } = this.#parts;
    const [time, began] = [clock.now(), clock.monotonic()];
    const asked = client.ask(request, signal);
    const note = (reply: VisionReply | null, code: string) =>
      this.#note(request, reply, { code, time, ms: clock.monotonic() - began });
    // What was given up is noted at once, whenever the server lets go.
    const noted = untilAborted(asked, signal).then(
      (reply) => note(reply, codeOf(reply)),
      (thrown) => note(null, codeOfFailure(thrown)),
    );
    this.#open.add(noted);
    void noted.finally(() => this.#open.delete(noted));
    return asked;
  }

  /** Resolves when what was asked is noted. Call it when all calls have been ended. */
  async noted(): Promise<void> {
    await Promise.all(this.#open);
  }

  #note(
    request: VisionRequest,
    reply: VisionReply | null,
    { code, time, ms }: { code: string; time: number; ms: number },
  ): void {
    const { name, prices, push } = this.#parts;
    const usage = reply?.usage ?? null;
    const model = reply?.model ?? request.model;
    const known = priceOf(prices, model) ?? priceOf(prices, request.model);
    const sent = sentPictures(request);
    const line = {
      time: isoTime(time),
      captured: isoTime(request.time),
      camera: cameraOfLane(request.lane).slice(0, MAX_NAME_CHARS),
      endpoint: name.slice(0, MAX_NAME_CHARS),
      model: model.slice(0, MAX_NAME_CHARS),
      input: usage?.input ?? null,
      output: usage?.output ?? null,
      cost: known && costOf(usage, known),
      ms: Math.round(ms),
      code,
    };
    push(
      Promise.all(sent.map(({ data }) => printOf(data))).then(
        (pictures): AuditLine => ({ ...line, pictures }),
      ),
    );
  }
}

async function printOf(data: Buffer): Promise<AuditLine['pictures'][number]> {
  // On a thread of its own: a picture of megabytes would hold up the event loop.
  const digest = await webcrypto.subtle.digest('SHA-256', data);
  return { bytes: data.length, sha256: Buffer.from(digest).toString('hex') };
}

function codeOf({ refusal, finish }: VisionReply): string {
  if (refusal !== null) return 'VISION_REFUSED';
  return { stop: 'OK', length: 'VISION_TRUNCATED', filtered: 'VISION_FILTERED' }[finish];
}

function codeOfFailure(thrown: unknown): string {
  if (thrown instanceof CallFailure) return thrown.error.code;
  return thrown instanceof StageError ? thrown.code : 'GIVEN_UP';
}
