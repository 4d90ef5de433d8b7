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
