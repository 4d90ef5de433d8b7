import type { ChildProcess } from 'node:child_process';
import type { Readable } from 'node:stream';
import type { Clock, Timer } from '../shared/clock';
import { redact } from '../shared/redact';
import type { Spawn } from './children';
import { JPEG_FD, LOG_FD, LUMA_BYTES, LUMA_FD } from './ffmpeg-args';
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

/** One SIGTERM is not enough: a stalled read ignores it, and so does 7.1 now and then (reference/ingest.md §0.3). */
const SECOND_TERM_MS = 400;
const KILL_MS = 2500;
/** What ffmpeg prints is kept up to here, the newest part. */
const MAX_TEXT_CHARS = 4000;

/** One running ffmpeg. Its pipes are always drained; it is gone when `onExit` is called. */
export class Decoder {
  readonly #options: DecoderOptions;
  readonly #assembler = new FrameAssembler(LUMA_BYTES);
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
    child.stderr?.on('data', (chunk: Buffer) => {
      this.#text = (this.#text + chunk.toString()).slice(-MAX_TEXT_CHARS);
    });
    child.stderr?.on('error', () => {});
    child.once('error', (error) => {
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
      clock.setTimeout(() => this.#child.kill('SIGKILL'), KILL_MS),
    ];
    // An ffmpeg that waits for a full pipe does not hear the signal.
    for (const pipe of this.#pipes) pipe.resume();
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
    if (this.#assembler.isOverfull) this.#fail('The streams of ffmpeg do not fit together.');
  }

  #deliverPaced(): void {
    if (this.#turn) return;
    const frame = this.#assembler.next();
    if (!frame) {
      for (const pipe of this.#pipes) pipe.resume();
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

  #fail(text: string): void {
    this.#text += `\n${text}`;
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
