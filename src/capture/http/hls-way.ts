import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { sleep } from '../../shared/clock';
import { asError, CameraError } from '../../shared/errors';
import { readBody } from './bounded-body';
import type { Answer } from './camera-http';
import { contentType, isPage, wrongContent } from './content';
import { HandedOut } from './handed-out';
import { chooseVariant, codecOf, type MediaPlaylist, type Playlist, parsePlaylist } from './hls-playlist';
import { newestSegments, writePlaylist } from './hls-rewrite';
import { LiveEdge } from './live-edge';
import type { Way, WayParts } from './way';

/** As gohlslib has it (reference/ingest.md §1 row 29). */
const MAX_PLAYLIST_BYTES = 2 ** 20;
const MAX_SEGMENT_BYTES = 100 * 2 ** 20;
const PLAYLIST_TIMEOUT_MS = 10_000;
/** Of a live stream; ffmpeg begins with the newest. */
const LIVE_SEGMENTS = 12;
const MAX_FAILURES = 3;

/** A playlist that names pieces of video, and is read again and again. */
export class HlsWay implements Way {
  readonly entry = 'live.m3u8';
  readonly #parts: WayParts;
  readonly #handedOut = new HandedOut();
  readonly #edge: LiveEdge;
  /** The playlist with the segments. */
  #url: string;
  /** It had its end when it was first read: a recording, played from its beginning. */
  #isRecording = false;
  #startedAt = 0;
  /** From {@link start}, until ffmpeg has asked for it. */
  #first: MediaPlaylist | null = null;
  #text = '';
  /** By name: where in time each segment of the newest playlist begins, in milliseconds. */
  readonly #segments = new Map<string, number>();
  /** Name of the newest segment, and of the one that was given to ffmpeg last. */
  #last: string | null = null;
  #delivered: string | null = null;
  #hasEnd = false;
  /** Segments in a row that could not be had. */
  #failures = 0;

  constructor(parts: WayParts) {
    this.#parts = parts;
    this.#url = parts.source.url;
    this.#edge = new LiveEdge(parts.clock);
  }

  async start(): Promise<void> {
    let playlist = await this.#load();
    if (playlist.variants) {
      const variant = chooseVariant(playlist.variants);
      const codec = variant && codecOf(variant);
      if (codec) this.#parts.onStream({ codec });
      this.#url = variant?.url ?? this.#url;
      playlist = await this.#load();
    }
    if (!playlist.media) throw wrongContent('a list of lists', 'a playlist');
    this.#isRecording = playlist.media.isComplete;
    this.#first = playlist.media;
    this.#edge.saw(playlist.media);
  }

  answer(path: string, request: IncomingMessage, response: ServerResponse): void {
    const url = this.#handedOut.urlOf(path);
    if (path === this.entry) void this.#answerPlaylist(response);
    else if (url) void this.#answerPart(path, url, request, response);
    else response.writeHead(404).end();
  }

  stop(): void {}

  async #load(): Promise<Playlist> {
    const { clock, http } = this.#parts;
    const answer = await http.get(this.#url);
    if (isPage(answer.headers) && contentType(answer.headers) !== 'text/plain') {
      answer.body.destroy();
      throw wrongContent(`a page (${contentType(answer.headers)})`, 'a playlist');
    }
    const body = await readBody(answer, {
      clock,
      maxBytes: MAX_PLAYLIST_BYTES,
      timeoutMs: PLAYLIST_TIMEOUT_MS,
      what: 'The playlist',
      signal: http.signal,
    });
    return parsePlaylist(body.toString('utf8'), answer.url);
  }

  async #answerPlaylist(response: ServerResponse): Promise<void> {
    const media = await this.#refresh();
    if (media) this.#text = this.#write(media);
    // Where it could not be had, ffmpeg gets the last one again, and asks for the next soon.
    response.writeHead(200, { 'content-type': 'application/vnd.apple.mpegurl', 'cache-control': 'no-store' });
    response.end(this.#text);
  }

