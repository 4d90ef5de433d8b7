import type { ChildProcess } from 'node:child_process';
import type { Readable } from 'node:stream';
import type { Clock, Timer } from '../shared/clock';
import { LUMA_PIXELS } from '../shared/luma';
import { redact } from '../shared/redact';
import type { Spawn } from './children';
import { JPEG_FD, LOG_FD, LUMA_FD } from './ffmpeg-args';
import { type DecodedFrame, FrameAssembler } from './frame-assembler';

export interface DecoderOptions {
  /** Path of ffmpeg. */
  path: string;
  args: string[];
  /** Taken out of what ffmpeg prints. */
  secrets: string[];
  /** Hands over one frame a turn of the event loop, and lets ffmpeg wait meanwhile. For recordings at full speed. */
  paced: boolean;
  clock: Clock;
  spawn: Spawn;
  onFrame(frame: DecodedFrame): void;
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
/** What ffmpeg prints is kept up to here, the newest part. */
const MAX_TEXT_CHARS = 4000;

/** One running ffmpeg. Its pipes are always drained; it is gone when `onExit` is called. */
export class Decoder {
  readonly #options: DecoderOptions;
  readonly #assembler = new FrameAssembler(LUMA_PIXELS);
  readonly #child: ChildProcess;
  readonly #pipes: Readable[];
  #text = '';
  #timers: Timer[] = [];
  #stopping = false;
  #exited = false;
  #turn: NodeJS.Immediate | null = null;

  constructor(options: DecoderOptions) {
    this.#options = options;
    const child = options.spawn(options.path, options.args);
    this.#child = child;
    const pipe = (fd: number) => child.stdio[fd] as Readable;
    this.#pipes = [pipe(JPEG_FD), pipe(LUMA_FD), pipe(LOG_FD)].filter(Boolean);
    this.#read(pipe(JPEG_FD), (chunk) => this.#assembler.pushJpeg(chunk));
    this.#read(pipe(LUMA_FD), (chunk) => this.#assembler.pushLuma(chunk));
    this.#read(pipe(LOG_FD), (chunk) => this.#assembler.pushLog(chunk));
    child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
      this.#text = newestLines(this.#text + chunk);
    });
    child.stderr?.on('error', () => {});
    // Not only once: a signal that is not permitted is told each time, and what nobody hears would end the process.
    child.on('error', (error) => {
      this.#text += error.message;
      // A program that could not be started has no exit to wait for.
      if (child.pid === undefined) this.#finish();
    });
    // `close` comes after the pipes have been read to their end, so that no frame is lost.
    child.once('close', () => this.#finish());
  }

  /** Ends ffmpeg: asks twice, then kills. `onExit` follows; frames no longer do. */
  stop(): void {
    if (this.#stopping || this.#exited) return;
    this.#stopping = true;
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
      this.#options.onFrame(frame);
      if (this.#stopping) return;
    }
    this.#checkWaiting();
  }

  #deliverPaced(): void {
    if (this.#turn) return;
    const frame = this.#assembler.next();
    if (!frame) {
      for (const pipe of this.#pipes) pipe.resume();
      this.#checkWaiting();
      return;
    }
    for (const pipe of this.#pipes) pipe.pause();
    this.#turn = setImmediate(() => {
      this.#turn = null;
      if (this.#stopping) return;
      this.#options.onFrame(frame);
      if (!this.#stopping) this.#deliverPaced();
    });
  }

  #checkWaiting(): void {
    if (!this.#assembler.isOverfull) return;
    this.#text += '\nThe streams of ffmpeg do not fit together.';
    this.stop();
  }

  #finish(): void {
    if (this.#exited) return;
    // Recordings at full speed: what was read before the end is still handed over, a frame a turn.
    if (this.#turn && !this.#stopping) {
      setImmediate(() => this.#finish());
      return;
    }
    this.#exited = true;
    for (const timer of this.#timers) timer.clear();
    this.#options.onExit(redact(this.#text, this.#options.secrets));
  }
}

/** The newest part, from the beginning of a line on: the rest of a secret that was cut would not be found in it. */
function newestLines(text: string): string {
  if (text.length <= MAX_TEXT_CHARS) return text;
  const newest = text.slice(-MAX_TEXT_CHARS);
  return newest.slice(newest.indexOf('\n') + 1 || newest.length);
}
