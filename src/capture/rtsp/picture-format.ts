/** Longer than any sequence parameter set that a camera sends. */
const MAX_BYTES = 512;

/** Header of a unit → whether it is a sequence parameter set, which tells the size of the pictures. */
type IsSet = (header: number) => boolean;

const SETS: Record<
  string,
  { isSet: IsSet; aggregation: number; typeOf(header: number): number; skip: number }
> = {
  // H.264, table 7-1; RFC 6184, section 5.7.1 (STAP-A).
  h264: {
    isSet: (header) => (header & 0x1f) === 7,
    aggregation: 24,
    typeOf: (header) => header & 0x1f,
    skip: 1,
  },
  // H.265, table 7-1; RFC 7798, section 4.4.2 (AP).
  h265: {
    isSet: (header) => ((header >> 1) & 0x3f) === 33,
    aggregation: 48,
    typeOf: (header) => (header >> 1) & 0x3f,
    skip: 2,
  },
};

/**
 * Notices that a camera goes over to pictures of another size within a session. ffmpeg would go on with the first size,
 * and a wrong shape.
 */
export class PictureFormat {
  readonly #codec;
  #known: Buffer | null = null;
  #changes = 0;

  /** @param codec as in StreamInfo; of others than H.264 and H.265 nothing is noticed */
  constructor(codec: string) {
    this.#codec = SETS[codec];
  }

  /** How often the format has changed. */
  get changes(): number {
    return this.#changes;
  }

  /** Looks at the payload of a packet: `bytes` from `at` to `end`. */
  look(bytes: Buffer, at: number, end: number): void {
    const codec = this.#codec;
    if (!codec) return;
    const header = bytes[at] as number;
    if (codec.isSet(header)) this.#compare(bytes, at, end);
    else if (codec.typeOf(header) === codec.aggregation) {
      for (let unit = at + codec.skip; unit + 2 < end; ) {
        const from = unit + 2;
        unit = from + (((bytes[unit] as number) << 8) | (bytes[unit + 1] as number));
        if (unit <= end && codec.isSet(bytes[from] as number)) this.#compare(bytes, from, unit);
      }
    }
  }

  #compare(bytes: Buffer, from: number, to: number): void {
    if (to - from > MAX_BYTES) return;
    if (
      this.#known &&
      this.#known.length === to - from &&
      bytes.compare(this.#known, 0, undefined, from, to) === 0
    )
      return;
    if (this.#known) this.#changes += 1;
    this.#known = Buffer.from(bytes.subarray(from, to));
  }
}
