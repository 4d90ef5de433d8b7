import { header, isStartLine, parseHead, type RtspMessage } from './rtsp-message';

/** What is found in the bytes of an RTSP connection, in the order in which it came. */
export interface InterleavedSink {
  /**
   * A packet of a channel: `bytes` from `start` to `end`, valid during the call only. Of one that was split between
   * chunks it is the first 256 bytes at the most.
   *
   * @param length of the whole packet
   */
  packet(channel: number, bytes: Buffer, start: number, end: number, length: number): void;
  /** Packets with their framing, to be passed on as they are: parts of the chunk, not copies. */
  media(bytes: Buffer): void;
  /** Whether the packets of a channel are passed on; all are told. */
  isPassed(channel: number): boolean;
  message(message: RtspMessage): void;
  /** Channels that packets are expected on, to find back after bytes that are neither packet nor message. */
  isChannel(channel: number): boolean;
}

/** These bytes are not RTSP. */
export class NotRtspError extends Error {}

const MAX_HEAD_BYTES = 64 * 1024;
const MAX_BODY_BYTES = 1024 * 1024;
/** So much that is neither packet nor message is no slip of a camera. */
const MAX_JUNK_BYTES = 64 * 1024;
/** Enough for the headers of RTP with extensions, and for parameter sets before a keyframe in the same packet. */
const SPLIT_HEAD_BYTES = 256;
const FRAME_HEADER_BYTES = 4;

const NOTHING = Buffer.alloc(0);
const DOLLAR = 0x24;
const CR = 0x0d;
const LF = 0x0a;

/**
 * Takes packets and messages apart, wherever the chunks were split (RFC 2326, section 10.12). Payload is not copied.
 */
export class InterleavedReader {
  /** Some cameras slip bytes between packets. True while they play: such bytes are left out instead of ending it all. */
  tolerant = false;
  readonly #sink: InterleavedSink;
  #state: 'start' | 'packet' | 'head' | 'body' | 'junk' = 'start';
  /** What came of a packet's header. */
  #carry: Buffer = NOTHING;
  /** Of a packet that is split between chunks. */
  readonly #splitHead = Buffer.alloc(SPLIT_HEAD_BYTES);
  #channel = 0;
  #passed = false;
  #length = 0;
  #seen = 0;
  /** What came of a message, or the end of junk. */
  #text: Buffer = Buffer.alloc(0);
  #message: RtspMessage | null = null;
  #bodyBytes = 0;
  #junkBytes = 0;
  #searchFrom = 0;

  constructor(sink: InterleavedSink) {
    this.#sink = sink;
  }

  /** @throws NotRtspError */
  push(part: Buffer): void {
    // Seldom: the header of a packet was split.
    const chunk = this.#carry.length > 0 ? Buffer.concat([this.#carry, part]) : part;
    this.#carry = NOTHING;
    // Where the packets begin that are to be passed on; -1 for none.
    let from = -1;
    let at = 0;
    while (at < chunk.length) {
      const isPacket = this.#state === 'start' && chunk[at] === DOLLAR;
      if (isPacket && chunk.length - at < FRAME_HEADER_BYTES) {
        this.#carry = Buffer.from(chunk.subarray(at));
        break;
      }
      if (isPacket) this.#passed = this.#sink.isPassed(chunk[at + 1] as number);
      const isPassed = this.#passed && (isPacket || this.#state === 'packet');
      if (isPassed && from < 0) from = at;
      if (!isPassed && from >= 0) {
        this.#sink.media(chunk.subarray(from, at));
        from = -1;
      }
      if (isPacket) at = this.#wholePacket(chunk, at);
      else at = this.#state === 'packet' ? this.#restOfPacket(chunk, at) : this.#readText(chunk, at);
    }
    if (from === 0 && at === chunk.length) this.#sink.media(chunk);
    else if (from >= 0) this.#sink.media(chunk.subarray(from, at));
  }

