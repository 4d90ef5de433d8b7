import { StageError } from '../shared/errors';
import type {
  AlertInfo,
  FrameInfo,
  Picture,
  SceneHealth,
  Selection,
  Verdict,
  VisionInfo,
  WindowInfo,
} from '../shared/messages';
import { nodeLabel } from './flow-file';

/** What happened in a replay. All times are seconds from the start of the recording. */
export interface ReplayRecord {
  durationS: number;
  framesIn: number;
  sent: SentFrame[];
  answers: RecordedVerdict[];
  windows: WindowChange[];
  alerts: RecordedAlert[];
  /** Alerts that were held back. */
  held: { at: number; reason: string; key: string }[];
  views: { at: number; view: string }[];
  /** Errors by node and code. */
  errors: { node: string; code: string; message: string; count: number }[];
  /** Who was asked, and how many of them replied. */
  calls: { cassette: number; model: number; nobody: number; replied: number };
}

/** A frame that frame-select chose. */
export interface SentFrame {
  id: string;
  /** When it was captured, and when it was sent. */
  time: number;
  at: number;
  reason: string;
  score: number;
  event: number;
  zones: string[];
}

export interface RecordedVerdict {
  /** The frame that was asked about. */
  id: string;
  time: number;
  /** When the answer came. */
  at: number;
  node: string;
  rule: string;
  verdict: Verdict;
  code: string;
  confidence: number | null;
  /** The model's words; '' where it gave none. */
  reason: string;
  tokens: { input: number; output: number };
  /** No usage was told: `tokens` is worked out from the picture's size and the prompt's length. */
  estimated: boolean;
}

export interface WindowChange {
  at: number;
  node: string;
  key: string;
  rule: string;
  state: string;
  since: number | null;
  heldS: number;
}

export interface RecordedAlert {
  at: number;
  id: string;
  key: string;
  state: string;
  severity: string;
  since: number;
}

/** What of a message is looked at. */
export interface Passing {
  payload?: unknown;
  frame?: Partial<FrameInfo>;
  selection?: Partial<Selection>;
  picture?: Partial<Picture>;
  vision?: VisionInfo;
  window?: WindowInfo;
  alert?: AlertInfo;
  /** Of an answer: one of several to the same call. */
  parts?: { count: number };
  scene?: unknown;
}

interface From {
  id: string;
  type: string;
  name?: string;
}

/** Usual for an answer of the built-in schema (reference, llm-and-selection §1.2). */
const ANSWER_TOKENS = 40;
/** Of English text, with the tokenizers of all providers: about. */
const CHARS_PER_TOKEN = 4;
const MAX_REASON_CHARS = 300;

export interface RecorderOptions {
  /** Event time of the start of the recording, epoch milliseconds. */
  start: number;
  /** Now, epoch milliseconds of the replay. */
  now(): number;
  /** Where the flow has a frame-select; without one each frame is one that was sent. */
  selects: boolean;
  /** With the picture of each frame sent. */
  onSent?(frame: SentFrame, picture: Buffer): void;
}

/** Listens to the nodes of a replay, and writes down what is worth it. */
export class Recorder {
  readonly record: ReplayRecord;
  readonly #options: RecorderOptions;
  readonly #errors = new Map<string, ReplayRecord['errors'][number]>();
  readonly #states = new Map<string, string>();
  readonly #alerts = new Set<string>();
  #promptChars = 0;

  constructor(options: RecorderOptions) {
    this.#options = options;
    this.record = {
      ...{
        durationS: 0,
        framesIn: 0,
        sent: [],
        answers: [],
        windows: [],
        alerts: [],
        held: [],
        views: [],
        errors: [],
      },
      calls: { cassette: 0, model: 0, nobody: 0, replied: 0 },
    };
  }

  onCall(from: Exclude<keyof ReplayRecord['calls'], 'replied'>, chars: number): void {
    this.record.calls[from] += 1;
    this.#promptChars = chars;
  }

  onReply(): void {
    this.record.calls.replied += 1;
  }

