import type { Payload } from './rtp';

/** Behind the NAL unit's and the fragment's header, so that what is hit is the picture and not its type. */
const SPARED_BYTES = 12;
const FLIPPED_BYTES = 8;

/** The payloads of a picture with some bytes of the longest one wrong. Parameter sets are too short to be it. */
export function damaged(payloads: Payload[], random: () => number): Payload[] {
  const longest = payloads.reduce((one, other) => (other.bytes.length > one.bytes.length ? other : one));
  const room = longest.bytes.length - SPARED_BYTES;
  if (room <= 0) return payloads;
  const bytes = Buffer.from(longest.bytes);
  for (let flipped = 0; flipped < FLIPPED_BYTES; flipped += 1) {
    const at = SPARED_BYTES + Math.floor(random() * room);
    bytes[at] = (bytes[at] ?? 0) ^ (1 + Math.floor(random() * 255));
  }
  return payloads.map((payload) => (payload === longest ? { ...longest, bytes } : payload));
}
