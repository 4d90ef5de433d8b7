/**
 * A copy with one more at its end, and no more than the newest `max`. Spreading and `push` on a copy leave room for more
 * to come: two allocations in place of one, for each answer of each key, are what the garbage collector had to do most.
 */
export function appended<T>(list: readonly T[], one: T, max: number): T[] {
  const from = Math.max(0, list.length + 1 - max);
  const kept = list.length - from;
  const next = new Array<T>(kept + 1);
  for (let i = 0; i < kept; i++) next[i] = list[from + i] as T;
  next[kept] = one;
  return next;
}

/**
 * The same for numbers only, and written again for that: the engine keeps an array as one block of numbers where it is
 * made in a place that puts nothing else into arrays, and otherwise each number for itself.
 */
export function appendedNumber(list: readonly number[], one: number, max: number): number[] {
  const from = Math.max(0, list.length + 1 - max);
  const kept = list.length - from;
  const next = new Array<number>(kept + 1);
  for (let i = 0; i < kept; i++) next[i] = list[from + i] as number;
  next[kept] = one;
  return next;
}
