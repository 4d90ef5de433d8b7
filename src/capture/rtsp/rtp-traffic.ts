import { noTraffic, type Traffic } from '../feed';
import { PictureFormat } from './picture-format';

/** RTP header without contributing sources: RFC 3550, section 5.1. */
const HEADER_BYTES = 12;
/** A jump further than this is a new beginning, not a loss: MAX_DROPOUT and MAX_MISORDER of RFC 3550, A.1. */
const MAX_DROPOUT = 3000;
const MAX_MISORDER = 100;
/** Keyframes further apart than this are no GOP, but a camera's clock that was set. */
const MAX_GOP_MS = 600_000;
const TICKS = 2 ** 32;

/** Counts packets, pictures and keyframes of one video track, by looking at headers only. */
export class RtpTraffic {
  readonly traffic: Traffic = noTraffic();
  #beginsKeyframe: ((bytes: Buffer, at: number, end: number) => boolean) | null = null;
  #format = new PictureFormat('');
  #ticksPerMs = 90;
  #source = -1;
  #expected = -1;
  #markedAt = -1;
  #keyframeAt = -1;

  /**
   * What is coming.
   *
   * @param codec as in StreamInfo
   * @param clockRate ticks of the RTP time stamps a second
   */
  expect(codec: string, clockRate: number): void {
    this.#beginsKeyframe = KEYFRAMES[codec] ?? null;
    this.#format = new PictureFormat(codec);
    this.#ticksPerMs = clockRate / 1000;
    this.traffic.pictures = 0;
    this.traffic.keyframes = this.#beginsKeyframe ? 0 : null;
  }

  /** A packet that is not video. */
  other(): void {
    this.traffic.otherPackets += 1;
  }