  /** @returns where it ends; the end of the chunk where the packet goes on in the next one */
  #wholePacket(chunk: Buffer, at: number): number {
    const channel = chunk[at + 1] as number;
    const length = ((chunk[at + 2] as number) << 8) | (chunk[at + 3] as number);
    const start = at + FRAME_HEADER_BYTES;
    const end = start + length;
    if (end > chunk.length) {
      this.#beginSplit(channel, length);
      return this.#restOfPacket(chunk, start);
    }
    this.#sink.packet(channel, chunk, start, end, length);
    return end;
  }

  #beginSplit(channel: number, length: number): void {
    this.#channel = channel;
    this.#length = length;
    this.#seen = 0;
    this.#state = 'packet';
  }

  #restOfPacket(chunk: Buffer, at: number): number {
    const end = Math.min(at + this.#length - this.#seen, chunk.length);
    if (this.#seen < SPLIT_HEAD_BYTES) chunk.copy(this.#splitHead, this.#seen, at, end);
    this.#seen += end - at;
    if (this.#seen === this.#length) {
      this.#state = 'start';
      const kept = Math.min(this.#length, SPLIT_HEAD_BYTES);
      this.#sink.packet(this.#channel, this.#splitHead, 0, kept, this.#length);
    }
    return end;
  }

  /** What is not a packet. @returns up to where it was read */
  #readText(chunk: Buffer, at: number): number {
    if (this.#state === 'start') {
      if (chunk[at] === CR || chunk[at] === LF) return at + 1;
      this.#state = 'head';
    }
    if (this.#state === 'head') return this.#readHead(chunk, at);
    if (this.#state === 'body') return this.#readBody(chunk, at);
    return this.#skipJunk(chunk, at);
  }

  #readHead(chunk: Buffer, at: number): number {
    const before = this.#text.length;
    this.#text = Buffer.concat([this.#text, chunk.subarray(at, at + MAX_HEAD_BYTES)]);
    const text = this.#text.toString('latin1');
    const lineEnd = text.indexOf('\n');
    const line = lineEnd < 0 ? text : text.slice(0, lineEnd).trimEnd();
    if (lineEnd < 0 ? !/^[A-Z_]+($|[ /])/.test(line) : !isStartLine(line)) return this.#lost(before, at);
    const found = /\r?\n\r?\n/.exec(text);
    if (!found) {
      if (this.#text.length >= MAX_HEAD_BYTES) throw new NotRtspError('The head of a message is too long.');
      return chunk.length;
    }
    const message = parseHead(text.slice(0, found.index));
    if (!message) return this.#lost(before, at);
    const headBytes = found.index + found[0].length;
    this.#text = Buffer.alloc(0);
    this.#beginBody(message);
    return at + headBytes - before;
  }

  #beginBody(message: RtspMessage): void {
    const bytes = Number(header(message.headers, 'Content-Length') || 0);
    if (!(bytes >= 0 && bytes <= MAX_BODY_BYTES))
      throw new NotRtspError('The body of a message is too long.');
    this.#message = message;
    this.#bodyBytes = bytes;
    this.#state = 'body';
    if (bytes === 0) this.#endMessage(Buffer.alloc(0));
  }

  #readBody(chunk: Buffer, at: number): number {
    const taken = Math.min(this.#bodyBytes - this.#text.length, chunk.length - at);
    this.#text = Buffer.concat([this.#text, chunk.subarray(at, at + taken)]);
    if (this.#text.length === this.#bodyBytes) this.#endMessage(this.#text);
    return at + taken;
  }

  #endMessage(body: Buffer): void {
    const message = this.#message;
    this.#message = null;
    this.#text = Buffer.alloc(0);
    this.#state = 'start';
    if (message) this.#sink.message({ ...message, body });
  }

  /** These bytes are no message: they end it all, or are left out. */
  #lost(gatheredBefore: number, at: number): number {
    if (!this.tolerant) throw new NotRtspError('The bytes are not RTSP.');
    this.#state = 'junk';
    this.#junkBytes = 0;
    // What was gathered before this chunk is searched with it, but what it began with is no sign.
    this.#text = this.#text.subarray(0, gatheredBefore);
    this.#searchFrom = 1;
    return at;
  }

  #skipJunk(chunk: Buffer, at: number): number {
    const before = this.#text.length;
    const bytes = before > 0 ? Buffer.concat([this.#text, chunk.subarray(at)]) : chunk.subarray(at);
    const found = this.#nextKnown(bytes, this.#searchFrom);
    this.#searchFrom = 0;
    this.#junkBytes += found - before;
    if (this.#junkBytes > MAX_JUNK_BYTES) throw new NotRtspError('The bytes are no longer RTSP.');
    this.#text = Buffer.alloc(0);
    if (found + LONGEST_SIGN > bytes.length) {
      // It may be a sign that is split between chunks.
      this.#text = Buffer.from(bytes.subarray(found));
      return chunk.length;
    }
    this.#state = 'start';
    if (found >= before) return at + found - before;
    this.push(bytes.subarray(found));
    return chunk.length;
  }

  /** Where something begins that looks like a packet or a message, or the last bytes that may become one. */
  #nextKnown(bytes: Buffer, from: number): number {
    for (let at = from; at + LONGEST_SIGN <= bytes.length; at += 1) {
      if (bytes[at] === DOLLAR && this.#sink.isChannel(bytes[at + 1] as number)) return at;
      if (bytes[at] === SIGN[0] && bytes.toString('latin1', at, at + LONGEST_SIGN) === SIGN_TEXT) return at;
    }
    return Math.max(from, bytes.length - LONGEST_SIGN + 1);
  }
}

const SIGN_TEXT = 'RTSP/';
const SIGN = Buffer.from(SIGN_TEXT);
const LONGEST_SIGN = SIGN.length;
