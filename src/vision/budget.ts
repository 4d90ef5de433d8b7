import { localTime } from '../shared/time';

export interface BudgetOptions {
  /** In the currency of the prices; null for no limit. */
  perHour: number | null;
  perDay: number | null;
  /** What is asked about when it is spent: the cameras with an alert in progress, or nothing. */
  whenSpent: 'alerts' | 'stop';
}

/** saving: from 80 % on, fewer and smaller pictures. spent: see {@link BudgetOptions.whenSpent}. */
export type BudgetLevel = 'normal' | 'saving' | 'spent';
export type Period = 'hour' | 'day';

/** What was spent and promised. Hours and days are those of the machine's time zone. */
export interface BudgetState {
  hour: { name: string; spent: number };
  day: { name: string; spent: number };
  /** Estimates of the calls under way. */
  reserved: number;
  /** Until then no other hour can have begun. */
  sameUntil: number;
}

const SAVING_SHARE = 0.8;
/** Time zones begin their hours at a quarter of an hour. */
const QUARTER_MS = 900_000;
/** Sums of many small amounts are a little off. */
const EPSILON = 1e-9;

export const NO_BUDGET: BudgetOptions = { perHour: null, perDay: null, whenSpent: 'alerts' };

export function newBudget(now: number): BudgetState {
  const { hour, day } = periodsOf(now);
  return {
    hour: { name: hour, spent: 0 },
    day: { name: day, spent: 0 },
    reserved: 0,
    sameUntil: nextQuarter(now),
  };
}

/** What was spent in this hour and day before this process began. */
export function spentBefore(budget: BudgetState, { hour, day }: { hour: number; day: number }): BudgetState {
  return {
    ...budget,
    hour: { ...budget.hour, spent: budget.hour.spent + hour },
    day: { ...budget.day, spent: budget.day.spent + day },
  };
}

/** Begins a new hour or day where it is time to. */
export function rolled(budget: BudgetState, now: number): BudgetState {
  if (now < budget.sameUntil) return budget;
  const { hour, day } = periodsOf(now);
  return {
    ...budget,
    hour: hour === budget.hour.name ? budget.hour : { name: hour, spent: 0 },
    day: day === budget.day.name ? budget.day : { name: day, spent: 0 },
    sameUntil: nextQuarter(now),
  };
}

/** Puts aside what a call may cost. */
export function reserve(budget: BudgetState, cost: number): BudgetState {
  return { ...budget, reserved: budget.reserved + cost };
}

/** A call has ended: what was put aside for it is free, what it has cost is spent. */
export function settleCost(budget: BudgetState, reserved: number, spent: number): BudgetState {
  return {
    ...budget,
    reserved: Math.max(0, budget.reserved - reserved),
    hour: { ...budget.hour, spent: budget.hour.spent + spent },
    day: { ...budget.day, spent: budget.day.spent + spent },
  };
}

/** Whether a call that may cost so much fits, with those under way. */
export function fits(budget: BudgetState, options: BudgetOptions, cost: number): boolean {
  return limits(budget, options).every(
    ({ spent, limit }) => spent + budget.reserved + cost <= limit + EPSILON,
  );
}

/** Whether it would not fit even if nothing were under way: then waiting does not help. */
export function canNeverFit(budget: BudgetState, options: BudgetOptions, cost: number): boolean {
  return limits(budget, options).some(({ spent, limit }) => spent + cost > limit + EPSILON);
}

/**
 * How much is left, and which period says so.
 *
 * @param cost what a call may cost: less than that left is nothing left
 */
export function levelOf(
  budget: BudgetState,
  options: BudgetOptions,
  cost: number,
): { level: BudgetLevel; period: Period } {
  let level: BudgetLevel = 'normal';
  let period: Period = 'day';
  for (const one of limits(budget, options)) {
    const now =
      one.spent + cost > one.limit + EPSILON
        ? 'spent'
        : one.spent >= SAVING_SHARE * one.limit
          ? 'saving'
          : 'normal';
    if (RANK[now] <= RANK[level]) continue;
    level = now;
    period = one.period;
  }
  return { level, period };
}

const RANK: Record<BudgetLevel, number> = { normal: 0, saving: 1, spent: 2 };

/** Of the quarter that was asked for last: to write a local time takes longer than all else that is done with a bill. */
let latest = { quarter: Number.NaN, hour: '', day: '' };

/** The hour and the day that a moment belongs to: `2026-11-22 08`, `2026-11-22`. */
export function periodsOf(now: number): { hour: string; day: string } {
  const quarter = Math.floor(now / QUARTER_MS);
  if (quarter !== latest.quarter) {
    const text = localTime(now);
    latest = { quarter, hour: text.slice(0, 13), day: text.slice(0, 10) };
  }
  return latest;
}

function limits(budget: BudgetState, { perHour, perDay }: BudgetOptions) {
  const found: { period: Period; spent: number; limit: number }[] = [];
  if (perDay !== null) found.push({ period: 'day', spent: budget.day.spent, limit: perDay });
  if (perHour !== null) found.push({ period: 'hour', spent: budget.hour.spent, limit: perHour });
  return found;
}

function nextQuarter(now: number): number {
  return (Math.floor(now / QUARTER_MS) + 1) * QUARTER_MS;
}
