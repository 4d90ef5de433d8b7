import Bottleneck from 'bottleneck';
import type { Redis } from 'ioredis';
import type { Clock, Timer } from '../shared/clock';
import { asError } from '../shared/errors';
import { untilAborted } from './call';
import { end, type Grant, granted, LocalSlots, type SlotOptions, type Slots } from './slots';

export interface SharedSlotsOptions {
  /** Of all processes together. */
  all: SlotOptions;
  /** Of this process while it cannot hear of the others. */
  share: SlotOptions;
  /** The same for all processes that share; another one where the limits are others, because the first one's count. */
  id: string;
  /** After the others could not be heard of, until all calls of which nobody knows must have ended. */
  settleMs: number;
}

export interface SharedSlotsParts {
  /** Connects by itself, and again after it was cut. A command without an answer within seconds is an error. */
  redis: Redis;
  clock: Clock;
  /** Slots that this process may use from now on. */
  onCapacity(slots: number): void;
  /** Whether the slots are shared from now on. */
  onShared(isShared: boolean): void;
  /** Told once, where they have not come to be shared in ten seconds. `reason` is a code without a secret. */
  onUnshared(reason: string): void;
}

/** Two connections and three scripts take milliseconds. */
const JOIN_MS = 5_000;
/** Waits between tries to join, where Redis is there but cannot be used: each one makes two connections. */
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 60_000;
/** A Redis that starts together with Node-RED is there by then. */
const UNSHARED_MS = 10_000;

/**
 * Slots that several processes share through Redis: each has what the others leave. While Redis is away, does not
 * answer or refuses, and until all calls of which it does not know must have ended, each process has its static share.
 */
export class SharedSlots implements Slots {
  readonly #options: SharedSlotsOptions;
  readonly #parts: SharedSlotsParts;
  readonly #alone: LocalSlots;
  /** A connection of its own for each limiter: what is left of an old one goes with it. */
  #connection: Bottleneck.IORedisConnection | null = null;
  /** Only while the slots are shared. */
  #limiter: Bottleneck | null = null;
  /** Ends what waits for Redis. */
  #lost = new AbortController();
  #settling: Timer | null = null;
  #hasShared = false;
  /** Before the next try to join; 0 again when a slot was had. */
  #pauseMs = 0;
  /** Why the slots are not shared. */
  #reason = 'no answer';
  readonly #unshared: Timer;
  #stopped = false;

