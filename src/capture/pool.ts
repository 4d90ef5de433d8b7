import type { Clock, Timer } from '../shared/clock';
import type { CameraError } from '../shared/errors';
import type { CameraHealth } from '../shared/messages';
import { Session, type SessionListener, type SessionParts, type SessionSettings } from './session';
import type { Phase } from './supervise';

/** A user's hold on a shared session. */
export interface Lease {
  health(name: string): CameraHealth | null;
  /** The phase that was told last. */
  now(): { phase: Phase; error: CameraError | null };
  /** Gives the session back. `atOnce`: the camera was removed, so that nobody comes back for it. */
  release(atOnce: boolean): void;
}

interface Shared {
  session: Session;
  listeners: Set<SessionListener>;
  phase: Phase;
  error: CameraError | null;
  linger: Timer | null;
}

/** A full deploy closes and opens every node: a stream that is taken up again within this time goes on. */
const LINGER_MS = 2000;

/** All sessions of this process: users with the same settings share one session and one ffmpeg. */
export class SessionPool {
  readonly #clock: Clock;
  readonly #parts: Omit<SessionParts, 'findFfmpeg'>;
  readonly #shared = new Map<string, Shared>();

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
    const shared = known ?? this.#open(key, settings, findFfmpeg);
    shared.linger?.clear();
    shared.linger = null;
    shared.listeners.add(listener);
    if (!known) shared.session.start();
    let released = false;
    return {
      health: (name) => shared.session.health(name),
      now: () => ({ phase: shared.phase, error: shared.error }),
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

  #open(key: string, settings: SessionSettings, findFfmpeg: SessionParts['findFfmpeg']): Shared {
    const listeners = new Set<SessionListener>();
    const shared: Shared = {
      listeners,
      phase: 'idle',
      error: null,
      linger: null,
      session: new Session(
        settings,
        { ...this.#parts, findFfmpeg },
        {
          onFrame: (frame) => {
            for (const listener of listeners) listener.onFrame(frame);
          },
          onPhase: (phase, error) => {
            shared.phase = phase;
            shared.error = error;
            for (const listener of listeners) listener.onPhase(phase, error);
          },
        },
      ),
    };
    this.#shared.set(key, shared);
    return shared;
  }

  #close(key: string, shared: Shared): void {
    shared.linger?.clear();
    if (this.#shared.get(key) === shared) this.#shared.delete(key);
    shared.session.stop();
  }
}
