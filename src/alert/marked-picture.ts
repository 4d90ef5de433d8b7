import sharp from 'sharp';
import { labelsSvg } from '../encode/time-label';
import type { CameraZone, Picture } from '../shared/messages';
import { offClock } from '../shared/off-clock';
import { commonPictureType, MAX_PICTURE_PIXELS } from '../shared/picture';
import { localTime } from '../shared/time';

/** What is drawn into a picture. */
export interface Marks {
  /** Capture time, epoch milliseconds. */
  time: number;
  /** IANA; '' is the machine's. */
  timeZone: string;
  zones: readonly CameraZone[];
}

/** Pictures drawn at once, and those that wait. An alert goes with its plain picture rather than late. */
const MAX_AT_ONCE = 2;
const MAX_WAITING = 16;
const DEADLINE_S = 5;

const QUALITY = 85;

/** Draws time and zones into pictures, a bounded number at once, off the event loop. */
export class PictureMarker {
  #running = 0;
  readonly #waiting: (() => void)[] = [];

  /** @returns a new picture; the one given where it cannot be drawn on, or too many wait. Never rejects. */
  async mark(picture: Picture, marks: Marks): Promise<Picture> {
    if (!Buffer.isBuffer(picture.data) || !commonPictureType(picture.data)) return picture;
    if (this.#running < MAX_AT_ONCE) this.#running++;
    else if (this.#waiting.length >= MAX_WAITING) return picture;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await offClock.track(markedPicture(picture, marks));
    } catch {
      return picture;
    } finally {
      // Whoever waits takes the place over.
      const next = this.#waiting.shift();
      if (next) next();
      else this.#running--;
    }
  }
}

async function markedPicture(picture: Picture, { time, timeZone, zones }: Marks): Promise<Picture> {
  const source = sharp(picture.data, { limitInputPixels: MAX_PICTURE_PIXELS });
  const { width, height } = await source.metadata();
  const label = { left: 0, top: 0, text: localTime(time, timeZone) };
  const layers = [zonesSvg(width, height, zones), labelsSvg({ width, height }, { width, height }, [label])];
  const { data, info } = await source
    .composite(layers.map((input) => ({ input })))
    .jpeg({ quality: QUALITY })
    .timeout({ seconds: DEADLINE_S })
    .toBuffer({ resolveWithObject: true });
  return { ...picture, data, type: 'image/jpeg', width: info.width, height: info.height, bytes: data.length };
}

/** Outlines, light on dark so that they show on any ground. Numbers only: a zone's name never gets here. */
function zonesSvg(width: number, height: number, zones: readonly CameraZone[]): Buffer {
  const thick = Math.max(2, Math.round(height / 240));
  const outlines = zones
    .filter(({ points }) => points.length > 2)
    .map(({ points }) => {
      const corners = points.map(([x, y]) => `${Number(x) * width},${Number(y) * height}`).join(' ');
      const line = (colour: string, wide: number) =>
        `<polygon points="${corners}" fill="none" stroke="${colour}" stroke-width="${wide}" stroke-linejoin="round"/>`;
      return line('#000', thick + 2) + line('#ffd400', thick);
    });
  return Buffer.from(
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">${outlines.join('')}</svg>`,
  );
}
