import type { Selection } from './messages';

/**
 * Whether something else depends on a frame: it starts or ends an event or answers a probe. Such a frame neither
 * waits for others nor gives way to one that is not so (DESIGN: Bounded everywhere).
 */
export function isUrgent(selection: Partial<Selection> | undefined): boolean {
  const reason = selection?.reason;
  return reason === 'start' || reason === 'end' || reason === 'probe';
}
