/** Repeats come from a re-sent message or two wires that meet: soon or never. */
const MAX_IDS = 32;

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

/** The sums of the newest ids with one more. */
export function withSum(sums: readonly number[], sum: number): number[] {
  const next = sums.length < MAX_IDS ? sums.slice() : sums.slice(1);
  next.push(sum);
  return next;
}
