import { packetise } from './rtp';
import type { EncodedVideo } from './video';

/** NAL unit header of an H.265 slice: type 1 (TRAIL_R), layer 0, temporal id 1. */
const SLICE_HEADER = Buffer.from([0x02, 0x01]);

/**
 * Says that it is H.265 and holds nothing that can be decoded: what a client without H.265 sees. It has the pace and
 * the sizes of the video that it is made from, and needs no encoder.
 */
export function junkH265({ units, fps, loopTicks }: EncodedVideo): EncodedVideo {
  const nothing = Buffer.alloc(0);
  return {
    codec: 'h265',
    fps,
    loopTicks,
    sps: nothing,
    pps: nothing,
    units: units.map(({ keyframe, pts, payloads }) => {
      const bytes = payloads.reduce((sum, payload) => sum + payload.bytes.length, 0);
      const nals = [Buffer.concat([SLICE_HEADER, Buffer.alloc(bytes, 0xa5)])];
      return { keyframe, pts, payloads: packetise(nals, 'h265'), nals };
    }),
  };
}
