import { cpus, release, totalmem, type } from 'node:os';

/** What a benchmark promises, and what it found. */
export interface Goal {
  name: string;
  /** As written in the issue: `<= 1.4`, `>= 8`, `= 0`. */
  goal: string;
  measured: number;
}

/** Prints one JSON line: a case, with what ran beside it in the same run. */
export function printCase(name: string, figures: Record<string, unknown>): void {
  process.stdout.write(`${JSON.stringify({ case: name, ...figures })}\n`);
}

/** Prints the last line of a benchmark; the process then ends with 1 where a goal is not met. */
export function finish(bench: string, goals: Goal[]): void {
  const judged = goals.map((goal) => ({ ...goal, ok: isMet(goal) }));
  process.stdout.write(`${JSON.stringify({ bench, machine: machine(), goals: judged })}\n`);
  if (judged.some(({ ok }) => !ok)) process.exitCode = 1;
}

/** @throws where the goal cannot be read: a goal that nobody can miss is none */
export function isMet({ name, goal, measured }: Goal): boolean {
  const [, sign, number] = /^(<=|>=|=) (-?[\d.]+)$/.exec(goal) ?? [];
  if (!sign || number === undefined) throw new Error(`The goal "${goal}" of ${name} cannot be read.`);
  if (!Number.isFinite(measured)) return false;
  const bound = Number(number);
  return sign === '<=' ? measured <= bound : sign === '>=' ? measured >= bound : measured === bound;
}

function machine(): Record<string, unknown> {
  const [first] = cpus();
  return {
    cpu: first?.model.trim() ?? '',
    cores: cpus().length,
    memoryGb: Math.round(totalmem() / 2 ** 30),
    system: `${type()} ${release()}`,
    node: process.version,
  };
}

/** The middle of the values; of an even number, the mean of the two. NaN for none. */
export function median(values: number[]): number {
  return quantile(values, 0.5);
}

/** @param q 0 to 1; between two values it is interpolated. NaN for none. */
export function quantile(values: number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (sorted.length - 1) * q;
  const low = sorted[Math.floor(at)];
  const high = sorted[Math.ceil(at)];
  if (low === undefined || high === undefined) return Number.NaN;
  return low + (high - low) * (at - Math.floor(at));
}
