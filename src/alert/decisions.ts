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

/** Why, and why not: the newest decisions of each key, in memory. */
export class Decisions {
  readonly #maxKeys: number;
  /** The longest silent first. */
  readonly #byKey = new Map<string, { finding: Finding; list: Decision[] }>();

  /** @param maxKeys beyond it the one that was silent longest is forgotten */
  constructor(maxKeys: number) {
    this.#maxKeys = maxKeys;
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
    this.#byKey.delete(key);
    this.#byKey.set(key, { finding, list: [...list, one].slice(-MAX_DECISIONS) });
    if (this.#byKey.size <= this.#maxKeys) return;
    const [oldest] = this.#byKey.keys();
    if (oldest !== undefined) this.#byKey.delete(oldest);
  }

  /**
   * What was decided, the newest last.
   *
   * @param what a key, or a camera's id or name; null for all
   */
  of(what: string | null): { key: string; camera: string; rule: string; decisions: Decision[] }[] {
    return [...this.#byKey]
      .filter(
        ([key, { finding }]) =>
          what === null || [key, finding.key, finding.camera, finding.cameraName].includes(what),
      )
      .map(([key, { finding, list }]) => {
        const { camera, rule } = finding;
        return { key, camera, rule, decisions: structuredClone(list) };
      });
  }
}
