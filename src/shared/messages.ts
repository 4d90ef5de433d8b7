/**
 * The objects that travel on a message, one a stage (DESIGN: Messages). Only Buffers and plain data.
 * All times are epoch milliseconds; a received Buffer is read-only.
 */

/** Brightness of a frame, for change detection. */
export interface Luma {
  width: number;
  height: number;
  /** `width × height` bytes, one a pixel (0 black, 255 white), row by row from the top left. */
  data: Buffer;
}

/** What is fixed about a camera and what its rules may need to know. */
export interface CameraProfile {
  name: string;
  description: string;
  /** IANA name; '' is the machine's own. */
  timeZone: string;
  /** Parts of the picture that matter, or that do not; missing and [] are the same. */
  zones?: CameraZone[];
  /** It has privacy masks: a picture of it in which they are not drawn must not leave the machine. */
  hasMasks?: true;
}

/** A polygon in the picture. */
export interface CameraZone {
  name: string;
  /** At least three corners as `[x, y]`, 0 to 1 from the top left corner. */
  points: [number, number][];
  /** `include` (the default): look only here and in others like it · `exclude`: never look here. */
  kind?: 'include' | 'exclude';
}

/** Set by rtsp-in. */
export interface FrameInfo {
  /** The camera's stable id: the key of all state. */
  camera: string;
  /** Unique over restarts. */
  id: string;
  /** Counts from 1 since the stream was opened. */
  seq: number;
  /** Capture time: the event time of every decision. */
  time: number;
  /** The stream's own time stamp in milliseconds since its first frame. */
  pts: number;
  /** Milliseconds from capture to the moment the message left. */
  age: number;
  width: number;
  height: number;
  /** MIME type of the payload. */
  type: string;
  /** null where the decode mode does not tell. */
  keyframe: boolean | null;
  luma?: Luma;
  profile?: CameraProfile;
  /** Whether the camera's privacy masks were drawn into the picture. */
  masked?: boolean;
  /** True for a single picture that somebody asked for, beside the watched stream. */
  still?: boolean;
  /** True while the camera is told to be frozen: the picture may be old, however young its time is. */
  frozen?: true;
}

/** `before`: from before the `start` of the event, sent on request. */
export type SelectReason =
  | 'before'
  | 'start'
  | 'motion'
  | 'scene'
  | 'interval'
  | 'end'
  | 'heartbeat'
  | 'probe';

/**
 * Nothing moved · it moves, but the last frame sent is recent · the next interval has not come · the limit of frames
 * a minute is reached.
 */
export type SkipReason = 'quiet' | 'spacing' | 'waiting' | 'limit';

/**
 * What has become of a camera's view. `clear`: what hid it has gone. `moved` is an event, the others last until `clear`.
 */
export type CameraView = 'moved' | 'covered' | 'dark' | 'blinded' | 'clear';

/** Sent by frame-select on its second output when it changes. */
export interface SceneHealth {
  camera: string;
  view: CameraView;
  /** Event time at which it was told. */
  since: number;
  /** What was seen, and what to do: a sentence each. */
  reason: string;
  advice: string;
}

/** Set by frame-select. */
export interface Selection {
  /** `skipped` on its second output only, for frames that were passed over. */
  reason: SelectReason | 'skipped';
  /** Why the frame was passed over; only where `reason` is `skipped`. */
  skip?: SkipReason;
  /**
   * How much the picture differs from what is usual: of the change that is strongest, the levels of brightness
   * (0 to 255) spread over 5 × 5 pixels of the luma plane.
   */
  score: number;
  /** Number of the event that the frame belongs to, counted per camera; 0 outside of events. */
  event: number;
  /** Names of the zones in which something moves or stands that was not there before. */
  zones: string[];
  /** Frames passed over since the last one that was selected. */
  skipped: number;
}

/** Set by image-encode. */
export interface Picture {
  data: Buffer;
  /** MIME type of `data`. */
  type: string;
  width: number;
  height: number;
  bytes: number;
  /** Estimate of what the model bills for the picture. */
  tokens: number;
  masked: boolean;
  /** Capture times of the frames on a contact sheet, in the order of its cells; absent for a single picture. */
  times?: number[];
  /** Capture time; only in a series. */
  time?: number;
  /** Pictures that were combined but not put on a sheet, in order of capture; this one is the last of them. */
  series?: Picture[];
}

export type Verdict = 'yes' | 'no' | 'unknown';

/** Tokens as the provider reported them. */
export interface Usage {
  input: number;
  output: number;
}

/** Set by vision-llm. */
export interface VisionInfo {
  verdict: Verdict;
  /** Why the verdict is `unknown` where the model did not say so itself: `VISION_REFUSED`, … */
  code?: string;
  /** 0 to 1; null where the model gave none. */
  confidence: number | null;
  rule: string;
  model: string;
  /** Name of the vision-endpoint that answered. */
  endpoint: string;
  usage: Usage | null;
  /** In the currency of the endpoint's prices; null where no price is set. */
  cost: number | null;
  /** Milliseconds from the first attempt to the answer. */
  latency: number;
  attempts: number;
  /** What the model said, word for word, at most 2,000 characters; missing where it was not asked or did not answer. */
  text?: string;
  /** Where several questions were asked and all answers are in one message: each of them, in their order. */
  rules?: RuleVerdict[];
}