  /**
   * A packet of the video's channel.
   *
   * @param bytes the packet from `start` to `end`; of a long one its beginning is enough
   * @param length of the whole packet
   * @param now monotonic, milliseconds
   */
  video(bytes: Buffer, start: number, end: number, length: number, now: number): void {
    const first = bytes[start] as number;
    if (end - start < HEADER_BYTES || first >> 6 !== 2) {
      this.other();
      return;
    }
    const { traffic } = this;
    traffic.videoBytes += length;
    traffic.videoPackets += 1;
    traffic.lastVideoAt = now;
    const second = bytes[start + 1] as number;
    this.#count(uint16(bytes, start + 2), uint32(bytes, start + 8));
    const timestamp = uint32(bytes, start + 4);
    // Once a picture: some cameras mark each slice.
    if (second & 0x80 && timestamp !== this.#markedAt) {
      this.#markedAt = timestamp;
      traffic.pictures = (traffic.pictures ?? 0) + 1;
    }
    // Once a picture here, too: a keyframe may have many slices.
    if (timestamp === this.#keyframeAt || !this.#beginsKeyframe) return;
    let payload = start + HEADER_BYTES + 4 * (first & 0x0f);
    if (first & 0x10) payload += 4 + 4 * (payload + 4 <= end ? uint16(bytes, payload + 2) : 0);
    if (payload >= end) return;
    this.#format.look(bytes, payload, end);
    traffic.formatChanges = this.#format.changes;
    if (this.#beginsKeyframe(bytes, payload, end)) this.#keyframe(timestamp, now);
  }

  #count(sequence: number, source: number): void {
    const ahead = (sequence - this.#expected) & 0xffff;
    if (source !== this.#source || this.#expected < 0) {
      this.#source = source;
    } else if (ahead > 0xffff - MAX_MISORDER) {
      // Late: it was counted as lost. What is expected stays.
      this.traffic.lostPackets = Math.max(0, this.traffic.lostPackets - 1);
      return;
    } else if (ahead <= MAX_DROPOUT) {
      this.traffic.lostPackets += ahead;
    }
    this.#expected = (sequence + 1) & 0xffff;
  }

  #keyframe(timestamp: number, now: number): void {
    const { traffic } = this;
    if (this.#keyframeAt >= 0) {
      const gopMs = ((timestamp - this.#keyframeAt + TICKS) % TICKS) / this.#ticksPerMs;
      if (gopMs <= MAX_GOP_MS) traffic.gopMs = gopMs;
    }
    this.#keyframeAt = timestamp;
    traffic.keyframes = (traffic.keyframes ?? 0) + 1;
    traffic.lastKeyframeAt = now;
  }
}

/** By codec: does a keyframe begin in this payload? */
const KEYFRAMES: Record<string, (bytes: Buffer, at: number, end: number) => boolean> = {
  h264: beginsH264Keyframe,
  h265: beginsH265Keyframe,
  // Every picture is whole; its first packet is found by its time stamp.
  mjpeg: () => true,
};

const H264_IDR = 5;
const H264_STAP_A = 24;
const H264_FU_A = 28;

function isH264Key(header: number): boolean {
  return (header & 0x1f) === H264_IDR;
}

/** SEI, SPS, PPS, AUD: H.264, table 7-1. */
function isH264Prefix(header: number): boolean {
  const type = header & 0x1f;
  return type >= 6 && type <= 9;
}

/** RFC 6184, sections 5.6 to 5.8. */
function beginsH264Keyframe(bytes: Buffer, at: number, end: number): boolean {
  const header = bytes[at] as number;
  const type = header & 0x1f;
  if (type === H264_STAP_A) return anyUnit(bytes, at + 1, end, isH264Key);
  if (type !== H264_FU_A)
    return isH264Key(header) || (isH264Prefix(header) && anyBehind(bytes, at, end, isH264Key));
  const fragment = at + 1 < end ? (bytes[at + 1] as number) : 0;
  if (fragment < FIRST_FRAGMENT) return false;
  return isH264Key(fragment) || (isH264Prefix(fragment) && anyBehind(bytes, at, end, isH264Key));
}

/** BLA, IDR and CRA: H.265, table 7-1. */
const H265_FIRST_KEY = 16;
const H265_LAST_KEY = 21;
const H265_AP = 48;
const H265_FU = 49;

function isH265KeyType(type: number): boolean {
  return type >= H265_FIRST_KEY && type <= H265_LAST_KEY;
}

function isH265Key(header: number): boolean {
  return isH265KeyType((header >> 1) & 0x3f);
}

/** VPS, SPS, PPS, AUD, and SEI before the picture: H.265, table 7-1. */
function isH265PrefixType(type: number): boolean {
  return (type >= 32 && type <= 35) || type === 39;
}

/** RFC 7798, sections 4.4.1 to 4.4.3. */
function beginsH265Keyframe(bytes: Buffer, at: number, end: number): boolean {
  const header = bytes[at] as number;
  const type = (header >> 1) & 0x3f;
  if (type === H265_AP) return anyUnit(bytes, at + 2, end, isH265Key);
  if (type !== H265_FU)
    return isH265KeyType(type) || (isH265PrefixType(type) && anyBehind(bytes, at, end, isH265Key));
  const fragment = at + 2 < end ? (bytes[at + 2] as number) : 0;
  if (fragment < FIRST_FRAGMENT) return false;
  const whole = fragment & 0x3f;
  return isH265KeyType(whole) || (isH265PrefixType(whole) && anyBehind(bytes, at, end, isH265Key));
}

/** The start bit in the header of a fragment. */
const FIRST_FRAGMENT = 0x80;
/** As far as parameter sets reach before a keyframe. */
const SEARCHED_BYTES = 256;

/**
 * Some cameras put all of a picture into one unit, with start codes within, as in a file. A unit as it should be has
 * none (emulation prevention: H.264, section 7.4.1).
 */
function anyBehind(bytes: Buffer, from: number, end: number, is: (header: number) => boolean): boolean {
  const last = Math.min(end, from + SEARCHED_BYTES) - 4;
  for (let at = from; at <= last; at += 1) {
    const isStartCode = bytes[at] === 0 && bytes[at + 1] === 0 && bytes[at + 2] === 1;
    if (isStartCode && is(bytes[at + 3] as number)) return true;
  }
  return false;
}

/** Looks at the units of an aggregation packet: each has its size before it. */
function anyUnit(bytes: Buffer, from: number, end: number, is: (header: number) => boolean): boolean {
  for (let at = from; at + 2 < end; at += 2 + uint16(bytes, at)) if (is(bytes[at + 2] as number)) return true;
  return false;
}

// Plain arithmetic: Buffer's own readers check their arguments, and this runs for each packet of each camera.
function uint16(bytes: Buffer, at: number): number {
  return ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
}

function uint32(bytes: Buffer, at: number): number {
  return ((uint16(bytes, at) << 16) | uint16(bytes, at + 2)) >>> 0;
}
