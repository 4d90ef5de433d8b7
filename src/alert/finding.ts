import { InputError } from '../shared/errors';
import type {
  AlertEnd,
  CameraProfile,
  CameraZone,
  FrameInfo,
  Selection,
  Severity,
  VisionInfo,
  WindowInfo,
  WindowState,
} from '../shared/messages';
import { plainText } from '../shared/plain-text';
import { ruleKey } from '../shared/rule-key';
import { isTimeZone, momentOf } from '../shared/time';

/** What an alert may tell of: plain data, small. */
export interface Finding {
  /** Of the rule that has found it: camera × rule (× subject). */
  key: string;
  camera: string;
  cameraName: string;
  rule: string;
  /** A track, a plate, a person; '' where the rule is about the whole scene. */
  subject: string;
  /** In which it was seen, as far as that is known. */
  zones: CameraZone[];
  /** The camera's own, IANA; '' where it has none. */
  timeZone: string;
  /** Event time at which the run began: it names the run. null where there is no window and so no run. */
  since: number | null;
  /** Event time of the newest observation. */
  time: number;
  heldMs: number;
  /** 0 to 1; null where the model gave none, which counts as enough. */
  confidence: number | null;
  /** The model's words, one line; '' where it gave none. */
  reason: string;
  /** The run's answers for people; '' where there is none. */
  timeline: string;
  /** Id in the picture store; null where no picture is kept. */
  picture: string | null;
}

/**
 * `blind`: it is not seen any more, and neither over nor anew. `note`: an answer that came too late to change anything.
 * `unsure`: the model could not tell.
 */
export interface GateEvent {
  type: 'firing' | 'over' | 'blind' | 'note' | 'unsure';
  finding: Finding;
  /** True where the message itself is about a change: a window's `resolved`, as opposed to one `no` more. */
  change: boolean;
  /** True where it is told again after a restart: most have been decided about. */
  repeat: boolean;
  /** Why it is over. */
  end: AlertEnd;
  /** null for the severity that is set. */
  severity: Severity | null;
}

/** The parts of a message that a finding is made of. */
export interface Report {
  /** The key of the camera: `frame.camera`, else `topic`; null where the message names none. */
  camera: string | null;
  topic: unknown;
  payload: unknown;
  frame: Partial<FrameInfo> | undefined;
  selection?: Selection | undefined;
  vision: VisionInfo | undefined;
  window: WindowInfo | undefined;
  severity?: unknown;
  /** Id in the picture store. */
  picture?: string | null;
}

export const SEVERITIES: readonly Severity[] = ['info', 'warning', 'critical'];

const STATES: readonly WindowState[] = ['idle', 'pending', 'firing', 'blind', 'resolved', 'expired'];
const EVENT_OF: Partial<Record<WindowState, GateEvent['type']>> = {
  firing: 'firing',
  blind: 'blind',
  resolved: 'over',
  expired: 'over',
};
const EVENT_OF_VERDICT = { yes: 'firing', no: 'over', unknown: 'unsure' } as const;

const MAX_NAME_CHARS = 64;
const MAX_REASON_CHARS = 200;
const MAX_TIMELINE_CHARS = 1000;
/** What is kept of zones, to be drawn in later. */
const MAX_ZONES = 8;
const MAX_CORNERS = 32;

/**
 * Reads a message of temporal-window; or of vision-llm, whose `yes` then counts as firing and `no` as its end.
 *
 * @param now epoch milliseconds: the time of an answer whose frame has none
 * @returns null where there is nothing to decide: pending, idle
 * @throws InputError INPUT_NO_WINDOW where the message is of neither
 */
export function gateEventOf(report: Report, now: number): GateEvent | null {
  const { window, vision, camera } = report;
  if (window && STATES.includes(window.state) && typeof window.key === 'string')
    return ofWindow(report, window, now);
  if (!window && vision && camera !== null) return ofAnswer(report, vision, camera, now);
  throw new InputError('INPUT_NO_WINDOW', 'The message holds no state of a rule: msg.window is missing.', {
    advice:
      'Wire the first output of temporal-window (or of vision-llm) to this node, and leave msg.topic set.',
  });
}

