import { packetise } from './rtp';
import { unchangedPictures } from './unchanged-picture';
import { type AccessUnit, type EncodedVideo, TICKS_PER_SECOND } from './video';

/**
 * What a camera sends whose encoder hangs: one GOP, for ever, that shows its keyframe and nothing else. Where pictures
 * without change cannot be made for its way of coding, the keyframe comes alone, once a GOP.
 *
 * @param picture number of a picture in the loop; its GOP is the one
 */
export function frozen(video: EncodedVideo, picture: number): EncodedVideo {
  const { units, fps } = video;
  const from = units.findLastIndex((unit, index) => unit.keyframe && index <= picture);
  const next = units.findIndex((unit, index) => unit.keyframe && index > from);
  const keyframe = units[from];
  if (!keyframe) return video;
  const gop = (next < 0 ? units.length : next) - from;
  const ticks = (pictures: number) => Math.round((pictures * TICKS_PER_SECOND) / fps);
  const first = { ...keyframe, pts: 0 };
  const unchanged = video.codec === 'h265' ? undefined : unchangedPictures(video.sps, video.pps);
  if (!unchanged) return { ...video, units: [first], fps: fps / gop, loopTicks: ticks(gop) };
  const others = Array.from({ length: gop - 1 }, (_, index): AccessUnit => {
    const nals = [unchanged(index + 1)];
    return { keyframe: false, pts: ticks(index + 1), payloads: packetise(nals), nals };
  });
  return { ...video, units: [first, ...others], loopTicks: ticks(gop) };
}
