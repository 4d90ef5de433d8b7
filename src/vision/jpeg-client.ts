import sharp from 'sharp';
import { asError, VisionError } from '../shared/errors';
import type { VisionClient, VisionReply, VisionRequest } from './client';
import { CallFailure } from './failure';
import type { Preset } from './presets';
import { shrunk } from './shrink';

/** As good as image-encode makes a WebP by default, seen by a model. */
const QUALITY = 85;
const MAX_PIXELS = 100_000_000;

/** The client as it is where its server reads WebP, else one that is sent JPEG in place of it. */
export function asRead(client: VisionClient, { webp }: Pick<Preset, 'webp'>): VisionClient {
  return webp ? client : new JpegClient(client);
}

/** For servers that read JPEG and PNG only. */
class JpegClient implements VisionClient {
  readonly isThere?: VisionClient['isThere'];
  readonly takesOne?: VisionClient['takesOne'];
  readonly forget?: VisionClient['forget'];
  readonly #client: VisionClient;

  constructor(client: VisionClient) {
    this.#client = client;
    this.isThere = client.isThere?.bind(client);
    this.takesOne = client.takesOne?.bind(client);
    this.forget = client.forget?.bind(client);
  }

  async ask(request: VisionRequest, signal: AbortSignal): Promise<VisionReply> {
    const isWebp = [request.picture, ...(request.series ?? [])].some(({ type }) => type === 'image/webp');
    return this.#client.ask(isWebp ? await shrunk(request, asJpeg) : request, signal);
  }
}

/** @throws CallFailure where the picture cannot be read */
async function asJpeg(picture: VisionRequest['picture']): Promise<VisionRequest['picture']> {
  if (picture.type !== 'image/webp') return picture;
  try {
    const image = sharp(picture.data, { limitInputPixels: MAX_PIXELS });
    return { ...picture, data: await image.jpeg({ quality: QUALITY }).toBuffer(), type: 'image/jpeg' };
  } catch (thrown) {
    const error = new VisionError('VISION_NO_PICTURE', 'The picture cannot be read.', {
      advice: 'Check what is in the message: it may be cut off.',
      detail: asError(thrown).message,
    });
    throw new CallFailure('once', error);
  }
}
