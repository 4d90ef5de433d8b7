import Bottleneck from 'bottleneck';
import type { Redis } from 'ioredis';
import type { Clock, Timer } from '../shared/clock';
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
  /** Connects by itself, and again after it was cut. */
  redis: Redis;
  clock: Clock;
  /** Slots that this process may use from now on. */
  onCapacity(slots: number): void;
  /** Whether the slots are shared from now on. */
  onShared(isShared: boolean): void;
}

/** What Bottleneck's scripts throw where Redis has lost what they had put there. */
const LOST = /^(SETTINGS_KEY_NOT_FOUND|UNKNOWN_CLIENT)/;

/**
 * Slots that several processes share through Redis: each has what the others leave. While Redis is away, and until
 * all calls of which it does not know must have ended, each process has its static share.
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
  #stopped = false;

  constructor(options: SharedSlotsOptions, parts: SharedSlotsParts) {
    this.#options = options;
    this.#parts = parts;
    this.#alone = new LocalSlots(options.share, parts.clock);
    const { redis } = parts;
    redis.on('ready', () => this.#join());
    redis.on('close', () => this.#away());
    // A connection that cannot be made is told by 'close' as well; unheard, it would end the process.
    redis.on('error', () => {});
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
      return grant;
    } catch (error) {
      // Should it be given later, nobody wants it any more.
      grant.release();
      throw error;
    }
  }

  stop(): void {
    this.#stopped = true;
    this.#leave('stopped');
    this.#alone.stop();
    this.#parts.redis.disconnect();
  }

  /** Redis cannot be reached, or has forgotten what was there: each has its share until all is known again. */
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
    const wait = this.#hasShared ? this.#options.settleMs : 0;
    this.#settling = this.#parts.clock.setTimeout(() => void this.#share(), wait);
  }

  async #share(): Promise<void> {
    const { redis, onCapacity, onShared } = this.#parts;
    const { all, id } = this.#options;
    this.#leave('joining anew');
    this.#lost = new AbortController();
    const { signal } = this.#lost;
    const connection = connectionOf(redis.duplicate(), () => this.#onLost());
    this.#connection = connection;
    const limiter = new Bottleneck({
      ...{ maxConcurrent: all.maxConcurrent, minTime: all.minTimeMs },
      ...{ id, connection, clearDatastore: false },
    });
    // What it cannot do shows by requests that fail.
    limiter.on('error', () => {});
    try {
      await untilAborted(limiter.ready(), signal);
    } catch {
      if (!signal.aborted) this.#join();
      return;
    }
    this.#limiter = limiter;
    this.#hasShared = true;
    onCapacity(all.maxConcurrent);
    onShared(true);
  }

  #onLost(): void {
    if (this.#stopped || !this.#limiter) return;
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
 * A connection that understands Redis 7: since then errors of scripts begin with "ERR ", which Bottleneck compares
 * whole, and so would never find out that Redis was restarted (its issues 205 and 212).
 */
function connectionOf(redis: Redis, onLost: () => void): Bottleneck.IORedisConnection {
  const connection = new Bottleneck.IORedisConnection({ client: redis });
  const scripts = connection as unknown as Scripts;
  const scriptFn = scripts.__scriptFn__.bind(scripts);
  scripts.__scriptFn__ = (name) => {
    const run = scriptFn(name);
    return (...args) => {
      const callback = args.pop() as (error: Error | null, replies: unknown) => void;
      return run(...args, (error: Error | null, replies: unknown) => {
        if (error) error.message = error.message.replace(/^ERR /, '');
        if (error && LOST.test(error.message)) onLost();
        callback(error, replies);
      });
    };
  };
  return connection;
}
