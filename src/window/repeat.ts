/**
 * Sums of the ids seen last, in two generations: the older one goes as a whole when the younger one is full. So an
 * observation copies half a generation, and not all of them.
 */
export interface SeenIds {
  old: readonly number[];
  young: readonly number[];
}

export const NO_IDS: SeenIds = { old: [], young: [] };

/** Of a generation; the newest so many are always known. Repeats come from a re-sent message or two wires that meet: soon or never. */
const MAX_YOUNG = 16;

/**
 * A frame's id as a whole number below 2^52: numbers lie together in memory, texts do not, and a thousand keys with
 * 32 texts each were the slowest part of all. Two independent FNV-1a sums (Fowler, Noll, Vo) make a false repeat
 * less likely than one in 10^14.
 */
export function idSum(id: string): number {
  let [a, b] = [0x811c9dc5, 0x01000193];
  for (let i = 0; i < id.length; i++) {
    const code = id.charCodeAt(i);
    a = Math.imul(a ^ code, 0x01000193);
    b = Math.imul(b ^ code, 0x85ebca6b);
  }
  return (a >>> 0) * 2 ** 20 + (b >>> 12);
}

export function hasSum({ old, young }: SeenIds, sum: number): boolean {
  return young.includes(sum) || old.includes(sum);
}

export function withSum({ old, young }: SeenIds, sum: number): SeenIds {
  if (young.length >= MAX_YOUNG) return { old: young, young: [sum] };
  return { old, young: withNumber(young, sum) };
}

/**
 * A copy with one more. Of our own and for numbers only: the engine keeps an array that is made in a place where only
 * numbers are put into it as one block, and otherwise each number for itself.
 */
function withNumber(list: readonly number[], one: number): number[] {
  const next = new Array<number>(list.length + 1);
  for (let i = 0; i < list.length; i++) next[i] = list[i] as number;
  next[list.length] = one;
  return next;
}
