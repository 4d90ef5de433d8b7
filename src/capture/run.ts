import type { Clock, Timer } from '../shared/clock';
import { asError, CameraError } from '../shared/errors';
import { redact } from '../shared/redact';
import type { Spawn } from './children';
import { classifyExit } from './classify';
import { Decoder } from './decoder';
import type { Doorkeeper, Ticket } from './doorkeeper';
import type { Feed, FeedListener } from './feed';
import { type DecodeSettings, ffmpegArgs } from './ffmpeg-args';
import type { FfmpegBinary } from './ffmpeg-binary';
import type { DecodedFrame } from './frame-assembler';
import type { CameraSource } from './source';

/** What a run needs of its surroundings; one set serves all cameras of a process. */
export interface RunParts {
  clock: Clock;
  spawn: Spawn;
  doorkeeper: Doorkeeper;
  /**
   * Makes what stands between the camera and ffmpeg; null where ffmpeg reads the source itself.
   * `answerMs`: how long the camera may take for an answer.
   */
  openFeed(source: CameraSource, listener: FeedListener, answerMs: number): Feed | null;
  /** Finds the ffmpeg to use, anew for each start. */
  findFfmpeg(): Promise<FfmpegBinary>;
}

export interface RunOptions {
  source: CameraSource;
  decode: DecodeSettings;
  /** Somebody asks for it now, so that a password on hold is tried. */
  byUser: boolean;
  /** How long a camera may take for an answer, in milliseconds. */
  answerMs: number;
  /** For a recording: which file. */
  file(): Promise<string>;
}

/** What a run tells. `onEnd` comes once, and last. */
export interface RunListener {
  /** Its turn has come: it connects. */
  onOpened(): void;
  onFrame(frame: DecodedFrame): void;
  onTraffic(feed: Feed): void;
  /** So many pictures were broken. */
  onBroken(count: number): void;
  /** All is closed. `waitMs`: how long not to try again; undefined for as usual. */
  onEnd(error: CameraError, waitMs?: number): void;
}

/** When a feed has ended, ffmpeg hands over what it still has, and ends by itself; if not, it is told to. */
const LAST_FRAMES_MS = 1000;

/** A source that is opened once: its turn, its feed, its ffmpeg, and the end of them all. */
export class Run {
  readonly #options: RunOptions;
  readonly #parts: RunParts;
  readonly #listener: RunListener;
  readonly #ticket: Ticket;
  readonly #stopped = new AbortController();
  #feed: Feed | null = null;
  #feedError: CameraError | null = null;
  #decoder: Decoder | null = null;
  #lastFrames: Timer | null = null;
  #settled = false;
  #ending = false;

  constructor(options: RunOptions, parts: RunParts, listener: RunListener) {
    this.#options = options;
    this.#parts = parts;
    this.#listener = listener;
    this.#ticket = parts.doorkeeper.ask(options.source, options.byUser);
    this.#open().catch((error) => this.#end(asCameraError(error, secretsOf(options.source))));
  }

  /** Of this run; null before the camera is connected, and where there is none. */
  get feed(): Feed | null {
    return this.#feed;
  }

  /** Frames that were passed over because a newer one was there. */
  get dropped(): number {
    return this.#decoder?.dropped ?? 0;
  }

  /** Ends it, orderly. No frame comes after it; `onEnd` follows within three seconds. */
  stop(): void {
    if (this.#stopped.signal.aborted || this.#ending) return;
    this.#stopped.abort();
    void this.#feed?.stop();
    this.#decoder?.stop();
    if (!this.#decoder) this.#end(classifyExit(''));
  }

  async #open(): Promise<void> {
    const { source, decode } = this.#options;
    const refusal = await this.#ticket.mayConnect;
    if (this.#isOver) return;
    if (refusal) return this.#end(refusal.error, refusal.waitMs);
    this.#listener.onOpened();
    const binary = await this.#parts.findFfmpeg();
    if (this.#isOver) return;
    const listener = {
      onTraffic: () => this.#onTraffic(),
      onEnd: (error: CameraError) => this.#onFeedEnd(error),
    };
    this.#feed = this.#parts.openFeed(source, listener, this.#options.answerMs);
    const input = this.#feed
      ? await this.#feed.open(this.#stopped.signal)
      : source.kind === 'file'
        ? await this.#options.file()
        : '';
    if (this.#isOver) return;
    await this.#ticket.mayStart();
    if (this.#isOver) return;
    this.#decoder = new Decoder({
      path: binary.path,
      args: ffmpegArgs(source, decode, binary, input),
      secrets: secretsOf(source),
      paced: source.kind === 'file' && source.pace === 'fast',
      clock: this.#parts.clock,
      spawn: this.#parts.spawn,
      onFrame: (frame) => this.#onFrame(frame),
      onBroken: (count) => this.#listener.onBroken(count),
      onExit: (text) => this.#end(this.#feedError ?? classifyExit(text)),
    });
  }

  get #isOver(): boolean {
    return this.#ending || this.#stopped.signal.aborted;
  }

  #onTraffic(): void {
    this.#settle();
    if (this.#feed && !this.#isOver) this.#listener.onTraffic(this.#feed);
  }

  #onFrame(frame: DecodedFrame): void {
    this.#settle();
    this.#listener.onFrame(frame);
  }

  #settle(): void {
    if (this.#settled || this.#isOver) return;
    this.#settled = true;
    this.#ticket.settled();
  }

  #onFeedEnd(error: CameraError): void {
    if (this.#isOver) return;
    this.#feedError = error;
    if (!this.#decoder) this.#end(error);
    else this.#lastFrames = this.#parts.clock.setTimeout(() => this.#decoder?.stop(), LAST_FRAMES_MS);
  }

  #end(error: CameraError, waitMs?: number): void {
    if (this.#ending) return;
    this.#ending = true;
    this.#lastFrames?.clear();
    const isStopped = this.#stopped.signal.aborted;
    const closed = this.#feed?.stop() ?? Promise.resolve();
    closed.then(() => {
      const verdict = this.#ticket.ended(isStopped ? null : error);
      this.#listener.onEnd(verdict?.error ?? error, verdict?.waitMs ?? waitMs);
    });
  }
}

/** The second is how Basic authentication sends it, in base64: a camera may repeat what it was sent. */
function secretsOf(source: CameraSource): string[] {
  return 'url' in source ? [source.password, `${source.user}:${source.password}`] : [];
}

/** Node may name the arguments of a process that it cannot start. */
function asCameraError(thrown: unknown, secrets: readonly string[]): CameraError {
  if (thrown instanceof CameraError) return thrown;
  return new CameraError('CAMERA_LOST', 'ffmpeg could not be started.', {
    retryable: true,
    advice: 'It is tried again. See the detail; if it lasts, install ffmpeg anew, or report this.',
    detail: redact(asError(thrown).message, secrets),
  });
}
