import type { CameraCounters } from '../simulator';

/** Whether something has happened that is worth a line: pictures alone are not. */
export function hasChanged(before: CameraCounters, now: CameraCounters): boolean {
  return (Object.keys(now) as (keyof CameraCounters)[]).some(
    (name) => !name.startsWith('frames') && before[name] !== now[name],
  );
}

/** The counts of several cameras as one; what was most at one time is that of the camera that had most. */
export function together(cameras: CameraCounters[]): CameraCounters {
  const [first, ...others] = cameras;
  if (!first) throw new Error('There is no camera.');
  const all = { ...first };
  for (const counters of others)
    for (const name of Object.keys(all) as (keyof CameraCounters)[])
      all[name] = name.endsWith('Most') ? Math.max(all[name], counters[name]) : all[name] + counters[name];
  return all;
}

/** One line, such as `12 s  connections 1 of 3  sessions 1 of 2 …`. */
export function reportLine(afterS: number, c: CameraCounters): string {
  const fields = [
    `connections ${c.connectionsOpen} (total ${c.connections}, most ${c.connectionsMost})`,
    `opening ${c.openings} (most ${c.openingsMost})`,
    `sessions ${c.sessionsOpen} (most ${c.sessionsMost})`,
    `DESCRIBE ${c.describe}`,
    `SETUP ${c.setup}`,
    `PLAY ${c.play}`,
    `TEARDOWN ${c.teardown}`,
    `Authorization ${c.authorizations} (refused ${c.authorizationsRefused})`,
    ...(c.sessionsRefused > 0 ? [`too many ${c.sessionsRefused}`] : []),
    ...(c.sessionsExpired > 0 ? [`expired ${c.sessionsExpired}`] : []),
    `frames ${c.frames}`,
  ];
  return `${`${afterS.toFixed(0)} s`.padStart(6)}  ${fields.join('  ')}`;
}
