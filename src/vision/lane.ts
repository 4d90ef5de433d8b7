/** A picture that waits to be asked about; what is asked stays outside. */
export interface Candidate {
  /** Unique, growing. */
  id: number;
  /** The vision-llm node and the camera: one call of a lane is in flight at a time, so answers come in order. */
  lane: string;
  camera: string;
  model: string;
  /** Starts or ends an event or answers a probe: outranks the others, and is not superseded by them. */
  pinned: boolean;
  /** Answers a probe: temporal-window asks for those while an alert is in progress or near. */
  probe: boolean;
  /** Comes by the clock and not because something was seen: the first to be left out where money runs short. */
  routine: boolean;
  /** Later than this it is not worth asking about. */
  askBy: number;
  /** What the call may take at the most, for the provider's limit and for the budget; see estimate. */
  tokens: number;
  cost: number;
}

/** A call under way. */
export interface Flight {
  candidate: Candidate;
  /** asking holds a slot; backingOff, ready (to go on) and elsewhere (another endpoint is asked) hold none. */
  phase: 'asking' | 'backingOff' | 'ready' | 'elsewhere';
  /** When its slot was given. */
  startedAt: number;
}

/** What a node has to ask about one camera. */
export interface Lane {
  flight: Flight | null;
  /** At most two, in order of arrival: a pinned one, and the newest. */
  waiting: Candidate[];
}

/** Name of the lane of a node and camera. */
export function laneOf(node: string, camera: string): string {
  return `${node}\n${camera}`;
}

/** The camera of a lane; '' where it has none. */
export function cameraOfLane(lane: string): string {
  const end = lane.indexOf('\n');
  return end < 0 ? '' : lane.slice(end + 1);
}

/** Says which lanes are those of a node, or of one of its cameras. */
export function lanesOf(node: string, camera: string | null): (lane: string) => boolean {
  if (camera !== null) return (lane) => lane === laneOf(node, camera);
  return (lane) => lane.startsWith(`${node}\n`);
}

/**
 * What waits after `candidate` has come. The oldest pinned one stays (the start of an event must not be lost
 * to its end), behind it the newest; nothing that is not pinned takes the place of a pinned one.
 */
export function queued(waiting: Candidate[], candidate: Candidate): Candidate[] {
  const pinned = waiting.filter((one) => one.pinned);
  if (candidate.pinned) return [...pinned.slice(0, 1), candidate];
  return pinned.length < 2 ? [...pinned, candidate] : pinned;
}
