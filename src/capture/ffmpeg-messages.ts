import { StringDecoder } from 'node:string_decoder';
import type { Clock, Timer } from '../shared/clock';
import { BrokenPictures } from './broken-pictures';

export interface FfmpegMessagesOptions {
  clock: Clock;
  /** So many pictures were broken. Called once a second at the most. */
  onBroken(count: number): void;
}

/** What ffmpeg prints is kept up to here, the newest part. */
const MAX_TEXT_CHARS = 4000;
const MAX_LINE_CHARS = 2000;
/**
 * A camera whose stream is damaged can make ffmpeg print megabytes in a second. More than this is not looked at, so
 * that it costs nothing; 600 lines tell enough.
 */
const MAX_BYTES_PER_SECOND = 64 * 1024;
const REPORT_MS = 1000;

/** Reads what ffmpeg prints (`-loglevel level+warning`): keeps its newest errors, and counts broken pictures. */
export class FfmpegMessages {
  readonly #options: FfmpegMessagesOptions;
  readonly #broken = new BrokenPictures();
  #decoder = new StringDecoder('utf8');
  #text = '';
  #rest = '';
  #isMidLine = false;
  #secondBegan = 0;
  #bytes = 0;
  /** The newest of what was not looked at: it may hold the reason of an end. */
  #unread: Buffer | null = null;
  #report: Timer | null = null;

  constructor(options: FfmpegMessagesOptions) {
    this.#options = options;
  }

  push(chunk: Buffer): void {
    const now = this.#options.clock.monotonic();
    if (now - this.#secondBegan >= 1000) {
      this.#secondBegan = now;
      this.#bytes = 0;
    }
    this.#bytes += chunk.length;
    if (this.#bytes > MAX_BYTES_PER_SECOND) {
      this.#unread = chunk;
      return;
    }
    this.#read(chunk);
  }

  /** Adds a line of our own. */
  add(line: string): void {
    this.#text = newestLines(`${this.#text}${line}\n`);
  }

  /** Tells what was counted and not told yet. @returns the newest errors, up to 4,000 characters */
  end(): string {
    if (this.#unread) this.#read(this.#unread);
    if (this.#rest !== '') this.#take(this.#rest);
    this.#rest = '';
    this.#report?.clear();
    this.#tell();
    return this.#text;
  }

  #read(chunk: Buffer): void {
    // Behind what was left out, reading begins with a new line.
    if (this.#unread) {
      this.#unread = null;
      this.#decoder = new StringDecoder('utf8');
      this.#rest = '';
      this.#isMidLine = true;
    }
    const lines = (this.#rest + this.#decoder.write(chunk)).split('\n');
    if (this.#isMidLine && lines.length > 1) {
      lines.shift();
      this.#isMidLine = false;
    }
    this.#rest = lines.pop() ?? '';
    // No line of ffmpeg's is so long. It is left out as a whole: a part of it might end within a secret.
    if (this.#isMidLine || this.#rest.length > MAX_LINE_CHARS) {
      this.#rest = '';
      this.#isMidLine = true;
    }
    for (const line of lines) this.#take(line);
  }

  #take(line: string): void {
    this.#broken.look(line);
    // Errors only: warnings have the same words, and are no reason for an end.
    if (!/^(\[[^\]]*\] )*\[warning\]/.test(line)) this.add(line);
    if (this.#broken.hasSome) {
      this.#report ??= this.#options.clock.setTimeout(() => this.#tell(), REPORT_MS);
    }
  }

  #tell(): void {
    this.#report = null;
    const count = this.#broken.take();
    if (count > 0) this.#options.onBroken(count);
  }
}

/** The newest part, from the beginning of a line on: the rest of a secret that was cut would not be found in it. */
function newestLines(text: string): string {
  if (text.length <= MAX_TEXT_CHARS) return text;
  const newest = text.slice(-MAX_TEXT_CHARS);
  return newest.slice(newest.indexOf('\n') + 1 || newest.length);
}
