import type { Traffic } from '../feed';

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
  readonly traffic: Traffic = {
    videoBytes: 0,
    videoPackets: 0,
    otherPackets: 0,
    lostPackets: 0,
    lastVideoAt: null,
    pictures: null,
    keyframes: null,
    lastKeyframeAt: null,
    gopMs: null,
  };
  #beginsKeyframe: ((bytes: Buffer, at: number, end: number) => boolean) | null = null;
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
    if (payload < end && this.#beginsKeyframe(bytes, payload, end)) this.#keyframe(timestamp, now);
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

/** RFC 6184, sections 5.6 to 5.8. */
function beginsH264Keyframe(bytes: Buffer, at: number, end: number): boolean {
  const type = (bytes[at] as number) & 0x1f;
  if (type === H264_FU_A) return at + 1 < end && isFirst(bytes, at + 1, 0x1f, H264_IDR, H264_IDR);
  if (type === H264_STAP_A)
    return anyUnit(bytes, at + 1, end, (unit) => ((bytes[unit] as number) & 0x1f) === H264_IDR);
  return type === H264_IDR;
}

/** BLA, IDR and CRA: H.265, table 7-1. */
const H265_FIRST_KEY = 16;
const H265_LAST_KEY = 21;
const H265_AP = 48;
const H265_FU = 49;

/** RFC 7798, sections 4.4.1 to 4.4.3. */
function beginsH265Keyframe(bytes: Buffer, at: number, end: number): boolean {
  const type = ((bytes[at] as number) >> 1) & 0x3f;
  if (type === H265_FU) return at + 2 < end && isFirst(bytes, at + 2, 0x3f, H265_FIRST_KEY, H265_LAST_KEY);
  if (type === H265_AP)
    return anyUnit(bytes, at + 2, end, (unit) => isH265Key(((bytes[unit] as number) >> 1) & 0x3f));
  return isH265Key(type);
}

function isH265Key(type: number): boolean {
  return type >= H265_FIRST_KEY && type <= H265_LAST_KEY;
}

/** The header of a fragment: is it the first one, of a unit of these types? */
function isFirst(bytes: Buffer, at: number, mask: number, from: number, to: number): boolean {
  const type = (bytes[at] as number) & mask;
  return (bytes[at] as number) >= 0x80 && type >= from && type <= to;
}

/** Looks at the units of an aggregation packet: each has its size before it. */
function anyUnit(bytes: Buffer, from: number, end: number, is: (at: number) => boolean): boolean {
  for (let at = from; at + 2 < end; at += 2 + uint16(bytes, at)) if (is(at + 2)) return true;
  return false;
}

// Plain arithmetic: Buffer's own readers check their arguments, and this runs for each packet of each camera.
function uint16(bytes: Buffer, at: number): number {
  return ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
}

function uint32(bytes: Buffer, at: number): number {
  return ((uint16(bytes, at) << 16) | uint16(bytes, at + 2)) >>> 0;
}
