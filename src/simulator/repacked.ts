import type { Quirk } from './quirk';
import { packetise } from './rtp';
import type { AccessUnit, EncodedVideo } from './video';

/** Above what Ethernet carries: Tapo cameras send such packets over UDP, and IP cuts them. */
const BIG_PACKET_BYTES = 10_000;
const START_CODE = Buffer.from([0, 0, 0, 1]);

/** The payloads of one picture in the odd way of a quirk; as they are where the quirk is of something else. */
const ODD_WAYS: Partial<Record<Quirk, (unit: AccessUnit, video: EncodedVideo) => AccessUnit['payloads']>> = {
  'marker-on-each-nal': ({ nals = [] }, { codec }) => nals.flatMap((nal) => packetise([nal], codec)),
  'annex-b': ({ nals = [] }, { codec }) => packetise([withStartCodes(nals)], codec),
  'big-packets': ({ nals = [] }, { codec }) => packetise(nals, codec, BIG_PACKET_BYTES),
};

/** The same pictures, packed as a camera with a quirk does it. */
export function repacked(video: EncodedVideo, quirk: Quirk): EncodedVideo {
  const pack = ODD_WAYS[quirk];
  if (!pack) return video;
  const units = video.units.map((unit) => (unit.nals ? { ...unit, payloads: pack(unit, video) } : unit));
  return { ...video, units };
}

function withStartCodes(nals: Buffer[]): Buffer {
  return Buffer.concat(nals.flatMap((nal, index) => (index === 0 ? [nal] : [START_CODE, nal])));
}