  constructor(options: SharedSlotsOptions, parts: SharedSlotsParts) {
    this.#options = options;
    this.#parts = parts;
    this.#alone = new LocalSlots(options.share, parts.clock);
    const { redis, clock } = parts;
    this.#unshared = clock.setTimeout(() => parts.onUnshared(this.#reason), UNSHARED_MS);
    redis.on('ready', () => this.#join());
    redis.on('close', () => this.#away());
    // A connection that cannot be made is told by 'close' as well; unheard, it would end the process.
    redis.on('error', (error) => {
      this.#reason = reasonOf(error);
    });
    parts.onCapacity(options.share.maxConcurrent);
    if (redis.status === 'ready') this.#join();
  }

  acquireNow(expirationMs: number): Grant | null {
    return this.#limiter ? null : this.#alone.acquireNow(expirationMs);
  }

  async acquire(expirationMs: number): Promise<Grant> {
    const limiter = this.#limiter;
    if (!limiter) return this.#alone.acquire(expirationMs);
    const { grant, running } = granted(limiter, expirationMs, () => {});
    try {
      await untilAborted(running, this.#lost.signal);
      this.#pauseMs = 0;
      return grant;
    } catch (error) {
      // Should it be given later, nobody wants it any more.
      grant.release();
      throw error;
    }
  }

  stop(): void {
    this.#stopped = true;
    this.#unshared.clear();
    this.#leave('stopped');
    this.#alone.stop();
    this.#parts.redis.disconnect();
  }

  /** Redis cannot be reached or used, or has forgotten what was there: each has its share until all is known again. */
  #away(): void {
    if (this.#stopped) return;
    const wasShared = this.#limiter !== null;
    this.#leave('Redis is away');
    if (wasShared) this.#parts.onShared(false);
    this.#parts.onCapacity(this.#options.share.maxConcurrent);
  }

  /** Joins the others, now or when all calls of which nobody knows must have ended. */
  #join(): void {
    if (this.#stopped) return;
    this.#settling?.clear();
    // At the first time nothing of this process is in flight.
    const wait = Math.max(this.#hasShared ? this.#options.settleMs : 0, this.#pauseMs);
    this.#pauseMs = Math.min(LONGEST_PAUSE_MS, Math.max(FIRST_PAUSE_MS, 2 * this.#pauseMs));
    this.#settling = this.#parts.clock.setTimeout(() => void this.#share(), wait);
  }

  async #share(): Promise<void> {
    const { redis, clock, onCapacity, onShared } = this.#parts;
    const { all, id } = this.#options;
    this.#leave('joining anew');
    const lost = new AbortController();
    this.#lost = lost;
    const connection = connectionOf(redis.duplicate(), (error) => {
      if (this.#limiter && this.#connection === connection) this.#again(error);
    });
    this.#connection = connection;
    const limiter = new Bottleneck({
      ...{ maxConcurrent: all.maxConcurrent, minTime: all.minTimeMs },
      ...{ id, connection, clearDatastore: false },
    });
    // What it cannot do shows by requests that fail.
    limiter.on('error', () => {});
    const limit = clock.setTimeout(() => lost.abort(new Error('Redis does not answer')), JOIN_MS);
    try {
      await untilAborted(limiter.ready(), lost.signal);
    } catch (error) {
      if (this.#connection === connection) this.#again(error);
      return;
    } finally {
      limit.clear();
    }
    this.#limiter = limiter;
    this.#hasShared = true;
    this.#unshared.clear();
    onCapacity(all.maxConcurrent);
    onShared(true);
  }

  /** Redis is there and cannot be used: tried anew later. */
  #again(error: unknown): void {
    this.#reason = reasonOf(error);
    this.#away();
    this.#join();
  }

  #leave(why: string): void {
    this.#settling?.clear();
    this.#settling = null;
    this.#lost.abort(new Error(why));
    if (this.#limiter) end(this.#limiter);
    this.#limiter = null;
    this.#connection?.disconnect(false);
    this.#connection = null;
  }
}

/** The parts of Bottleneck's connection that are not in its types. */
interface Scripts {
  __scriptFn__(name: string): (...args: unknown[]) => unknown;
}

/**
 * A connection that tells of every script that fails, be it that Redis was emptied, is full, may not be written to or
 * does not answer. Bottleneck alone would hold what waits for ever, or fail for ever: since Redis 7 errors of scripts
 * begin with "ERR ", which it compares whole (its issues 205 and 212).
 */
function connectionOf(redis: Redis, onFailed: (error: Error) => void): Bottleneck.IORedisConnection {
  const connection = new Bottleneck.IORedisConnection({ client: redis });
  const scripts = connection as unknown as Scripts;
  const scriptFn = scripts.__scriptFn__.bind(scripts);
  scripts.__scriptFn__ = (name) => {
    const run = scriptFn(name);
    return (...args) => {
      const callback = args.pop() as (error: Error | null, replies: unknown) => void;
      return run(...args, (error: Error | null, replies: unknown) => {
        if (error) onFailed(error);
        callback(error, replies);
      });
    };
  };
  return connection;
}

/** The code alone: the words of a server may name the user. */
function reasonOf(thrown: unknown): string {
  const { code, message } = asError(thrown) as Error & { code?: unknown };
  if (typeof code === 'string') return code;
  if (/timed out|does not answer/.test(message)) return 'no answer';
  return /\b[A-Z]{3,}\b/.exec(message)?.[0] ?? 'not understood';
}
