import { asError, CameraError, StageError } from '../shared/errors';
import { plainText } from '../shared/plain-text';

/** One entry of a list of cameras, with the field names of rtsp-camera. */
export type FleetEntry = Readonly<Record<string, unknown>>;

/** A camera of a list, as it runs. */
export interface FleetMember {
  /** Stable id of the camera. */
  id: string;
  /** All that decides what it does: where it is the same, the camera is not touched. */
  key: string;
}

/** An entry that cannot be used. */
export interface FleetProblem {
  /** From 1, as people count. */
  entry: number;
  /** Name or id of the entry; '' where it has none. */
  name: string;
  error: CameraError;
}

/** What is to be done so that what runs is what the list says. */
export interface FleetPlan<T> {
  start: T[];
  stop: T[];
  keep: T[];
  problems: FleetProblem[];
}

/** More cameras than one process can watch. */
export const MAX_FLEET = 500;
const MAX_ID_CHARS = 100;

/**
 * Compares a list of cameras with what runs. A changed camera is stopped and started; a bad entry is left out, and so
 * is one whose id was there before it; the rest runs.
 *
 * @param before what runs
 * @param entries the list as it came
 * @param read makes a camera of an entry; what it throws becomes the entry's problem
 */
export function planFleet<T extends FleetMember>(
  before: Iterable<T>,
  entries: readonly unknown[],
  read: (entry: FleetEntry, id: string) => T,
): FleetPlan<T> {
  const running = new Map([...before].map((member) => [member.id, member]));
  const wanted = new Map<string, T>();
  const problems: FleetProblem[] = [];
  for (const [index, raw] of entries.slice(0, MAX_FLEET).entries()) {
    try {
      const entry = checked(raw);
      const id = idOf(entry);
      if (wanted.has(id))
        throw fleetError(`The id "${id}" is there twice`, 'Give each camera an id of its own.');
      wanted.set(id, read(entry, id));
    } catch (error) {
      problems.push({ entry: index + 1, name: nameOf(raw), error: problemOf(error, index + 1, nameOf(raw)) });
    }
  }
  if (entries.length > MAX_FLEET) problems.push(tooMany(entries.length));
  const isKept = ({ id, key }: FleetMember) => wanted.get(id)?.key === key && running.get(id)?.key === key;
  const all = [...wanted.values()];
  return {
    start: all.filter((member) => !isKept(member)),
    stop: [...running.values()].filter((member) => !isKept(member)),
    // Those that run, and not their doubles in the new list.
    keep: [...running.values()].filter(isKept),
    problems,
  };
}

/** @throws CameraError CAMERA_FLEET where it is no list */
export function fleetEntries(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw new CameraError('CAMERA_FLEET', 'The list of cameras is not a list.', { advice: LIST_ADVICE });
}

/** An error of a list or of one of its entries. `what` goes without the full stop. */
export function fleetError(what: string, advice: string): CameraError {
  return new CameraError('CAMERA_FLEET', `${what}.`, { advice });
}

const LIST_ADVICE =
  'Write an array of objects such as {"name": "Gate", "url": "rtsp://192.168.1.20/stream1"}.';
const CREDENTIAL_ADVICE =
  'Put user and password into an rtsp-camera node, and write its name as "credential" into the entry.';

/** Fields that a list may not have: lists come from files and messages, which others can read or send. */
const REFUSED: Record<string, [what: string, advice: string]> = {
  password: ['It holds a password', CREDENTIAL_ADVICE],
  user: ['It holds a user', CREDENTIAL_ADVICE],
  ffmpegPath: ['It names an ffmpeg', 'Set that in the camera node that the list takes its defaults from.'],
};

function checked(raw: unknown): FleetEntry {
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) {
    throw fleetError('It is not an object', LIST_ADVICE);
  }
  const entry = raw as FleetEntry;
  for (const [field, [what, advice]] of Object.entries(REFUSED)) {
    if ((entry[field] ?? '') !== '') throw fleetError(what, advice);
  }
  return entry;
}

function idOf(entry: FleetEntry): string {
  const id = text(entry.id) || text(entry.name);
  if (id === '') throw fleetError('It has neither a name nor an id', 'Give each camera a name.');
  return id;
}

function nameOf(raw: unknown): string {
  if (typeof raw !== 'object' || raw === null) return '';
  const { name, id } = raw as FleetEntry;
  return text(name) || text(id);
}

function text(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? plainText(String(value), MAX_ID_CHARS) : '';
}

/** Says which entry it is about; what is wrong and what to do stay as they are. */
function problemOf(thrown: unknown, entry: number, name: string): CameraError {
  const error = asError(thrown);
  const { advice = '', detail = '' } = error instanceof StageError ? error.cause : {};
  const which = name === '' ? `Entry ${entry} of the list` : `Entry ${entry} of the list, "${name}",`;
  return new CameraError('CAMERA_FLEET', `${which} cannot be used: ${error.message}`, { advice, detail });
}

function tooMany(count: number): FleetProblem {
  const what = `The list has ${count} cameras; only the first ${MAX_FLEET} of them run`;
  const error = fleetError(what, 'Split the list over several Node-RED processes.');
  return { entry: MAX_FLEET + 1, name: '', error };
}