  /** The playlist as it is now; null where it could not be had, or is over. */
  async #refresh(): Promise<MediaPlaylist | null> {
    const { http, onEnd } = this.#parts;
    const first = this.#first;
    this.#first = null;
    if (first) {
      this.#startedAt = this.#parts.clock.monotonic();
      return first;
    }
    try {
      const { media } = await this.#load();
      if (!media) throw wrongContent('a list of lists', 'a playlist');
      this.#edge.saw(media);
      const frozen = media.isComplete ? null : this.#edge.frozen(null);
      if (frozen) onEnd(frozen);
      return media;
    } catch (error) {
      if (http.signal.aborted) return null;
      const ended = isFinal(error)
        ? gone('The server no longer gives the playlist.', error.message)
        : this.#edge.frozen(asError(error));
      if (ended) onEnd(ended);
      return null;
    }
  }

  #write(all: MediaPlaylist): string {
    const media = this.#isRecording ? all : newestSegments(all, LIVE_SEGMENTS);
    this.#handedOut.nextRound();
    const text = writePlaylist(media, (url, ending) => this.#handedOut.nameOf(url, ending));
    this.#segments.clear();
    this.#last = null;
    let offsetMs = 0;
    for (const { url, duration, range } of media.segments) {
      // Parts of one file share its name.
      if (range === null) {
        this.#last = this.#handedOut.nameOf(url, 'ts');
        this.#segments.set(this.#last, offsetMs);
      }
      offsetMs += duration * 1000;
    }
    this.#hasEnd = media.isComplete;
    this.#checkEnd();
    return text;
  }

  async #answerPart(
    name: string,
    url: string,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    const { http, traffic } = this.#parts;
    try {
      if (this.#isRecording) await this.#waitForTime(this.#segments.get(name) ?? 0, response);
      const answer = await http.get(url, rangeOf(request));
      if (isPage(answer.headers)) {
        answer.body.destroy();
        throw wrongContent(`a page (${contentType(answer.headers)})`, 'video');
      }
      await this.#pass(answer, response, name.endsWith('.key'));
      this.#failures = 0;
      this.#delivered = name;
      this.#checkEnd();
    } catch (error) {
      if (http.signal.aborted || hasLeft(error, response)) {
        response.destroy();
        return;
      }
      // What was cut off must not look whole.
      if (response.headersSent) response.destroy();
      else response.writeHead(404).end();
      traffic.lost();
      this.#failures++;
      if (this.#failures >= MAX_FAILURES) this.#parts.onEnd(this.#partsGone(error));
    }
  }

  /** A recording is played as fast as it was taken: ffmpeg itself would take it as fast as it comes. */
  async #waitForTime(offsetMs: number, response: ServerResponse): Promise<void> {
    const { clock, http } = this.#parts;
    const waitMs = this.#startedAt + offsetMs - clock.monotonic();
    if (waitMs <= 0) return;
    const gone = new AbortController();
    const onClose = () => gone.abort(new Error(HAS_LEFT));
    response.once('close', onClose);
    http.signal.addEventListener('abort', onClose, { once: true });
    try {
      await sleep(clock, waitMs, gone.signal);
    } finally {
      response.off('close', onClose);
      http.signal.removeEventListener('abort', onClose);
    }
  }

  #pass({ body, status, headers }: Answer, response: ServerResponse, isKey: boolean): Promise<void> {
    const { traffic } = this.#parts.traffic;
    let bytes = 0;
    response.writeHead(status, {
      'content-type': headers['content-type'] ?? 'application/octet-stream',
      ...(headers['content-length'] ? { 'content-length': headers['content-length'] } : {}),
      ...(headers['content-range'] ? { 'content-range': headers['content-range'] } : {}),
    });
    body.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (isKey) traffic.otherPackets += 1;
      else this.#parts.traffic.video(chunk.length);
      if (bytes > MAX_SEGMENT_BYTES) body.destroy(new Error('A segment has more than 100 MiB.'));
    });
    return pipeline(body, response);
  }

  /** The last segment of a stream that has ended was given: nothing more will come. */
  #checkEnd(): void {
    if (this.#hasEnd && this.#last !== null && this.#delivered === this.#last) {
      this.#parts.onEnd(gone('The stream has come to its end.', ''));
    }
  }

  /** Before any video it is what the server says; later it is a stream that was lost. */
  #partsGone(error: unknown): CameraError {
    const isNew = this.#parts.traffic.traffic.lastVideoAt === null;
    if (isNew && error instanceof CameraError) return error;
    return gone('The server no longer gives the video that its playlist names.', asError(error).message);
  }
}

const HAS_LEFT = 'ffmpeg has left.';

/** ffmpeg closed its connection: nothing is wrong with the camera. */
function hasLeft(error: unknown, response: ServerResponse): boolean {
  const { code, message } = asError(error) as NodeJS.ErrnoException;
  return (
    message === HAS_LEFT ||
    code === 'ERR_STREAM_PREMATURE_CLOSE' ||
    (response.destroyed && !response.headersSent)
  );
}

/** ffmpeg asks for a whole file with "bytes=0-" too, which not every server understands. */
function rangeOf({ headers }: IncomingMessage): { range?: string } {
  return headers.range && headers.range !== 'bytes=0-' ? { range: headers.range } : {};
}

/** The playlist was there before, so its address is right: what is asked for again begins anew. */
function isFinal(error: unknown): error is CameraError {
  const code = error instanceof CameraError ? error.code : '';
  return code === 'CAMERA_AUTH' || code === 'CAMERA_NOT_FOUND' || code === 'CAMERA_REFUSED';
}

function gone(message: string, detail: string): CameraError {
  return new CameraError('CAMERA_LOST', message, { retryable: true, advice: 'It is opened again.', detail });
}
