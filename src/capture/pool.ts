import type { Clock, Timer } from '../shared/clock';
import type { CameraError } from '../shared/errors';
import type { CameraHealth } from '../shared/messages';
import { Session, type SessionListener, type SessionParts, type SessionSettings } from './session';
import type { Phase } from './supervise';

/** A user's hold on a shared session. */
export interface Lease {
  health(name: string): CameraHealth | null;
  /** The phase that was told last, and of what people know. */
  now(): { phase: Phase; error: CameraError | null; told: CameraError | null };
  /** A user asks for it: tries again at once where the camera is not live, also with a password that is held. */
  start(): void;
  /** Gives the session back. `atOnce`: the camera was removed, so that nobody comes back for it. */
  release(atOnce: boolean): void;
}

interface Shared {
  camera: string;
  session: Session;
  listeners: Set<SessionListener>;
  phase: Phase;
  error: CameraError | null;
  /** What people were told last. */
  told: CameraError | null;
  linger: Timer | null;
}

/** A full deploy closes and opens every node: a stream that is taken up again within this time goes on. */
const LINGER_MS = 2000;

/** All sessions of this process: users with the same settings share one session and one ffmpeg. */
export class SessionPool {
  readonly #clock: Clock;
  readonly #parts: Omit<SessionParts, 'findFfmpeg'>;
  readonly #shared = new Map<string, Shared>();
  /** Key: camera. Resolves when its ffmpeg that was told to end has gone: many cameras allow one session only. */
  readonly #ending = new Map<string, Promise<void>>();

  constructor(parts: Omit<SessionParts, 'findFfmpeg'>) {
    this.#clock = parts.clock;
    this.#parts = parts;
  }

  /** Sessions that run or linger. */
  get size(): number {
    return this.#shared.size;
  }

  /**
   * Takes part in the session with these settings, and starts it if nobody has it.
   */
  acquire(
    settings: SessionSettings,
    findFfmpeg: SessionParts['findFfmpeg'],
    listener: SessionListener,
  ): Lease {
    // Holds the password, so it stays in here.
    const key = JSON.stringify(settings);
    const known = this.#shared.get(key);
    if (!known) this.#closeLingering(settings.camera);
    const shared = known ?? this.#open(key, settings, findFfmpeg);
    // These last until a new deploy. Other errors are tried again by themselves, and a wrong password not too often.
    const isOver = shared.linger && (shared.phase === 'failed' || shared.phase === 'ended');
    shared.linger?.clear();
    shared.linger = null;
    shared.listeners.add(listener);
    if (!known || isOver) shared.session.start();
    let released = false;
    return {
      health: (name) => shared.session.health(name),
      now: () => ({ phase: shared.phase, error: shared.error, told: shared.told }),
      start: () => {
        if (!released) shared.session.start(true);
      },
      release: (atOnce) => {
        if (released) return;
        released = true;
        shared.listeners.delete(listener);
        if (shared.listeners.size > 0) return;
        if (atOnce) this.#close(key, shared);
        else shared.linger = this.#clock.setTimeout(() => this.#close(key, shared), LINGER_MS);
      },
    };
  }

  /** Ends all sessions, also those that are in use. Resolves when their ffmpegs have gone, within three seconds. */
  async closeAll(): Promise<void> {
    for (const [key, shared] of this.#shared) this.#close(key, shared);
    await Promise.all(this.#ending.values());
  }

  #open(key: string, settings: SessionSettings, findFfmpeg: SessionParts['findFfmpeg']): Shared {
    const listeners = new Set<SessionListener>();
    const { camera } = settings;
    const findWhenGone = async () => {
      await this.#ending.get(camera);
      return findFfmpeg();
    };
    const shared: Shared = {
      camera,
      listeners,
      phase: 'idle',
      error: null,
      told: null,
      linger: null,
      session: new Session(
        settings,
        { ...this.#parts, findFfmpeg: findWhenGone },
        {
          onFrame: (frame) => {
            for (const listener of listeners) listener.onFrame(frame);
          },
          onPhase: (phase, error) => {
            shared.phase = phase;
            shared.error = error;
            for (const listener of listeners) listener.onPhase(phase, error);
          },
          onHealth: (error) => {
            shared.told = error;
            for (const listener of listeners) listener.onHealth(error);
          },
        },
      ),
    };
    this.#shared.set(key, shared);
    return shared;
  }

  /** Its settings were changed, so that nobody comes back for the old ones. */
  #closeLingering(camera: string): void {
    for (const [key, shared] of this.#shared) {
      if (shared.camera === camera && shared.linger) this.#close(key, shared);
    }
  }

  #close(key: string, shared: Shared): void {
    const { camera } = shared;
    shared.linger?.clear();
    if (this.#shared.get(key) === shared) this.#shared.delete(key);
    const ending = Promise.all([shared.session.stop(), this.#ending.get(camera)]).then(() => {
      if (this.#ending.get(camera) === ending) this.#ending.delete(camera);
    });
    this.#ending.set(camera, ending);
  }
}