/** A text of a model, as it may go into an alert: one line, not long. */
export function modelText(raw: unknown): string {
  return typeof raw === 'string' ? plainText(raw, MAX_REASON_CHARS) : '';
}

function ofWindow(report: Report, window: WindowInfo, now: number): GateEvent | null {
  const type = window.amended ? 'note' : EVENT_OF[window.state];
  if (!type) return null;
  const camera = String(window.camera ?? report.camera ?? '');
  const finding: Finding = {
    key: window.key,
    ...about(report, camera, window.rule),
    subject: plainText(String(window.subject ?? ''), MAX_NAME_CHARS),
    since: momentOf(window.since),
    time: momentOf(window.time) ?? momentOf(window.since) ?? now,
    heldMs: finite(window.heldMs) ?? 0,
    confidence: finite(window.confidence),
    reason: modelText(window.reason),
    timeline: plainText(String(window.timeline ?? ''), MAX_TIMELINE_CHARS),
  };
  const end = window.state === 'expired' ? 'expired' : 'seen';
  const repeat = window.repeat === true;
  return { type, finding, change: true, repeat, end, severity: severityOf(report.severity) };
}

function ofAnswer(report: Report, vision: VisionInfo, camera: string, now: number): GateEvent | null {
  const type = EVENT_OF_VERDICT[vision.verdict];
  if (!type) return null;
  const rule = typeof vision.rule === 'string' ? vision.rule : '';
  const finding: Finding = {
    key: ruleKey(camera, rule),
    ...about(report, camera, rule),
    subject: '',
    since: null,
    time: momentOf(report.frame?.time) ?? now,
    heldMs: 0,
    confidence: finite(vision.confidence),
    reason: modelText((report.payload as { reason?: unknown } | null | undefined)?.reason),
    timeline: '',
  };
  return { type, finding, change: false, repeat: false, end: 'seen', severity: severityOf(report.severity) };
}

function about({ topic, frame, selection, picture }: Report, camera: string, rule: unknown) {
  const profile: CameraProfile | undefined = frame?.profile;
  const name = [profile?.name, topic].find((text) => typeof text === 'string' && text !== '');
  const zone = profile?.timeZone;
  return {
    camera,
    cameraName: plainText(String(name ?? camera), MAX_NAME_CHARS),
    rule: plainText(typeof rule === 'string' && rule !== '' ? rule : 'rule', MAX_NAME_CHARS),
    zones: zonesOf(profile, selection),
    timeZone: typeof zone === 'string' && isTimeZone(zone) ? zone : '',
    picture: picture ?? null,
  };
}

/** Those that frame-select has seen something in, with their shape where the profile has it. */
function zonesOf(profile: CameraProfile | undefined, selection: Selection | undefined): CameraZone[] {
  const names: unknown = selection?.zones;
  if (!Array.isArray(names)) return [];
  const known = Array.isArray(profile?.zones) ? profile.zones : [];
  return names
    .filter((name) => typeof name === 'string')
    .slice(0, MAX_ZONES)
    .map((name) => {
      const points: unknown = known.find((zone) => zone?.name === name)?.points;
      return { name: plainText(name, MAX_NAME_CHARS), points: cornersOf(points) };
    });
}

function cornersOf(points: unknown): [number, number][] {
  if (!Array.isArray(points) || points.length > MAX_CORNERS) return [];
  const isCorner = (point: unknown) => Array.isArray(point) && point.length === 2 && point.every(isShare);
  return points.every(isCorner) ? (points as [number, number][]) : [];
}

function isShare(value: unknown): boolean {
  return typeof value === 'number' && value >= 0 && value <= 1;
}

function severityOf(raw: unknown): Severity | null {
  return SEVERITIES.find((severity) => severity === raw) ?? null;
}

function finite(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}
