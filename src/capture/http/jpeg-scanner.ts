/** Longest picture, in bytes: 12 megapixels at the best quality are below. */
export const MAX_PICTURE_BYTES = 20_000_000;
/** Beginning of a picture, and of the marker that follows it (ITU-T T.81, table B.1). */
export const JPEG_START = Buffer.from([0xff, 0xd8, 0xff]);
const MARKER = 0xff;
const START_OF_IMAGE = 0xd8;
const END_OF_IMAGE = 0xd9;
const START_OF_SCAN = 0xda;
const FIRST_ROOM_BYTES = 65_536;

/** What a step of the scanner found: go on, wait for more bytes, or the length of a whole picture. */
type Found = 'on' | 'wait' | number;

/**
 * Finds whole JPEGs in a stream of bytes by their own structure. What is between them, such as the boundaries and
 * lengths of a multipart answer, is not believed: cameras give wrong ones, or none. So a picture is whole with its
 * own last byte, not with the beginning of the next.
 */
export class JpegScanner {
  /** Grows by doubling; a picture that has begun is at its beginning. */
  #room = Buffer.alloc(FIRST_ROOM_BYTES);
  #length = 0;
  /** Where to go on reading. */
  #at = 0;
  #state: 'between' | 'segments' | 'scan' = 'between';
  #skipped = 0;

  /** Bytes since the last picture that belong to none: tells that there are no pictures at all. */
  get skipped(): number {
    return this.#skipped;
  }

  /** @returns the pictures that are whole now, oldest first; each has memory of its own */
  push(chunk: Buffer): Buffer[] {
    this.#append(chunk);
    const pictures: Buffer[] = [];
    for (;;) {
      const found = this.#step();
      if (found === 'on') continue;
      if (found === 'wait') break;
      pictures.push(Buffer.from(this.#room.subarray(0, found)));
      this.#drop(found);
      this.#skipped = 0;
    }
    if (this.#length > MAX_PICTURE_BYTES) this.#skip(this.#length);
    return pictures;
  }

  #step(): Found {
    if (this.#state === 'between') return this.#findStart();
    return this.#state === 'segments' ? this.#readSegment() : this.#scan();
  }

  #findStart(): Found {
    const start = this.#room.subarray(0, this.#length).indexOf(JPEG_START);
    if (start < 0) {
      // The last two bytes may be a beginning.
      this.#skip(Math.max(0, this.#length - 2));
      return 'wait';
    }
    this.#skip(start);
    this.#at = 2;
    this.#state = 'segments';
    return 'on';
  }

  /** A marker, and its segment by the length that it tells: a small picture in EXIF data is passed over so. */
  #readSegment(): Found {
    if (this.#at + 4 > this.#length) return this.#endAt(this.#at) ?? 'wait';
    if (this.#room[this.#at] !== MARKER) return this.#restart(this.#at);
    const marker = this.#room[this.#at + 1] as number;
    if (marker === MARKER) this.#at += 1;
    else if (marker === START_OF_IMAGE) return this.#restart(this.#at);
    else if (marker === END_OF_IMAGE) return this.#at + 2;
    else {
      if (marker === START_OF_SCAN) this.#state = 'scan';
      this.#at += 2 + this.#room.readUInt16BE(this.#at + 2);
    }
    return 'on';
  }

  /** Within a scan, FF is followed by 00 or a restart marker; anything else ends the scan. */
  #scan(): Found {
    const at = this.#room.subarray(0, this.#length).indexOf(MARKER, this.#at);
    this.#at = at < 0 ? Math.max(this.#at, this.#length) : at;
    if (this.#at + 2 > this.#length) return 'wait';
    const next = this.#room[this.#at + 1] as number;
    if (next === MARKER) this.#at += 1;
    else if (next === 0 || (next >= 0xd0 && next <= 0xd7)) this.#at += 2;
    else if (next === START_OF_IMAGE) return this.#restart(this.#at);
    else if (next === END_OF_IMAGE) return this.#at + 2;
    else this.#state = 'segments';
    return 'on';
  }

  /** The end of a picture is two bytes, and nothing may follow for long. */
  #endAt(at: number): number | null {
    const isEnd = at + 2 <= this.#length && this.#room.readUInt16BE(at) === 0xff00 + END_OF_IMAGE;
    return isEnd ? at + 2 : null;
  }

  /** The picture was cut off: another one begins at `at`, or later. */
  #restart(at: number): Found {
    this.#skip(at);
    return 'on';
  }

  #skip(bytes: number): void {
    this.#skipped += bytes;
    this.#drop(bytes);
  }

  #drop(bytes: number): void {
    this.#room.copyWithin(0, bytes, this.#length);
    this.#length -= bytes;
    this.#at = 0;
    this.#state = 'between';
  }

  #append(chunk: Buffer): void {
    const needed = this.#length + chunk.length;
    if (needed > this.#room.length) {
      const larger = Buffer.alloc(Math.max(needed, this.#room.length * 2));
      this.#room.copy(larger, 0, 0, this.#length);
      this.#room = larger;
    }
    chunk.copy(this.#room, this.#length);
    this.#length = needed;
  }
}
