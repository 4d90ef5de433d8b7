import type { Severity } from '../shared/messages';
import { type Finding, SEVERITIES } from './finding';

/** What a cooldown was begun for. Something else ends it. */
export interface Spent {
  id: string;
  /** null while nobody has got the alert: then there is no cooldown. */
  from: number | null;
  /** Whether somebody has: what fails after it, on another channel, changes nothing. */
  told: boolean;
  severity: Severity;
  subjects: string[];
  zones: string[];
}

/** Names that a cooldown remembers. */
const MAX_NAMES = 32;

/** Whether this is something else than what the cooldown was begun for: worse, about another one, or elsewhere. */
export function isChange(spent: Spent, finding: Finding, severity: Severity): boolean {
  if (rank(severity) > rank(spent.severity)) return true;
  if (finding.subject !== '' && !spent.subjects.includes(finding.subject)) return true;
  return spent.zones.length > 0 && finding.zones.some(({ name }) => !spent.zones.includes(name));
}

/** What a cooldown remembers, with what was found now. */
export function namesOf(finding: Finding, known: Spent | null) {
  const subjects = new Set([
    ...(known?.subjects ?? []),
    ...(finding.subject === '' ? [] : [finding.subject]),
  ]);
  const zones = new Set([...(known?.zones ?? []), ...finding.zones.map(({ name }) => name)]);
  return { subjects: [...subjects].slice(-MAX_NAMES), zones: [...zones].slice(-MAX_NAMES) };
}

/** The higher, the worse. */
export function rank(severity: Severity): number {
  return SEVERITIES.indexOf(severity);
}

/** The worse of two. */
export function higher(a: Severity, b: Severity): Severity {
  return rank(a) >= rank(b) ? a : b;
}
