import { InputError } from '../shared/errors';
import type { CameraProfile, FrameInfo, Selection, Verdict, VisionInfo } from '../shared/messages';
import { plainText } from '../shared/plain-text';
import { ruleKey } from '../shared/rule-key';
import { momentOf } from '../shared/time';

/** What was seen at one moment. */
export interface Observation {
  /** Capture time, epoch milliseconds. */
  t: number;
  verdict: Verdict;
  /** 0 to 1; null where the model gave none. */
  confidence: number | null;
  /** Whether its frame came by a fixed interval, and not because of what was seen in it or asked for. */
  paced: boolean;
  /** Whether the camera was offline since the one before it: nobody has looked in between. */
  unseen: boolean;
}

/** What a key is about: enough to build a message from a timer. */
export interface Subject {
  key: string;
  camera: string;
  rule: string;
  /** '' where the key is about the whole scene. */
  name: string;
  topic: string;
  profile: CameraProfile | null;
}

export interface ObservationEvent {
  type: 'observation';
  /** Of the frame; null where the message had none, which is then never taken for a repeat. */
  id: string | null;
  observation: Observation;
  subject: Subject;
  /** Milliseconds from the capture to the answer, as far as the message tells. */
  latencyMs: number;
  /** How far its time is ahead of the clock, in milliseconds: more than a little is no capture time. */
  aheadMs: number;
  /** Why, in the model's words; '' where it gave none. */
  reason: string;
  /** Id of its picture in the picture store; null where none is kept. */
  picture: string | null;
}

/** The state of a camera, as rtsp-in tells it. */
export interface CameraEvent {
  type: 'camera';
  online: boolean;
}

/** The parts of a message that an observation is made of. */
export interface Answer {
  /** The key of the camera: `frame.camera`, else `topic`. */
  camera: string;
  topic: unknown;
  payload: unknown;
  frame: Partial<FrameInfo> | undefined;
  vision: VisionInfo | undefined;
  selection: Partial<Selection> | undefined;
}

const VERDICTS: readonly Verdict[] = ['yes', 'no', 'unknown'];
const MAX_REASON_CHARS = 200;

/**
 * Reads an answer of vision-llm.
 *
 * @param minConfidence 0 to 1: a yes or no below it counts as unknown; no confidence at all counts as enough
 * @param now epoch milliseconds: the time of an observation whose frame has none
 * @throws InputError INPUT_NO_VERDICT where the message holds no verdict
 */
export function observationOf(answer: Answer, minConfidence: number, now: number): ObservationEvent {
  const { camera, topic, frame, vision, selection } = answer;
  if (!vision || !VERDICTS.includes(vision.verdict)) {
    throw new InputError('INPUT_NO_VERDICT', 'The message holds no verdict: msg.vision is missing.', {
      advice: 'Wire the first output of vision-llm to this node.',
    });
  }
  const rule = typeof vision.rule === 'string' ? vision.rule : '';
  const confidence = finite(vision.confidence);
  const sure = confidence === null || confidence >= minConfidence;
  const t = momentOf(frame?.time) ?? now;
  return {
    type: 'observation',
    id: typeof frame?.id === 'string' && frame.id !== '' ? frame.id : null,
    observation: {
      t,
      verdict: sure ? vision.verdict : 'unknown',
      confidence,
      // A frame that frame-select chose by what it saw: it looked in between, too.
      paced: selection?.reason === undefined || selection.reason === 'interval',
      unseen: false,
    },
    subject: {
      key: ruleKey(camera, rule),
      camera,
      rule,
      name: '',
      topic: typeof topic === 'string' && topic !== '' ? topic : camera,
      profile: frame?.profile ?? null,
    },
    latencyMs: Math.max(0, (finite(frame?.age) ?? 0) + (finite(vision.latency) ?? 0)),
    aheadMs: Math.max(0, t - now),
    reason: reasonIn(answer.payload),
    picture: null,
  };
}

/** The same observation of one subject. */
export function ofSubject(event: ObservationEvent, name: string, verdict: Verdict): ObservationEvent {
  const { camera, rule } = event.subject;
  return {
    ...event,
    observation: { ...event.observation, verdict },
    subject: { ...event.subject, name, key: ruleKey(camera, rule, name) },
  };
}

/** The model's reason, where the answer has a text of that name. */
function reasonIn(payload: unknown): string {
  const reason = (payload as { reason?: unknown } | null | undefined)?.reason;
  return typeof reason === 'string' ? plainText(reason, MAX_REASON_CHARS) : '';
}

function finite(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}
