import type { NodeAPI } from 'node-red';
import type { CameraError } from '../../src/shared/errors';
import type { CameraWatch } from './camera-watch';
import type { StatusLine } from './status';

/** The line under an rtsp-in. */
export class CameraStatus {
  readonly #RED: NodeAPI;
  readonly #line: StatusLine;

  constructor(RED: NodeAPI, line: StatusLine) {
    this.#RED = RED;
    this.#line = line;
  }

  /** No camera is chosen, or a setting cannot be used. */
  unusable(key: 'no-camera' | 'settings'): void {
    this.#line.set('red', 'ring', this.#word(key));
  }

  one({ state, fps }: CameraWatch): void {
    switch (state.is) {
      case 'unusable':
        this.unusable('settings');
        return;
      case 'stopped':
        this.#line.set('grey', 'ring', this.#word('stopped'));
        return;
      case 'live':
        this.#live(state.error, fps);
        return;
      default:
        // What has been told stays until it is mended, also while it is tried again.
        if (state.error) this.#line.set('red', 'ring', this.#word(state.error.code));
        else
          this.#line.set(
            'yellow',
            'ring',
            this.#word(state.is === 'queued' || !state.wasLive ? state.is : 'reconnecting'),
          );
    }
  }

  fleet(watches: readonly CameraWatch[]): void {
    const count = watches.length;
    if (count === 0) {
      this.#line.set('grey', 'ring', this.#word('no-cameras'));
      return;
    }
    const live = watches.filter(({ state }) => state.is === 'live');
    const well = live.filter(({ state }) => 'error' in state && !state.error);
    const fill = live.length === 0 ? 'red' : well.length === count ? 'green' : 'yellow';
    const text = this.#word('fleet', { online: String(live.length), count: String(count) });
    this.#line.set(fill, live.length === 0 ? 'ring' : 'dot', text);
  }

  #live(error: CameraError | null, fps: number): void {
    if (error) {
      this.#line.set('yellow', 'dot', this.#word(error.code));
      return;
    }
    const rate = String(Math.round(fps * 10) / 10);
    this.#line.set('green', 'dot', fps ? this.#word('live', { fps: rate }) : this.#word('online'));
  }

  #word(key: string, values?: Record<string, string>): string {
    return this.#RED._(`rtsp-in.status.${key}`, values as never);
  }
}
