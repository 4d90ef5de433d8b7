import type { ChildProcess } from 'node:child_process';
import type { Readable } from 'node:stream';
import type { Clock, Timer } from '../shared/clock';
import { LUMA_PIXELS } from '../shared/luma';
import { redact } from '../shared/redact';
import type { Spawn } from './children';
import { JPEG_FD, LOG_FD, LUMA_FD } from './ffmpeg-args';
import { FfmpegMessages } from './ffmpeg-messages';
import { type DecodedFrame, FrameAssembler } from './frame-assembler';
import { type LoopLag, loopLagOf } from './loop-lag';

export interface DecoderOptions {
  /** Path of ffmpeg. */
  path: string;
  args: string[];
  /** Taken out of what ffmpeg prints. */
  secrets: string[];
  /**
   * For recordings at full speed: hands over every frame, one a turn of the event loop, and lets ffmpeg wait meanwhile.
   * Else the newest frame counts: one that is complete before an older one was handed over takes its place.
   */
  paced: boolean;
  clock: Clock;
  spawn: Spawn;
  onFrame(frame: DecodedFrame): void;
  /** So many pictures were broken, by what ffmpeg tells. Called once a second at the most. */
  onBroken?(count: number): void;
  /** Called once, after the last frame. `text`: the end of what ffmpeg printed, without secrets. */
  onExit(text: string): void;
}

/**
 * One SIGTERM is not enough: a stalled read ignores it, and so does 7.1 now and then (reference/ingest.md §0.3). But a
 * second one cuts off the TEARDOWN to the camera, for which 7.1 takes up to 0.6 s (measured), and
 * more on a busy machine.
 */
const SECOND_TERM_MS = 1500;
const KILL_MS = 2500;
/** After the event loop was blocked, a frame waits so long for a newer one: ffmpeg and the pipes hold some that are old. */
const NEWER_MS = 100;

/** One running ffmpeg. Its pipes are always drained; it is gone when `onExit` is called. */
export class Decoder {
  readonly #options: DecoderOptions;
  readonly #assembler = new FrameAssembler(LUMA_PIXELS);
  readonly #child: ChildProcess;
  readonly #pipes: Readable[];
  readonly #messages: FfmpegMessages;
  readonly #lag: LoopLag;
  readonly #endLag: () => void;
  #timers: Timer[] = [];
  #stopping = false;
  #exited = false;
  /** The newest frame that was not handed over yet; for `paced` the next one. */
  #slot: DecodedFrame | null = null;
  #turn: NodeJS.Immediate | null = null;
  #wait: Timer | null = null;
  #dropped = 0;

  constructor(options: DecoderOptions) {
    this.#options = options;
    const { clock } = options;
    this.#messages = new FfmpegMessages({ clock, onBroken: (count) => this.#tellBroken(count) });
    this.#lag = loopLagOf(clock);
    const child = options.spawn(options.path, options.args);
    this.#child = child;
    // Behind the start, which may throw: then nobody would end it.
    this.#endLag = this.#lag.use();
    const pipe = (fd: number) => child.stdio[fd] as Readable;
    this.#pipes = [pipe(JPEG_FD), pipe(LUMA_FD), pipe(LOG_FD)].filter(Boolean);
    this.#read(pipe(JPEG_FD), (chunk) => this.#assembler.pushJpeg(chunk));
    this.#read(pipe(LUMA_FD), (chunk) => this.#assembler.pushLuma(chunk));
    this.#read(pipe(LOG_FD), (chunk) => this.#assembler.pushLog(chunk));
    child.stderr?.on('data', (chunk: Buffer) => this.#messages.push(chunk));
    child.stderr?.on('error', () => {});
    // Not only once: a signal that is not permitted is told each time, and what nobody hears would end the process.
    child.on('error', (error) => {
      this.#messages.add(error.message);
      // A program that could not be started has no exit to wait for.
      if (child.pid === undefined) this.#finish();
    });
    // `close` comes after the pipes have been read to their end, so that no frame is lost.
    child.once('close', () => this.#finish());
  }

  /** Frames that were passed over because a newer one was there. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Ends ffmpeg: asks twice, then kills. `onExit` follows; frames no longer do. */
  stop(): void {
    if (this.#stopping || this.#exited) return;
    this.#stopping = true;
    this.#forget();
    const { clock } = this.#options;
    this.#child.kill('SIGTERM');
    this.#timers = [
      clock.setTimeout(() => this.#child.kill('SIGTERM'), SECOND_TERM_MS),
      clock.setTimeout(() => this.#kill(), KILL_MS),
    ];
    // An ffmpeg that waits for a full pipe does not hear the signal.
    for (const pipe of this.#pipes) pipe.resume();
  }

  /** Where the path names a script, what it has started may live on and hold the pipes: their end is not waited for. */
  #kill(): void {
    this.#child.kill('SIGKILL');
    for (const pipe of this.#child.stdio) pipe?.destroy();
  }

  #read(pipe: Readable | undefined, push: (chunk: Buffer) => void): void {
    pipe?.on('data', (chunk: Buffer) => {
      if (this.#stopping) return;
      push(chunk);
      this.#deliver();
    });
    pipe?.on('error', () => {});
  }

  #deliver(): void {
    if (this.#options.paced) {
      this.#deliverPaced();
      return;
    }
    for (let frame = this.#assembler.next(); frame; frame = this.#assembler.next()) {
      if (this.#slot) this.#dropped++;
      this.#slot = frame;
    }
    this.#checkWaiting();
    if (!this.#slot || this.#turn || this.#wait || this.#stopping) return;
    if (this.#lag.isCatchingUp) {
      this.#wait = this.#options.clock.setTimeout(() => this.#handOver(), NEWER_MS);
    } else {
      // Not at once: all that has arrived is read before the next turn.
      this.#turn = setImmediate(() => this.#handOver());
    }
  }

  #handOver(): void {
    const frame = this.#slot;
    this.#forget();
    if (frame && !this.#stopping) this.#options.onFrame(frame);
  }

  #forget(): void {
    this.#slot = null;
    this.#wait?.clear();
    this.#wait = null;
    if (this.#turn) clearImmediate(this.#turn);
    this.#turn = null;
  }

  #deliverPaced(): void {
    if (this.#turn) return;
    this.#slot = this.#assembler.next();
    if (!this.#slot) {
      for (const pipe of this.#pipes) pipe.resume();
      this.#checkWaiting();
      return;
    }
    for (const pipe of this.#pipes) pipe.pause();
    this.#turn = setImmediate(() => {
      this.#handOver();
      if (!this.#stopping) this.#deliverPaced();
    });
  }

  #checkWaiting(): void {
    if (!this.#assembler.isOverfull) return;
    this.#messages.add('The streams of ffmpeg do not fit together.');
    this.stop();
  }

  #tellBroken(count: number): void {
    if (!this.#stopping) this.#options.onBroken?.(count);
  }

  #finish(): void {
    if (this.#exited) return;
    // Recordings at full speed: what was read before the end is still handed over, a frame a turn.
    if (this.#options.paced && this.#turn) {
      setImmediate(() => this.#finish());
      return;
    }
    this.#handOver();
    this.#exited = true;
    for (const timer of this.#timers) timer.clear();
    this.#endLag();
    this.#options.onExit(redact(this.#messages.end(), this.#options.secrets));
  }
}
