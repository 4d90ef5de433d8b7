import type { Clock } from '../shared/clock';
import { KeyedRunner } from '../shared/decider';
import { VisionError } from '../shared/errors';
import {
  type AdmissionEvent,
  type AdmissionOutput,
  type AdmissionState,
  admission,
  type DropReason,
  load,
} from './admission';
import { type CallOptions, type CallResult, makeCall } from './call';
import type { VisionClient, VisionRequest } from './client';
import type { Prices } from './cost';
import type { Slots } from './slots';

export interface EndpointOptions extends CallOptions {
  /** As the user calls it; goes on each answer. */
  name: string;
  /** Where a vision-llm node names none. */
  model: string;
  standIn: boolean;
  /** Calls in flight at once, over all nodes and cameras. 1 or more. */
  maxConcurrent: number;
  /** Shortest time between the starts of two calls. */
  minTimeMs: number;
  /** Oldest picture that is worth asking about, at the time of asking. */
  maxAgeMs: number;
  prices: Prices;
}

export interface EndpointParts {
  client: VisionClient;
  slots: Slots;
  clock: Clock;
  /** 0 to 1. */
  random(): number;
}

/** One picture to be asked about. */
export interface Job {
  request: VisionRequest;
  camera: string;
  /** See admission. */
  pinned: boolean;
  /** Age of the picture on arrival, in milliseconds. */
  ageMs: number;
}

/** What became of a job. */
export type Outcome =
  | CallResult
  /** `error` says more about stale and blocked ones. */
  | { kind: 'dropped'; reason: DropReason; error: VisionError | null };

/** A model that cannot be used is tried again this often. */
const BLOCK_MS = 60_000;
/** Our own deadline ends a call; Bottleneck's expiration, a little later, only frees what is stuck all the same. */
const EXPIRATION_MARGIN_MS = 2_000;
/** One queue, so one key. */
const QUEUE = 'queue';

interface Ticket {
  id: number;
  job: Job;
  abort: AbortController;
  resume(): void;
  settle(outcome: Outcome): void;
}

/**
 * Asks a model about pictures of many nodes and cameras: admission decides which is next, each call has one
 * deadline over all its attempts, and gives back its slot while it waits for the next attempt.
 */
export class Endpoint {
  readonly options: EndpointOptions;
  readonly #parts: EndpointParts;
  readonly #queue: KeyedRunner<AdmissionState, AdmissionEvent, AdmissionOutput>;
  readonly #tickets = new Map<number, Ticket>();
  /** Why a model is left alone, for the pictures that are dropped meanwhile. One entry a blocked model. */
  readonly #standing = new Map<string, VisionError>();
  #lastId = 0;
  #stopped = false;

  constructor(options: EndpointOptions, parts: EndpointParts) {
    this.options = options;
    this.#parts = parts;
    this.#queue = new KeyedRunner({
      step: admission({ slots: options.maxConcurrent, minTimeMs: options.minTimeMs, blockMs: BLOCK_MS }),
      clock: parts.clock,
      maxKeys: 1,
      onOutput: (_key, output) => this.#obey(output),
    });
  }

  /** The model to ask: the node's own where it names one; '' where nobody does. */
  modelFor(override: string): string {
    return this.options.standIn ? this.options.model : override || this.options.model;
  }

  /** Asks about a picture when its turn comes. Never rejects: each job has one outcome, also when all is stopped. */
  ask(job: Job): Promise<Outcome> {
    if (this.#stopped) return Promise.resolve({ kind: 'dropped', reason: 'closed', error: null });
    return new Promise((resolve) => {
      this.#lastId += 1;
      const id = this.#lastId;
      const settle = (outcome: Outcome) => {
        this.#tickets.delete(id);
        resolve(outcome);
      };
      this.#tickets.set(id, { id, job, abort: new AbortController(), resume: () => {}, settle });
      const { lane, model } = job.request;
      this.#decide({
        type: 'offer',
        candidate: { id, lane, camera: job.camera, model, pinned: job.pinned },
        askWithinMs: this.options.maxAgeMs - Math.max(0, job.ageMs),
      });
    });
  }

  /** Pictures that wait, and calls under way, of the lanes for which `lanes` is true. */
  load(lanes: (lane: string) => boolean): { waiting: number; asking: number } {
    return load(this.#queue.peek(QUEUE), lanes);
  }

  /** A node was closed: ends what it asked and forgets its lanes. A model that was left alone is tried again. */
  leave(lanes: (lane: string) => boolean): void {
    this.#decide({ type: 'leave', lanes });
    this.#parts.client.forget?.(lanes);
  }

  /** Ends everything: calls under way are aborted, each job gets its outcome, nothing runs afterwards. */
  stop(): void {
    this.#stopped = true;
    this.#queue.stop();
    for (const ticket of [...this.#tickets.values()]) this.#drop(ticket, 'closed');
    this.#parts.slots.stop();
  }

  #decide(event: AdmissionEvent): void {
    if (!this.#stopped) this.#queue.dispatch(QUEUE, event);
  }

  #obey(output: AdmissionOutput): void {
    const ticket = this.#tickets.get(output.id);
    if (!ticket) return;
    if (output.type === 'drop') this.#drop(ticket, output.reason);
    else if (output.type === 'resume') ticket.resume();
    else void this.#run(ticket);
  }

  #drop(ticket: Ticket, reason: DropReason): void {
    ticket.settle({ kind: 'dropped', reason, error: this.#whyDropped(ticket, reason) });
    ticket.abort.abort(new Error(reason));
  }

  #whyDropped({ job }: Ticket, reason: DropReason): VisionError | null {
    if (reason === 'blocked') return this.#standing.get(job.request.model) ?? null;
    if (reason !== 'stale') return null;
    const seconds = this.options.maxAgeMs / 1000;
    return new VisionError(
      'VISION_STALE',
      `A picture was older than ${seconds} s before it could be asked about.`,
      {
        advice: 'Send fewer pictures, allow more calls at once, or use a faster model.',
        retryable: true,
      },
    );
  }

  async #run(ticket: Ticket): Promise<void> {
    const { clock, random } = this.#parts;
    const { lane, model } = ticket.job.request;
    const { id } = ticket;
    const result = await makeCall(
      this.options,
      {
        clock,
        random,
        attempt: (signal, leftMs) => this.#attempt(ticket, signal, leftMs),
        backOff: () => this.#decide({ type: 'backOff', lane, id }),
        again: () =>
          new Promise((resume) => {
            ticket.resume = resume;
            this.#decide({ type: 'again', lane, id });
          }),
      },
      ticket.abort,
    );
    const standing = result.kind === 'failed' && result.standing;
    if (standing) this.#standing.set(model, result.error);
    if (result.kind === 'answered') this.#standing.delete(model);
    ticket.settle(result);
    this.#decide({ type: 'end', lane, id, result: standing ? 'standing' : result.kind });
  }

  #attempt(ticket: Ticket, signal: AbortSignal, leftMs: number) {
    const { client, slots } = this.#parts;
    return slots.run(() => client.ask(ticket.job.request, signal), leftMs + EXPIRATION_MARGIN_MS);
  }
}
