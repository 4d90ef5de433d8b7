import type { Decided } from '../../src/alert/decisions';
import type { Finding } from '../../src/alert/finding';
import type { FloodState } from '../../src/alert/flood';
import { type KeyedState, keptKey } from '../../src/alert/keyed-alerts';
import type { Mutes } from '../../src/alert/mutes';
import type { JournalScope } from '../../src/store/journal';

/** Names in the journal. */
const NAME = { key: 'key ', recent: 'recent ', decided: 'decided ', flood: 'flood', mutes: 'mutes' };

/** Of counts and mutes as they are kept: others would be read wrongly. */
const VERSION = 2;

/** What an earlier process has left. */
export interface LeftAlerts {
  mutes: Mutes;
  flood: FloodState | null;
  recent: [id: string, Finding][];
  decided: [key: string, Decided][];
  /** Of whatever version: see restoredKey. */
  keys: [key: string, value: unknown][];
}

/** What an alert-gate keeps over restarts, in its part of the journal. Before that is open, nothing is kept. */
export class KeptAlerts {
  #scope: JournalScope | null = null;

  get isOpen(): boolean {
    return this.#scope !== null;
  }

  /** @returns what is in it */
  open(scope: JournalScope): LeftAlerts {
    this.#scope = scope;
    const left: LeftAlerts = { mutes: [], flood: null, recent: [], decided: [], keys: [] };
    for (const [name, value] of scope.load()) {
      const after = (prefix: string) => name.slice(prefix.length);
      if (name === NAME.mutes) left.mutes = current<Mutes>(value) ?? [];
      else if (name === NAME.flood) left.flood = current<FloodState>(value);
      else if (name.startsWith(NAME.recent)) left.recent.push([after(NAME.recent), value as Finding]);
      else if (name.startsWith(NAME.decided)) left.decided.push([after(NAME.decided), value as Decided]);
      else if (name.startsWith(NAME.key)) left.keys.push([after(NAME.key), value]);
    }
    return left;
  }

  /** null, or a state in which nothing is left: forgets it. */
  key(key: string, state: KeyedState | null): void {
    const isLeft = state && (state.gate || Object.keys(state.lanes).length > 0);
    this.#put(NAME.key + key, isLeft ? keptKey(state) : null);
  }

  /** Resolves when it is on the disk, or cannot be. */
  async keyDurably(key: string, state: KeyedState): Promise<void> {
    await this.#scope?.saveDurably(NAME.key + key, keptKey(state));
  }

  /** null: forgets it. */
  recent(id: string, finding: Finding | null): void {
    this.#put(NAME.recent + id, finding);
  }

  /** null: forgets them. */
  decided(key: string, decided: Decided | null): void {
    this.#put(NAME.decided + key, decided);
  }

  /** null: forgets it. */
  flood(state: FloodState | null): void {
    this.#put(NAME.flood, state && { version: VERSION, state });
  }

  mutes(mutes: Mutes): void {
    this.#put(NAME.mutes, { version: VERSION, state: mutes });
  }

  #put(name: string, value: object | null): void {
    if (value) this.#scope?.save(name, value);
    else this.#scope?.remove(name);
  }
}

function current<T>(value: unknown): T | null {
  const kept = value as { version?: unknown; state: T } | null;
  return kept?.version === VERSION ? kept.state : null;
}
