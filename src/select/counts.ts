import type { SelectReason } from '../shared/messages';
import type { DropReason } from './frame-select';

const REASONS: readonly SelectReason[] = [
  'start',
  'before',
  'motion',
  'end',
  'scene',
  'interval',
  'heartbeat',
  'probe',
];
const DROPS: readonly DropReason[] = ['busy', 'overflow', 'forgotten', 'stopped'];

/** How many frames came, were sent and were dropped, by reason; since the node started, or since a reset of all cameras. */
export class SelectCounts {
  #frames = 0;
  readonly #sent = new Map<SelectReason, number>();
  readonly #dropped = new Map<DropReason, number>();

  passed(): void {
    this.#frames++;
  }

  sent(reason: SelectReason): void {
    this.#frames++;
    this.#sent.set(reason, (this.#sent.get(reason) ?? 0) + 1);
  }

  dropped(reason: DropReason): void {
    this.#frames++;
    this.#dropped.set(reason, (this.#dropped.get(reason) ?? 0) + 1);
  }

  reset(): void {
    this.#frames = 0;
    this.#sent.clear();
    this.#dropped.clear();
  }

  /** Reasons without any are absent. */
  read(): {
    frames: number;
    sent: number;
    byReason: [SelectReason, number][];
    drops: [DropReason, number][];
  } {
    const byReason = entriesOf(REASONS, this.#sent);
    const sent = byReason.reduce((sum, [, count]) => sum + count, 0);
    return { frames: this.#frames, sent, byReason, drops: entriesOf(DROPS, this.#dropped) };
  }
}

function entriesOf<K>(order: readonly K[], counts: Map<K, number>): [K, number][] {
  return order.flatMap((key) => {
    const count = counts.get(key);
    return count === undefined ? [] : [[key, count] as [K, number]];
  });
}
