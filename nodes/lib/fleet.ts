import { type FleetPlan, type FleetProblem, planFleet } from '../../src/capture/fleet';
import type { Clock, Timer } from '../../src/shared/clock';
import { asError, type StageError } from '../../src/shared/errors';
import type { Camera } from './camera-settings';
import type { Acquire, CameraWatch } from './camera-watch';
import { type CaptureParts, ffmpegFinder, listenForShutdown } from './capture-parts';
import { Condition } from './condition';
import type { FleetCamera } from './fleet-camera';

export interface FleetOptions {
  clock: Clock;
  /** Reads the list anew; null where it comes by message only. */
  read: (() => Promise<readonly unknown[]>) | null;
  /** Looks up what entries refer to, and gives what makes cameras of them. */
  reader(): Parameters<typeof planFleet<FleetCamera>>[2];
  watch(camera: FleetCamera): CameraWatch;
  /** Of the list, or of an entry; `name` of the entry, '' for the list. */
  onError(error: StageError, name: string): void;
  onChange(): void;
}

interface Member extends FleetCamera {
  watch: CameraWatch;
}

/** A file or a context value is read again this often; also what entries refer to may have changed. */
const EVERY_MS = 30_000;

/** The cameras of a list: those that run are what the list says. */
export class Fleet {
  readonly #options: FleetOptions;
  readonly #members = new Map<string, Member>();
  readonly #condition: Condition;
  #entries: readonly unknown[] = [];
  /** Problems of entries that have been told; at most one an entry. */
  #told = new Set<string>();
  #reading: Promise<void> | null = null;
  #timer: Timer | null = null;
  #closed = false;

  constructor(options: FleetOptions) {
    this.#options = options;
    this.#condition = new Condition((error) => options.onError(error, ''));
  }

  start(): void {
    this.#timer = this.#options.clock.setTimeout(() => this.start(), EVERY_MS);
    void this.#again();
  }

  /** In the order in which they were started. */
  get watches(): CameraWatch[] {
    return [...this.#members.values()].map(({ watch }) => watch);
  }

  /** By id, else by name. */
  find(name: string): CameraWatch | null {
    const all = this.watches;
    return this.#members.get(name)?.watch ?? all.find(({ camera }) => camera.profile.name === name) ?? null;
  }

  /** A list that came by message. All that is wrong with it is told. */
  give(entries: readonly unknown[]): void {
    this.#told.clear();
    this.#apply(entries);
  }

  /** Reads the list now: a user asks for it, so what is wrong is told again. */
  async reload(): Promise<void> {
    this.#told.clear();
    this.#condition.set(null);
    await this.#reading;
    await this.#again();
  }

  /** @param removed the node was deleted, so that nobody comes back for the streams */
  close(removed: boolean): void {
    this.#closed = true;
    this.#timer?.clear();
    for (const { watch } of this.#members.values()) watch.close(removed);
    this.#members.clear();
  }

  /** One at a time: a file on a share that hangs must not be opened again and again. */
  #again(): Promise<void> {
    const { read } = this.#options;
    this.#reading ??= this.#read(read).finally(() => {
      this.#reading = null;
    });
    return this.#reading;
  }

  async #read(read: FleetOptions['read']): Promise<void> {
    try {
      const entries = read ? await read() : this.#entries;
      if (this.#closed) return;
      this.#condition.set(null);
      this.#apply(entries);
    } catch (error) {
      // What runs goes on with the list that was read last.
      if (!this.#closed) this.#condition.set(asError(error) as StageError);
    }
  }

  #apply(entries: readonly unknown[]): void {
    const { reader, watch, onChange } = this.#options;
    this.#entries = entries;
    const plan = planFleet(this.#members.values(), entries, reader());
    this.#stop(plan);
    for (const camera of plan.start) {
      const member = { ...camera, watch: watch(camera) };
      this.#members.set(camera.id, member);
      member.watch.start();
    }
    this.#tell(plan.problems);
    onChange();
  }

  #stop({ start, stop }: FleetPlan<FleetCamera>): void {
    const comesBack = new Set(start.map(({ id }) => id));
    for (const { id } of stop) {
      const member = this.#members.get(id);
      this.#members.delete(id);
      // Where only its name has changed, the stream goes on.
      if (comesBack.has(id)) member?.watch.close(false);
      else {
        member?.watch.stop('It was taken out of the list.');
        member?.watch.close(true);
      }
    }
  }

  #tell(problems: readonly FleetProblem[]): void {
    const now = new Set(problems.map(({ error }) => error.message));
    for (const { error, name } of problems) {
      if (!this.#told.has(error.message)) this.#options.onError(error, name);
    }
    this.#told = now;
  }
}

/** How a camera takes part in its stream that is no node of its own. */
export function acquireFrom({ pool, files }: CaptureParts, { session, problem }: Camera): Acquire {
  return (listener) => {
    if (!session) throw problem;
    listenForShutdown();
    return pool.acquire(session, ffmpegFinder(files, session.ffmpegPath, session.source), listener);
  };
}
