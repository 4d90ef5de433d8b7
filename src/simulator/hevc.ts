/** H.265 video as an elementary stream holds it. */
export interface HevcVideo {
  vps: Buffer;
  sps: Buffer;
  pps: Buffer;
  /** In decoding order; `nals` are the slices alone. */
  pictures: { keyframe: boolean; nals: Buffer[] }[];
}

/** NAL unit types: ITU-T H.265, table 7-1. */
const FIRST_IRAP = 16;
const LAST_IRAP = 23;
const LAST_SLICE = 31;
const VPS = 32;
const SPS = 33;
const PPS = 34;

/** Reads an H.265 byte stream: ITU-T H.265, annex B. */
export function parseHevc(file: Buffer): HevcVideo {
  const parameters = new Map<number, Buffer>();
  const pictures: HevcVideo['pictures'] = [];
  for (const nal of nalUnits(file)) {
    const type = ((nal[0] ?? 0) >> 1) & 0x3f;
    if (type > LAST_SLICE) {
      if (!parameters.has(type)) parameters.set(type, nal);
      continue;
    }
    // first_slice_segment_in_pic_flag
    if ((nal[2] ?? 0) & 0x80)
      pictures.push({ keyframe: type >= FIRST_IRAP && type <= LAST_IRAP, nals: [nal] });
    else pictures.at(-1)?.nals.push(nal);
  }
  const [vps, sps, pps] = [VPS, SPS, PPS].map((type) => parameters.get(type));
  if (!vps || !sps || !pps) throw new Error('The encoder gave no H.265 parameter sets.');
  return { vps, sps, pps, pictures };
}

const START_CODE = Buffer.from([0, 0, 1]);

/** What is between the start codes, without the zero that may stand before each. */
function* nalUnits(file: Buffer): Generator<Buffer> {
  let from = file.indexOf(START_CODE);
  while (from >= 0) {
    const next = file.indexOf(START_CODE, from + 3);
    let end = next < 0 ? file.length : next;
    while (next >= 0 && end > from + 3 && file[end - 1] === 0) end -= 1;
    yield file.subarray(from + 3, end);
    from = next;
  }
}