  onError(from: From, thrown: unknown): void {
    const { code, message } =
      thrown instanceof StageError ? thrown : { code: 'INTERNAL', message: String(thrown) };
    const node = nodeLabel(from);
    const key = `${node} ${code}`;
    const known = this.#errors.get(key) ?? { node, code, message, count: 0 };
    if (known.count === 0) this.record.errors.push(known);
    known.count += 1;
    this.#errors.set(key, known);
  }

  /** Things that were written down. */
  get size(): number {
    const { sent, answers, windows, alerts, held, views, errors } = this.record;
    return [sent, answers, windows, alerts, held, views, errors].reduce((sum, { length }) => sum + length, 0);
  }

  onSend(from: From, port: number, msg: Passing): void {
    switch (`${from.type} ${port}`) {
      case 'rtsp-in 0':
        this.#frameIn(msg);
        return;
      case 'frame-select 0':
        this.#sent(msg);
        return;
      case 'frame-select 1':
        if (msg.scene) this.record.views.push({ at: this.#now, view: (msg.scene as SceneHealth).view });
        return;
      case 'vision-llm 0':
        this.#answered(from, msg);
        return;
      case 'temporal-window 0':
        this.#window(from, msg);
        return;
      case 'alert-gate 0':
        this.#alert(msg);
        return;
      case 'alert-gate 1': {
        const { reason = '', key = '' } = (msg.payload ?? {}) as { reason?: string; key?: string };
        this.record.held.push({ at: this.#now, reason, key });
      }
    }
  }

  get #now(): number {
    return this.#seconds(this.#options.now());
  }

  #seconds(ms: number): number {
    return Math.round(ms - this.#options.start) / 1000;
  }

  #frameIn(msg: Passing): void {
    const { record } = this;
    record.framesIn += 1;
    record.durationS = Math.max(record.durationS, this.#seconds(msg.frame?.time ?? this.#options.start));
    if (!this.#options.selects) this.#sent(msg);
  }

  #sent({ frame, selection, payload }: Passing): void {
    const one: SentFrame = {
      id: frame?.id ?? '',
      time: this.#seconds(frame?.time ?? this.#options.now()),
      at: this.#now,
      reason: selection?.reason ?? 'all',
      score: selection?.score ?? 0,
      event: selection?.event ?? 0,
      zones: selection?.zones ?? [],
    };
    this.record.sent.push(one);
    if (Buffer.isBuffer(payload)) this.#options.onSent?.(one, payload);
  }

  #answered(from: From, { frame, vision, picture, payload, parts }: Passing): void {
    if (!vision) return;
    const { usage } = vision;
    const isTold = usage !== null && usage.input > 0;
    const asked = Math.ceil(this.#promptChars / CHARS_PER_TOKEN) + (picture?.tokens ?? 0);
    const guess = Math.ceil(asked / (parts?.count ?? 1));
    const said = (payload as { reason?: unknown } | undefined)?.reason;
    this.record.answers.push({
      id: frame?.id ?? '',
      time: this.#seconds(frame?.time ?? this.#options.now()),
      at: this.#now,
      node: nodeLabel(from),
      rule: vision.rule,
      verdict: vision.verdict,
      code: vision.code ?? '',
      confidence: vision.confidence,
      reason: typeof said === 'string' ? said.slice(0, MAX_REASON_CHARS) : '',
      tokens: isTold ? { ...usage } : { input: guess, output: ANSWER_TOKENS },
      estimated: !isTold,
    });
  }

  #window(from: From, { window }: Passing): void {
    if (!window) return;
    const node = nodeLabel(from);
    const { key, rule, state, since, heldMs } = window;
    const name = `${node} ${key}`;
    if (this.#states.get(name) === state) return;
    this.#states.set(name, state);
    const sinceS = since === null ? null : this.#seconds(since);
    this.record.windows.push({ at: this.#now, node, key, rule, state, since: sinceS, heldS: heldMs / 1000 });
  }

  #alert({ alert }: Passing): void {
    if (!alert) return;
    const { id, key, state, severity, since, count } = alert;
    // One for each channel, and again where nobody has confirmed it.
    const name = `${id} ${state} ${count}`;
    if (this.#alerts.has(name)) return;
    this.#alerts.add(name);
    this.record.alerts.push({ at: this.#now, id, key, state, severity, since: this.#seconds(since) });
  }
}
