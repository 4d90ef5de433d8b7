import { InputError } from '../shared/errors';
import type { CameraProfile, FrameInfo, VisionInfo, WindowInfo, WindowState } from '../shared/messages';
import { plainText } from '../shared/plain-text';
import { ruleKey } from '../shared/rule-key';
import { isTimeZone, momentOf } from '../shared/time';

/** What an alert may tell of: plain data, small. */
export interface Finding {
  key: string;
  camera: string;
  cameraName: string;
  rule: string;
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
}

export interface GateEvent {
  type: 'firing' | 'over';
  finding: Finding;
  /** True where the message itself is about a change: a window's `resolved`, as opposed to one `no` more. */
  change: boolean;
}

/** The parts of a message that a finding is made of. */
export interface Report {
  /** The key of the camera: `frame.camera`, else `topic`; null where the message names none. */
  camera: string | null;
  topic: unknown;
  payload: unknown;
  frame: Partial<FrameInfo> | undefined;
  vision: VisionInfo | undefined;
  window: WindowInfo | undefined;
}

const STATES: readonly WindowState[] = ['idle', 'pending', 'firing', 'blind', 'resolved', 'expired'];
/** What is not seen any more is neither firing anew nor over. */
const ENDS: readonly WindowState[] = ['resolved', 'expired'];
const MAX_NAME_CHARS = 64;
const MAX_REASON_CHARS = 200;

/**
 * Reads a message of temporal-window; or of vision-llm, whose `yes` then counts as firing and `no` as its end.
 *
 * @param now epoch milliseconds: the time of an answer whose frame has none
 * @returns null where there is nothing to decide: pending, idle, unknown
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

function ofWindow(report: Report, window: WindowInfo, now: number): GateEvent | null {
  if (window.state !== 'firing' && !ENDS.includes(window.state)) return null;
  const camera = String(window.camera ?? report.camera ?? '');
  const finding: Finding = {
    key: window.key,
    ...about(report, camera, window.rule),
    since: momentOf(window.since),
    time: momentOf(window.time) ?? momentOf(window.since) ?? now,
    heldMs: finite(window.heldMs) ?? 0,
    confidence: finite(window.confidence),
    reason: plainText(String(window.reason ?? ''), MAX_REASON_CHARS),
  };
  return { type: window.state === 'firing' ? 'firing' : 'over', finding, change: true };
}

function ofAnswer(report: Report, vision: VisionInfo, camera: string, now: number): GateEvent | null {
  if (vision.verdict !== 'yes' && vision.verdict !== 'no') return null;
  const reason = (report.payload as { reason?: unknown } | null | undefined)?.reason;
  const rule = typeof vision.rule === 'string' ? vision.rule : '';
  const finding: Finding = {
    key: ruleKey(camera, rule),
    ...about(report, camera, rule),
    since: null,
    time: momentOf(report.frame?.time) ?? now,
    heldMs: 0,
    confidence: finite(vision.confidence),
    reason: typeof reason === 'string' ? plainText(reason, MAX_REASON_CHARS) : '',
  };
  return { type: vision.verdict === 'yes' ? 'firing' : 'over', finding, change: false };
}

function about({ topic, frame }: Report, camera: string, rule: unknown) {
  const profile: CameraProfile | undefined = frame?.profile;
  const name = [profile?.name, topic].find((text) => typeof text === 'string' && text !== '');
  const zone = profile?.timeZone;
  return {
    camera,
    cameraName: plainText(String(name ?? camera), MAX_NAME_CHARS),
    rule: plainText(typeof rule === 'string' && rule !== '' ? rule : 'rule', MAX_NAME_CHARS),
    timeZone: typeof zone === 'string' && isTimeZone(zone) ? zone : '',
  };
}

function finite(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}