/** What a model said to one of several questions. */
export interface RuleVerdict {
  rule: string;
  verdict: Verdict;
  code?: string;
  confidence: number | null;
}

/**
 * `blind`: it was firing, and is seen no more: neither yes nor no. `resolved` and `expired` are ends of a firing run:
 * by observed `no`, and by being blind for too long.
 */
export type WindowState = 'idle' | 'pending' | 'firing' | 'blind' | 'resolved' | 'expired';

/** The same verdict, `n` times in a row. Epoch milliseconds of the first and the last. */
export interface VerdictSpan {
  verdict: Verdict;
  from: number;
  to: number;
  n: number;
}

/** Set by temporal-window, which also sends it as payload. */
export interface WindowInfo {
  /** camera × rule, × subject where there is one. */
  key: string;
  camera: string;
  rule: string;
  /** What the answer named: a track, a plate; missing where the rule is about the whole scene. */
  subject?: string;
  state: WindowState;
  /** Capture time of the first observation of the run; null while idle. */
  since: number | null;
  /** How long the condition has been seen to hold, on event time. */
  heldMs: number;
  /** Observations since `since`, by verdict. */
  samples: { yes: number; no: number; unknown: number };
  /** Share (0 to 1) of the rule's time (of the run, while that is shorter) for which it is known what was the case. */
  coverage: number;
  /** Event time of the newest observation. */
  time: number;
  /** When the run ended, as it was seen: the time of the first of the `no` that ended it; missing while it lasts. */
  until?: number;
  /** Confidence of the newest observation for the rule, 0 to 1; null where the model gave none. */
  confidence: number | null;
  /** The model's words with the newest observation for the rule, one line; missing where it gave none. */
  reason?: string;
  /** Ids in the picture store; missing where no pictures are kept. */
  evidence?: { first: string; middle: string; last: string };
  /** The verdicts of the run, bounded; only where the state has changed. */
  verdicts?: VerdictSpan[];
  /** The same for people, in the camera's time zone. */
  timeline?: string;
  /** Told again after a start: a kill may have come before anybody heard of it. `key` and `since` name the run. */
  repeat?: true;
  /** An answer that came after the state it is about was told: it annotates that and takes nothing back. */
  amended?: {
    /** What had been told. */
    state: WindowState;
    verdict: Verdict;
    /** Event time of the late answer. */
    time: number;
    /** Such answers for this state, this one included. */
    count: number;
  };
}

/** `acknowledged`: a person has taken note. `digest`: in one message what a flood of alerts would have told. */
export type AlertState = 'raised' | 'updated' | 'acknowledged' | 'cleared' | 'digest';
export type Severity = 'info' | 'warning' | 'critical';
/** `seen`: the end was observed. `expired`: nobody has seen anything for too long. */
export type AlertEnd = 'seen' | 'expired';

/** Set by alert-gate. */
export interface AlertInfo {
  /** Stable over the life of one alert. */
  id: string;
  key: string;
  state: AlertState;
  severity: Severity;
  /** Event time at which the condition began. */
  since: number;
  /** Messages sent for this alert, this one included: with id and channel it names a delivery. */
  count: number;
  /** Why it is over; only where it is. */
  end?: AlertEnd;
  /** False where the model could not tell, and the alert was raised all the same; else missing. */
  verified?: false;
  /** Name of the way on which it is delivered; missing where there is only one without a name. */
  channel?: string;
  /** How often this very message was sent before on this channel; missing the first time. */
  repeat?: number;
}

export type CameraHealthState = 'online' | 'degraded' | 'offline';

/** How good the connection to a camera is, over the last hour. */
export type CameraGrade = 'excellent' | 'fair' | 'poor' | 'unusable';

/** Sent by rtsp-in on its second output. */
export interface CameraHealth {
  id: string;
  name: string;
  state: CameraHealthState;
  /** When the state began, epoch milliseconds. */
  since: number;
  /** '' while online. */
  code: string;
  reason: string;
  advice: string;
  grade: CameraGrade;
  /** Frames a second that left, over the last ten seconds. */
  fps: number;
  /** Age of the newest frame, in milliseconds; null before the first. */
  frameAgeMs: number | null;
  /** Frames since the node was started. */
  frames: number;
  /** Frames that were passed over because a newer one was there, since the node was started. */
  dropped: number;
  /** Video as the camera sends it; null where it is not known (yet). */
  stream: {
    codec: string;
    fps: number | null;
    kbps: number | null;
    /** Time from one keyframe to the next. */
    gopMs: number | null;
  } | null;
  /** Times the stream was opened again since the node was started. */
  reconnects: number;
  /** The same, and silences that were too long, over the last hour. */
  reconnectsPerHour: number;
  stallsPerHour: number;
  /** Broken pictures and lost packets, over the last minute. */
  corruptionsPerMinute: number;
}
