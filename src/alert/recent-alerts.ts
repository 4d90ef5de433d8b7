import type { Finding } from './finding';

/** Feedback comes minutes or days after the alert; beyond this many, the oldest are forgotten. */
const MAX_ALERTS = 500;

/** What the newest alerts were about, by their id. */
export class RecentAlerts {
  readonly #findings = new Map<string, Finding>();
  readonly #onChange: (id: string, finding: Finding | null) => void;

  /** @param onChange keeps a finding elsewhere; null: forgets it */
  constructor(onChange: (id: string, finding: Finding | null) => void) {
    this.#onChange = onChange;
  }

  /** The finding with which an alert was told last. */
  of(id: string): Finding | undefined {
    return this.#findings.get(id);
  }

  note(id: string, finding: Finding): void {
    this.restore(id, finding);
    this.#onChange(id, finding);
    while (this.#findings.size > MAX_ALERTS) {
      const [oldest] = this.#findings.keys();
      if (oldest === undefined) return;
      this.#findings.delete(oldest);
      this.#onChange(oldest, null);
    }
  }

  /** Puts back what was kept. */
  restore(id: string, finding: Finding): void {
    this.#findings.set(id, finding);
  }
}
