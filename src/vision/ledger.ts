import { periodsOf } from './budget';
import type { Bill } from './job';

/** Where a ledger is kept; the journal's scope is one. */
export interface LedgerStore {
  load(): [key: string, value: unknown][];
  save(key: string, value: unknown): void;
  remove(key: string): void;
}

/** What was spent for one rule of one camera on one day. */
export interface LedgerRow {
  /** `2026-11-22`, in the machine's time zone. */
  day: string;
  camera: string;
  rule: string;
  calls: number;
  /** Tokens, as the provider told them. */
  input: number;
  output: number;
  /** In the currency of the prices. */
  cost: number;
}

/** The hour is kept beside the rows: the budget of an hour must outlive a restart as well. */
const HOUR_KEY = 'hour';
const ROW_PREFIX = 'row ';
/** Days kept: a month can be compared with the provider's bill. */
const MAX_DAYS = 32;
/** Rows of a day; what is beyond them is added up in one. */
const MAX_ROWS_A_DAY = 1_000;
const OTHERS = '(others)';

/** Who has spent what: per camera, rule and day, kept over restarts. */
export class Ledger {
  readonly #store: LedgerStore;
  readonly #rows = new Map<string, LedgerRow>();
  #hour = { name: '', spent: 0 };
  #day = '';

  /** @param now epoch milliseconds */
  constructor(store: LedgerStore, now: number) {
    this.#store = store;
    for (const [key, value] of store.load()) {
      if (key === HOUR_KEY && isHour(value)) this.#hour = value;
      if (key.startsWith(ROW_PREFIX) && isRow(value)) this.#rows.set(key, value);
    }
    this.#begin(periodsOf(now).day);
  }

  /** What was spent in the hour and the day of `now`. */
  spent(now: number): { hour: number; day: number } {
    const { hour, day } = periodsOf(now);
    let sum = 0;
    for (const row of this.#rows.values()) if (row.day === day) sum += row.cost;
    return { hour: this.#hour.name === hour ? this.#hour.spent : 0, day: sum };
  }

  add({ camera, rule, usage, cost }: Bill, now: number): void {
    const { hour, day } = periodsOf(now);
    if (day !== this.#day) this.#begin(day);
    this.#hour = { name: hour, spent: (this.#hour.name === hour ? this.#hour.spent : 0) + cost };
    this.#store.save(HOUR_KEY, this.#hour);
    const key = this.#keyOf(day, camera, rule);
    const isOwn = key === keyOf(day, camera, rule);
    const before = this.#rows.get(key) ?? {
      ...{ day, camera: isOwn ? camera : OTHERS, rule: isOwn ? rule : OTHERS },
      ...{ calls: 0, input: 0, output: 0, cost: 0 },
    };
    const row = {
      ...before,
      calls: before.calls + 1,
      input: before.input + (usage?.input ?? 0),
      output: before.output + (usage?.output ?? 0),
      cost: before.cost + cost,
    };
    this.#rows.set(key, row);
    this.#store.save(key, row);
  }

  /** The oldest day first. */
  rows(): LedgerRow[] {
    return [...this.#rows.values()].sort((a, b) => (a.day < b.day ? -1 : Number(a.day > b.day)));
  }

  #keyOf(day: string, camera: string, rule: string): string {
    const key = keyOf(day, camera, rule);
    if (this.#rows.has(key)) return key;
    let rows = 0;
    for (const row of this.#rows.values()) if (row.day === day) rows += 1;
    return rows < MAX_ROWS_A_DAY ? key : keyOf(day, OTHERS, OTHERS);
  }

  /** A new day: the oldest are forgotten. */
  #begin(day: string): void {
    this.#day = day;
    const days = [
      ...new Set([...this.#rows.values()].map((row) => row.day).filter((one) => one !== day)),
    ].sort();
    const old = new Set(days.slice(0, Math.max(0, days.length - MAX_DAYS + 1)));
    for (const [key, row] of this.#rows) {
      if (!old.has(row.day)) continue;
      this.#rows.delete(key);
      this.#store.remove(key);
    }
  }
}

function keyOf(day: string, camera: string, rule: string): string {
  return `${ROW_PREFIX}${day}\n${camera.slice(0, 200)}\n${rule.slice(0, 200)}`;
}

function isHour(value: unknown): value is { name: string; spent: number } {
  const hour = value as { name?: unknown; spent?: unknown } | null;
  return typeof hour?.name === 'string' && typeof hour.spent === 'number';
}

function isRow(value: unknown): value is LedgerRow {
  const row = value as Partial<LedgerRow> | null;
  const texts = [row?.day, row?.camera, row?.rule];
  const numbers = [row?.calls, row?.input, row?.output, row?.cost];
  return texts.every((one) => typeof one === 'string') && numbers.every((one) => typeof one === 'number');
}
