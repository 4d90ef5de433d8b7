import type { Finding } from './finding';

/** Rules that go on, by their key, with the run that each is in; null for answers without a window. Plain data. */
export type Members = Record<string, number | null>;

/** What waits, and for whom. */
export interface Joined {
  /** Of one that goes on: the newest of it. */
  finding: Finding;
  members: Members;
  /** Of others that go on, the newest last: one of them is told where the one above is over first. */
  others: Finding[];
}

/** Rules in one group. */
const MAX_MEMBERS = 200;
/** Findings are larger than names. */
const MAX_OTHERS = 10;

/** Whether a rule begins anew that was the only one. Answers without a window belong to whatever there is. */
export function isNewRun(members: Members, { key, since }: Finding): boolean {
  const known = members[key];
  if (known === undefined || Object.keys(members).length > 1) return false;
  return since !== null && known !== null && known !== since;
}

export function withMember(members: Members, { key, since }: Finding): Members {
  if (!(key in members) && Object.keys(members).length >= MAX_MEMBERS) return members;
  return { ...members, [key]: since };
}

/** The members of both. */
export function withMembers(some: Members | null, more: Members): Members {
  return Object.fromEntries(Object.entries({ ...some, ...more }).slice(0, MAX_MEMBERS));
}

/** Whether this is the run in which a rule is a member. */
export function isMember(members: Members | null, { key, since }: Finding): boolean {
  const known = members?.[key];
  return known !== undefined && (known === null || since === null || known === since);
}

/** null where that was the last one. */
export function withoutMember(members: Members, key: string): Members | null {
  const { [key]: _, ...others } = members;
  return Object.keys(others).length === 0 ? null : others;
}

/** With one more that goes on, or something newer of one. */
export function joinedBy(known: Joined | null, finding: Finding): Joined {
  const others = [...(known?.others ?? []), ...(known ? [known.finding] : [])];
  return {
    finding,
    members: withMember(known?.members ?? {}, finding),
    others: others.filter(({ key }) => key !== finding.key).slice(-MAX_OTHERS),
  };
}

/** Without one that is over; null where that was the last one. */
export function leftBy<T extends Joined>(known: T, key: string): T | null {
  const members = withoutMember(known.members, key);
  if (!members) return null;
  const others = known.others.filter((one) => one.key !== key);
  if (known.finding.key !== key) return { ...known, members, others };
  return { ...known, members, finding: others.at(-1) ?? known.finding, others: others.slice(0, -1) };
}
