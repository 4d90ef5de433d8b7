/** What was asked of an endpoint in a span of time, and what it can do. */
export interface Demand {
  pictures: number;
  cameras: number;
  spanMs: number;
  slots: number;
  /** Mean latency of an answer; null where there was none yet. */
  latencyMs: number | null;
}

/** What a flow will ask of an endpoint at least, by its settings: more comes with movement. */
export interface ExpectedDemand {
  cameras: number;
  /** Pictures a minute, of all of them. */
  perMinute: number;
}

/** A little more than can be served is not worth a word. */
const MARGIN = 1.1;

/** Says that more pictures come than the endpoint can be asked about; null where all can be served. */
export function demandWarning({ pictures, cameras, spanMs, slots, latencyMs }: Demand): string | null {
  if (spanMs <= 0) return null;
  return warning({ cameras, perMinute: (pictures / spanMs) * 60_000 }, 'send', slots, latencyMs);
}

/** The same, by what the settings of a flow tell before a picture has come. */
export function expectedWarning(
  demand: ExpectedDemand,
  slots: number,
  latencyMs: number | null,
): string | null {
  return warning(demand, 'will send at least', slots, latencyMs);
}

function warning(
  { cameras, perMinute }: ExpectedDemand,
  send: string,
  slots: number,
  latencyMs: number | null,
): string | null {
  if (latencyMs === null || latencyMs <= 0) return null;
  const served = (slots / latencyMs) * 60_000;
  if (perMinute <= served * MARGIN) return null;
  const everyS = Math.max(1, Math.round((cameras / served) * 60));
  return (
    `${cameras} cameras ${send} ${Math.round(perMinute)} pictures a minute, but ${slots} calls at once of ` +
    `${(latencyMs / 1000).toFixed(1)} s serve ${Math.round(served)}: each camera is asked about every ${everyS} s, ` +
    'with its newest picture. Send fewer, allow more calls at once, or use a faster model.'
  );
}
