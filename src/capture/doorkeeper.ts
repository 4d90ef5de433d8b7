import { createHash } from 'node:crypto';
import type { Clock } from '../shared/clock';
import { KeyedRunner } from '../shared/decider';
import { CameraError } from '../shared/errors';
import { type OpeningEvent, type OpeningOutput, type OpeningState, openings } from './opening';
import type { CameraSource } from './source';

/** A refused login, and how long it must not be tried again. */
export interface Refusal {
  error: CameraError;
  waitMs: number;
}

/** One opening of a camera, from the wish to its end. */
export interface Ticket {
  /** Resolves when the camera may be connected to; gives why and for how long not. */
  mayConnect: Promise<Refusal | null>;
  /** Resolves when its process may be started. */
  mayStart(): Promise<void>;
  /** Its first video has come. */
  settled(): void;
  /**
   * It is over, or not wanted any more; what has not resolved never does. Call it once.
   *
   * @param error why; null where it was stopped
   * @returns the error as it must be understood, and how long not to try again; null for what it is, and as usual
   */
  ended(error: CameraError | null): Refusal | null;
}

interface Waiting {
  connect(refusal: Refusal | null): void;
  start(): void;
}

/** The decisions are made for all cameras of the process together. */
const KEY = 'all';

/** Lets cameras be opened by the rules of {@link openings}: one for all sessions of a process. */
export class Doorkeeper {
  readonly #runner: KeyedRunner<OpeningState, OpeningEvent, OpeningOutput>;
  /** One for each ticket that has not ended. */
  readonly #waiting = new Map<number, Waiting>();
  #verdict: Refusal | null = null;
  #lastId = 0;

  constructor(clock: Clock, cores: number) {
    this.#runner = new KeyedRunner({
      step: openings(cores),
      clock,
      maxKeys: 1,
      onOutput: (_key, output) => this.#carryOut(output),
    });
  }

  /** @param byUser somebody asks for it now, so that a login on hold is tried once more */
  ask(source: CameraSource, byUser: boolean): Ticket {
    const id = ++this.#lastId;
    const started = deferred<void>();
    const connect = deferred<Refusal | null>();
    this.#waiting.set(id, { connect: connect.resolve, start: started.resolve });
    this.#runner.dispatch(KEY, { type: 'ask', id, host: hostOf(source), login: loginOf(source), byUser });
    return {
      mayConnect: connect.promise,
      mayStart: () => {
        this.#runner.dispatch(KEY, { type: 'ready', id });
        return started.promise;
      },
      settled: () => this.#runner.dispatch(KEY, { type: 'settled', id }),
      ended: (error) => {
        this.#waiting.delete(id);
        this.#verdict = null;
        this.#runner.dispatch(KEY, { type: 'ended', id, code: error?.code ?? null });
        return this.#verdict;
      },
    };
  }

  #carryOut(output: OpeningOutput): void {
    const { id } = output;
    switch (output.type) {
      case 'grant':
        this.#waiting.get(id)?.connect(null);
        return;
      case 'refuse':
        this.#waiting.get(id)?.connect({ error: refused(output.waitMs), waitMs: output.waitMs });
        return;
      case 'spawn':
        this.#waiting.get(id)?.start();
        return;
      case 'judged':
        this.#verdict = {
          error: output.code === 'CAMERA_BUSY' ? probablyBusy() : refused(output.waitMs),
          waitMs: output.waitMs,
        };
    }
  }
}

/** The machine that is asked; cameras of one recorder share it. */
function hostOf(source: CameraSource): string {
  return 'url' in source ? new URL(source.url).hostname.toLowerCase() : '';
}

/**
 * Of a device: behind one address there may be several, each forwarded from a port of its own. A digest, so that no
 * password is kept in more places than needed.
 */
function loginOf(source: CameraSource): string {
  if (!('url' in source) || (source.user === '' && source.password === '')) return '';
  const parts = [hostOf(source), new URL(source.url).port, source.user, source.password];
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}

function refused(waitMs: number): CameraError {
  return new CameraError('CAMERA_AUTH', 'The camera refuses the user or password.', {
    retryable: true,
    advice: `Correct them in the camera node. So that the camera does not lock its user out, the next try comes in ${minutes(waitMs)}, or with the command "start".`,
  });
}

function probablyBusy(): CameraError {
  return new CameraError(
    'CAMERA_BUSY',
    'The camera refuses a password that worked before: it probably has no session left.',
    {
      retryable: true,
      advice:
        'Close other viewers of this camera or recorder, or raise its limit of sessions. If the password was changed, correct it.',
    },
  );
}

function minutes(ms: number): string {
  const count = Math.max(1, Math.round(ms / 60_000));
  return count === 1 ? 'a minute' : `${count} minutes`;
}

function deferred<T>(): { promise: Promise<T>; resolve(value: T): void } {
  let resolve: (value: T) => void = () => {};
  const promise = new Promise<T>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}
