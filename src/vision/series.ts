import { VisionError } from '../shared/errors';
import type { FrameInfo, Picture } from '../shared/messages';
import { isTimeZone, localTime, momentOf } from '../shared/time';
import type { VisionRequest } from './client';
import { type PictureToAsk, pictureOf } from './picture';
import { type PictureSize, pictureSize } from './picture-size';

/** One of the pictures that a message brings. */
export interface SeriesPicture extends PictureToAsk {
  /** null where its header cannot be read. */
  size: PictureSize | null;
  /** Capture time, epoch milliseconds; null where it is not told. */
  time: number | null;
  /** Tokens that somebody has estimated for it; 0 where nobody has. */
  tokens: number;
  /** Whether the camera's privacy masks are drawn into it. */
  masked: boolean;
  /** Where it is a contact sheet, the capture times of its cells; else []. */
  times: readonly number[];
}

/** What of a message holds pictures. */
export interface PictureHolder {
  payload?: unknown;
  frame?: Partial<FrameInfo>;
  picture?: Partial<Omit<Picture, 'series'>> & { series?: unknown };
}

/** As many as fit on a contact sheet of image-encode. */
const MAX_PICTURES = 16;
/** In one request: what Gemini takes inline (reference §1.3), and the smallest such limit that is known. */
const MAX_BYTES_TOGETHER = 20_000_000;
/** A picture costs no more tokens than this with any model (reference §1.2). */
const MAX_PICTURE_TOKENS = 20_000;

/**
 * The pictures of a message in order of capture, one at least: those that image-encode sends apart
 * (`picture.series`), else a list in the payload, else the one picture.
 *
 * An entry of a list is a Buffer, a data URI, an object `{data, time}`, or a message with a picture.
 *
 * @throws VisionError VISION_NO_PICTURE, VISION_TOO_LARGE
 */
export function picturesOf(msg: PictureHolder): SeriesPicture[] {
  const list = Array.isArray(msg.picture?.series) ? msg.picture.series : listIn(msg.payload);
  if (!list) return [read(msg, momentOf(msg.frame?.time))];
  if (list.length > MAX_PICTURES)
    throw tooMuch(`The message has ${list.length} pictures, more than ${MAX_PICTURES}.`);
  const pictures = list.map((entry) => read(holderOf(entry), timeOf(entry)));
  // A list without times is taken as it comes; sorting keeps the order of equals.
  if (pictures.every(({ time }) => time !== null)) pictures.sort((a, b) => (a.time ?? 0) - (b.time ?? 0));
  const bytes = pictures.reduce((sum, { data }) => sum + data.length, 0);
  if (bytes > MAX_BYTES_TOGETHER)
    throw tooMuch(`The pictures have ${bytes} bytes together, more than ${MAX_BYTES_TOGETHER}.`);
  return pictures;
}

/** The pictures that a request sends, in their order. */
export function sentPictures({ picture, series, arrangement }: VisionRequest): VisionRequest['picture'][] {
  return series && arrangement === 'several' ? [...series] : [picture];
}

/** When a picture was taken, as people at the camera read it; '' where it does not tell. */
export function takenAt({ time }: Pick<SeriesPicture, 'time'>, timeZone: string): string {
  return time === null ? '' : localTime(time, isTimeZone(timeZone) ? timeZone : '');
}

function read(holder: PictureHolder, time: number | null): SeriesPicture {
  const found = pictureOf(holder);
  const { picture, frame } = holder;
  // What is told of an encoded picture is not true of another one in the payload.
  const told = Buffer.isBuffer(picture?.data) ? picture : undefined;
  return {
    ...found,
    size: pictureSize(found.data, found.type),
    time,
    tokens: tokensOf(told?.tokens),
    masked: (told ? told.masked : frame?.masked) === true,
    times: (told?.times ?? []).filter((one) => momentOf(one) !== null),
  };
}

/** A payload that is a list of pictures; an empty one is no picture at all. */
function listIn(payload: unknown): unknown[] | null {
  return Array.isArray(payload) && payload.length > 0 ? payload : null;
}

/** An entry of a list, as the message that it would be. */
function holderOf(entry: unknown): PictureHolder {
  if (typeof entry !== 'object' || entry === null || Buffer.isBuffer(entry)) return { payload: entry };
  return 'data' in entry ? { picture: entry as PictureHolder['picture'] } : (entry as PictureHolder);
}

function timeOf(entry: unknown): number | null {
  const { time, frame } = (Object(entry) as { time?: unknown; frame?: { time?: unknown } }) ?? {};
  return momentOf(time) ?? momentOf(frame?.time);
}

/** 0 where there is none that can be believed. */
function tokensOf(value: unknown): number {
  return typeof value === 'number' && value > 0 && value <= MAX_PICTURE_TOKENS ? value : 0;
}

function tooMuch(message: string): VisionError {
  return new VisionError('VISION_TOO_LARGE', message, {
    advice: 'Send fewer pictures at once, or make them smaller with image-encode.',
  });
}
