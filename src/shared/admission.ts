/** One picture to work on. */
export interface Job {
  /** The camera; pictures of one camera are worked on in order. null for a picture that belongs to none. */
  camera: string | null;
  /** Does not give way to a job that is not urgent, and goes before it. */
  urgent: boolean;
}

export interface AdmissionLimits {
  /** Pictures worked on at once, 1 or more. */
  maxRunning: number;
  /** Pictures that wait, one a camera, 1 or more. */
  maxWaiting: number;
}

/** busy: a newer or weightier picture of its camera came while it waited. overflow: too many cameras waited. */
export type Refusal = 'busy' | 'overflow';

export interface AdmissionState<J extends Job> {
  running: readonly J[];
  /** Those that have waited longest first; a picture that replaced an older one has that one's place. */
  waiting: readonly J[];
}

export type AdmissionEvent<J extends Job> = { type: 'offered'; job: J } | { type: 'finished'; job: J };

export type AdmissionOutput<J extends Job> =
  | { type: 'run'; job: J }
  | { type: 'drop'; job: J; reason: Refusal };

/** Nothing runs, nothing waits. */
export const IDLE: AdmissionState<never> = { running: [], waiting: [] };

/**
 * Decides which picture is worked on next: per camera one at a time and the newest one waiting, so that slow
 * work makes frames fewer but never late. A decider that needs no time.
 */
export function admit<J extends Job>(
  limits: AdmissionLimits,
  state: AdmissionState<J>,
  event: AdmissionEvent<J>,
): { state: AdmissionState<J>; outputs: AdmissionOutput<J>[] } {
  if (event.type === 'finished') {
    const running = state.running.filter((job) => job !== event.job);
    return start(limits, { running, waiting: state.waiting }, []);
  }
  const { waiting, dropped } = enqueue(limits, state.waiting, event.job);
  return start(limits, { running: state.running, waiting }, dropped);
}

/** Lets the next ones run, as many as there is room for. */
function start<J extends Job>(
  limits: AdmissionLimits,
  state: AdmissionState<J>,
  outputs: AdmissionOutput<J>[],
): { state: AdmissionState<J>; outputs: AdmissionOutput<J>[] } {
  if (state.running.length >= limits.maxRunning) return { state, outputs };
  const ready = state.waiting.filter((job) => !state.running.some((running) => sameCamera(running, job)));
  const job = ready.find(({ urgent }) => urgent) ?? ready[0];
  if (!job) return { state, outputs };
  return start(
    limits,
    { running: [...state.running, job], waiting: state.waiting.filter((other) => other !== job) },
    [...outputs, { type: 'run', job }],
  );
}

function enqueue<J extends Job>(
  { maxWaiting }: AdmissionLimits,
  waiting: readonly J[],
  job: J,
): { waiting: readonly J[]; dropped: AdmissionOutput<J>[] } {
  const rival = waiting.find((other) => sameCamera(other, job));
  if (rival) {
    if (rival.urgent && !job.urgent) return { waiting, dropped: [drop(job, 'busy')] };
    return {
      waiting: waiting.map((other) => (other === rival ? job : other)),
      dropped: [drop(rival, 'busy')],
    };
  }
  if (waiting.length < maxWaiting) return { waiting: [...waiting, job], dropped: [] };
  const victim = waiting.find(({ urgent }) => !urgent) ?? (job.urgent ? waiting[0] : undefined);
  if (!victim) return { waiting, dropped: [drop(job, 'overflow')] };
  return {
    waiting: [...waiting.filter((other) => other !== victim), job],
    dropped: [drop(victim, 'overflow')],
  };
}

function sameCamera(a: Job, b: Job): boolean {
  return a.camera !== null && a.camera === b.camera;
}

function drop<J extends Job>(job: J, reason: Refusal): AdmissionOutput<J> {
  return { type: 'drop', job, reason };
}
