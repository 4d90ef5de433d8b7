/** What the user gets beside code and message, on the error output and on Catch nodes alike. */
export interface ErrorCause {
  /** True where the same request may work later without a change by the user. */
  retryable: boolean;
  /** What to do, in a sentence. */
  advice: string;
  /** Technical detail for a support ticket: never a secret, at most 500 characters. */
  detail: string;
}

/** Options of every error: all are optional, and none may hold a secret. */
export interface ErrorOptions {
  advice?: string;
  retryable?: boolean;
  detail?: string;
}

const MAX_DETAIL_CHARS = 500;

/**
 * The root of all errors that reach a user. `code` is stable: flows may switch on it.
 * `code` and `cause` are own properties, because Node-RED copies only those to `msg.error`.
 */
export abstract class StageError extends Error {
  readonly code: string;
  override readonly cause: ErrorCause;

  /**
   * @param code stable, upper case, begins with the stage: `CAMERA_AUTH`
   * @param message what happened, in a sentence
   */
  constructor(code: string, message: string, { advice = '', retryable = false, detail = '' }: ErrorOptions) {
    super(message);
    this.name = new.target.name;
    this.code = code;
    this.cause = { retryable, advice, detail: detail.slice(0, MAX_DETAIL_CHARS) };
  }

  /** What Catch nodes get as `msg.error.message`, and the log as its line: the same as the error output has. */
  override toString(): string {
    return this.message;
  }
}

export type ConfigCode = 'CONFIG_INVALID' | 'CONFIG_MISSING_NODE';

/** The user's settings cannot be used as they are. */
export class ConfigError extends StageError {
  declare readonly code: ConfigCode;
  constructor(code: ConfigCode, message: string, options: ErrorOptions = {}) {
    super(code, message, options);
  }
}

export type InputCode =
  | 'INPUT_NOT_IMAGE'
  | 'INPUT_NO_CAMERA'
  | 'INPUT_NO_VERDICT'
  | 'INPUT_NO_WINDOW'
  | 'INPUT_COMMAND';

/** A message that a stage cannot use. */
export class InputError extends StageError {
  declare readonly code: InputCode;
  constructor(code: InputCode, message: string, options: ErrorOptions = {}) {
    super(code, message, options);
  }
}

export type CameraCode =
  | 'CAMERA_URL'
  | 'CAMERA_FFMPEG_MISSING'
  | 'CAMERA_FFMPEG_OPTION'
  | 'CAMERA_AUTH'
  | 'CAMERA_NOT_FOUND'
  | 'CAMERA_BUSY'
  | 'CAMERA_NETWORK'
  | 'CAMERA_TLS'
  | 'CAMERA_NO_VIDEO'
  | 'CAMERA_PROTOCOL'
  | 'CAMERA_STALLED'
  | 'CAMERA_LOST'
  | 'CAMERA_ENDED'
  | 'CAMERA_FILE'
  /** The address leads where this machine's rules do not allow to go. */
  | 'CAMERA_REFUSED'
  /** Nothing arrived over UDP. */
  | 'CAMERA_UDP'
  /** The stream runs, but its picture does not change. */
  | 'CAMERA_FROZEN'
  /** The stream runs, but pictures are broken, seldom, or it was opened again too often. */
  | 'CAMERA_POOR'
  /** A list of cameras, or an entry of it, that cannot be used. */
  | 'CAMERA_FLEET';

/** A camera that cannot be opened, or that was lost. */
export class CameraError extends StageError {
  declare readonly code: CameraCode;
  constructor(code: CameraCode, message: string, options: ErrorOptions = {}) {
    super(code, message, options);
  }
}

export type EncodeCode = 'ENCODE_NOT_IMAGE' | 'ENCODE_FAILED' | 'ENCODE_CROP';

/** A picture that cannot be encoded as asked. */
export class EncodeError extends StageError {
  declare readonly code: EncodeCode;
  constructor(code: EncodeCode, message: string, options: ErrorOptions = {}) {
    super(code, message, options);
  }
}

export type VisionCode =
  | 'VISION_AUTH'
  | 'VISION_RATE_LIMITED'
  | 'VISION_QUOTA'
  | 'VISION_TIMEOUT'
  | 'VISION_NETWORK'
  | 'VISION_SERVER'
  | 'VISION_MODEL'
  | 'VISION_REQUEST'
  | 'VISION_TOO_LARGE'
  | 'VISION_STALE'
  /** The money set for the hour or the day is used up, or nearly. */
  | 'VISION_BUDGET'
  /** There is a budget, and no price to count the model's calls with. */
  | 'VISION_NO_PRICE'
  /** A public address where only local ones are allowed. */
  | 'VISION_NOT_LOCAL'
  | 'VISION_NO_PICTURE'
  /** A camera has privacy masks, and they are not in the picture. */
  | 'VISION_UNMASKED'
  | 'VISION_PROMPT'
  | 'VISION_SCHEMA';

/** No answer came from the model. (An answer that cannot be used is a verdict `unknown`, not an error.) */
export class VisionError extends StageError {
  declare readonly code: VisionCode;
  constructor(code: VisionCode, message: string, options: ErrorOptions = {}) {
    super(code, message, options);
  }
}

export type AlertCode =
  /** Nobody has confirmed an alert in the time set for it, or there was no room for it to wait. */
  | 'ALERT_UNDELIVERED'
  /** No alert of this id is known (any more). */
  | 'ALERT_UNKNOWN';

/** An alert that did not reach anybody, or that is not known. */
export class AlertError extends StageError {
  declare readonly code: AlertCode;
  constructor(code: AlertCode, message: string, options: ErrorOptions = {}) {
    super(code, message, options);
  }
}

export type StoreCode =
  /** The disk, or the share of it that may be used, is full. */
  | 'STORE_FULL'
  /** The folder or a file in it cannot be written or read. */
  | 'STORE_UNWRITABLE'
  /** A part of what was stored cannot be read. */
  | 'STORE_CORRUPT'
  /** It was written by another version of this package. */
  | 'STORE_VERSION'
  /** Another process uses the same folder. */
  | 'STORE_SHARED'
  /** A value is too large, or there are too many. */
  | 'STORE_LIMIT';

/** State or pictures that cannot be kept on the disk. Work goes on in memory. */
export class StoreError extends StageError {
  declare readonly code: StoreCode;
  constructor(code: StoreCode, message: string, options: ErrorOptions = {}) {
    super(code, message, options);
  }
}

/** Any thrown value as an Error, so that no `catch` has to guess. */
export function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}
