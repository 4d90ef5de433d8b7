import { isoTime } from '../shared/time';
import type { Finding } from './finding';

/** One decision about a key, and what led to it. */
export interface Decision {
  /** ISO 8601, on the real clock. Of the newest, where the same was decided several times in a row. */
  at: string;
  /** `raised`, `updated`, `cleared`, …, or the reason for which it was held back. */
  decision: string;
  /** How often in a row. */
  times: number;
  /** Of the alert that it was about; missing where there was none. */
  id?: string;
  /** When a hold ends, ISO; missing where it does not, or nothing was held. */
  until?: string;
  /** Event times, ISO. */
  since: string | null;
  time: string;
  confidence: number | null;
  reason: string;
}

/** Issue: the last 20 decisions for a key. */
const MAX_DECISIONS = 20;

/** The newest decisions of a key, and what it is about. Plain data: it outlives a restart. */
export interface Decided {
  about: Pick<Finding, 'key' | 'camera' | 'cameraName' | 'rule'>;
  list: Decision[];
}

/** Why, and why not: the newest decisions of each key. */
export class Decisions {
  readonly #maxKeys: number;
  readonly #onChange: (key: string, decided: Decided | null) => void;
  /** The longest silent first. */
  readonly #byKey = new Map<string, Decided>();
  /** Keys of which only the count of the newest decision has changed since they were kept. */
  readonly #counted = new Set<string>();

  /**
   * @param maxKeys beyond it the one that was silent longest is forgotten
   * @param onChange keeps the decisions of a key elsewhere; null: forgets them. Not called where the newest is only
   *   decided once more, as with each answer while an alert lasts: for that see {@link keepCounts}
   */
  constructor(maxKeys: number, onChange: (key: string, decided: Decided | null) => void = () => {}) {
    this.#maxKeys = maxKeys;
    this.#onChange = onChange;
  }

  /** @param now epoch milliseconds */
  note(
    key: string,
    decision: string,
    finding: Finding,
    now: number,
    { id, until }: { id?: string | undefined; until?: number | null } = {},
  ): void {
    const list = [...(this.#byKey.get(key)?.list ?? [])];
    const last = list.at(-1);
    const isSame = last?.decision === decision && last.id === id;
    if (isSame) list.pop();
    const { since, time, confidence, reason } = finding;
    const one: Decision = {
      at: isoTime(now),
      decision,
      times: isSame ? last.times + 1 : 1,
      since: since === null ? null : isoTime(since),
      time: isoTime(time),
      confidence,
      reason,
    };
    if (id) one.id = id;
    if (until != null) one.until = isoTime(until);
    const { key: ofRule, camera, cameraName, rule } = finding;
    const about = { key: ofRule, camera, cameraName, rule };
    const decided: Decided = { about, list: [...list, one].slice(-MAX_DECISIONS) };
    this.restore(key, decided);
    if (isSame) this.#counted.add(key);
    else this.#keep(key, decided);
  }

  /** Puts back what was kept. */
  restore(key: string, decided: Decided): void {
    this.#byKey.delete(key);
    this.#byKey.set(key, decided);
    if (this.#byKey.size <= this.#maxKeys) return;
    const [oldest] = this.#byKey.keys();
    if (oldest === undefined) return;
    this.#byKey.delete(oldest);
    this.#keep(oldest, null);
  }

  /** Keeps also how often the newest decisions were made: before an end in peace. */
  keepCounts(): void {
    for (const key of [...this.#counted]) this.#keep(key, this.#byKey.get(key) ?? null);
  }

  /**
   * What was decided, the newest last.
   *
   * @param what a key, or a camera's id or name; null for all
   */
  of(what: string | null): { key: string; camera: string; rule: string; decisions: Decision[] }[] {
    return [...this.#byKey]
      .filter(
        ([key, { about }]) =>
          what === null || [key, about.key, about.camera, about.cameraName].includes(what),
      )
      .map(([key, { about, list }]) => {
        const { camera, rule } = about;
        return { key, camera, rule, decisions: structuredClone(list) };
      });
  }

  #keep(key: string, decided: Decided | null): void {
    this.#counted.delete(key);
    this.#onChange(key, decided);
  }
}
