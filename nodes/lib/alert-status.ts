import type { NodeAPI } from 'node-red';
import { type StatusLine, shortName } from './status';

/** The status of an alert-gate: alerts that go on, and what waits, is held back, or muted. */
export class AlertStatus {
  readonly #RED: NodeAPI;
  readonly #line: StatusLine;
  /** Keys with an alert that was raised and not cleared, in that order, and the name of their camera. */
  readonly #active = new Map<string, string>();
  /** By key: messages that were lost at least once and wait. */
  readonly #lost = new Map<string, number>();
  #held = 0;

  constructor(RED: NodeAPI, line: StatusLine) {
    this.#RED = RED;
    this.#line = line;
  }

  /** @param camera its name; null where no alert of the key goes on */
  active(key: string, camera: string | null): void {
    this.#active.delete(key);
    if (camera !== null) this.#active.set(key, camera);
  }

  lost(key: string, count: number): void {
    if (count > 0) this.#lost.set(key, count);
    else this.#lost.delete(key);
  }

  /** Keys of which something was lost and waits. */
  lostKeys(): string[] {
    return [...this.#lost.keys()];
  }

  held(): void {
    this.#held++;
  }

  forget(key: string): void {
    this.#active.delete(key);
    this.#lost.delete(key);
  }

  show(isMuted: boolean): void {
    const newest = [...this.#active.values()].at(-1) ?? '';
    const active = this.#active.size;
    const waiting = [...this.#lost.values()].reduce((sum, count) => sum + count, 0);
    const fill = waiting > 0 ? 'red' : active > 0 ? 'yellow' : 'grey';
    this.#line.set(fill, active > 0 ? 'dot' : 'ring', () => {
      const values = { active, held: this.#held, waiting, camera: shortName(newest) };
      const text = (name: string) => this.#RED._(`alert-gate.status.${name}`, values);
      const line = [text(active > 0 ? 'active' : 'none')];
      if (waiting > 0) line.unshift(text('waiting'));
      if (isMuted) line.unshift(text('muted'));
      if (this.#held > 0) line.push(text('held'));
      return line.join(', ');
    });
  }
}
