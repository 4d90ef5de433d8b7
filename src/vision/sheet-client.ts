import { sheetPicture } from '../encode/sheet-picture';
import type { SourceFrame } from '../encode/source-frame';
import { asError, VisionError } from '../shared/errors';
import { isTimeZone } from '../shared/time';
import type { VisionClient, VisionReply, VisionRequest } from './client';
import { CallFailure } from './failure';
import { SHEET_SIDE_PX } from './picture-plan';
import { sheetWords } from './picture-words';
import { type SeriesPicture, takenAt } from './series';

/** Cells hold small figures and far people: a little more than for single pictures. */
const QUALITY = 85;
/** Models of one server that are remembered. */
const MAX_MODELS = 100;
/**
 * How servers word it that they take one picture: vLLM ("At most 1 image(s) may be provided in one request"), Ollama
 * and llama.cpp with models of one picture ("only supports one image", "multiple images are not supported").
 */
const ONE_ONLY =
  /at most (1|one) image|only (supports? )?(1|one|a single) image|(multiple|more than (1|one)) images?|too many images/i;

/** Puts several pictures on one sheet where that was decided, or where the model turns out to take one only. */
export class SheetClient implements VisionClient {
  readonly isThere?: VisionClient['isThere'];
  readonly #client: VisionClient;
  readonly #oneOnly = new Set<string>();
  /** For the next attempt. */
  readonly #sheets = new WeakMap<VisionRequest, Promise<VisionRequest>>();
  /** One is made at a time: calls may be many, and others want the threads as well. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(client: VisionClient) {
    this.#client = client;
    this.isThere = client.isThere?.bind(client);
  }

  async ask(request: VisionRequest, signal: AbortSignal): Promise<VisionReply> {
    const { series, arrangement = 'one', model } = request;
    if (!series || arrangement === 'one') return this.#client.ask(request, signal);
    if (arrangement === 'sheet') return this.#client.ask(await this.#sheetOf(request, signal), signal);
    try {
      return await this.#client.ask(request, signal);
    } catch (thrown) {
      if (!(thrown instanceof CallFailure) || !ONE_ONLY.test(thrown.error.cause.detail)) throw thrown;
      if (this.#oneOnly.size >= MAX_MODELS) this.#oneOnly.clear();
      this.#oneOnly.add(model);
      return this.#client.ask(await this.#sheetOf(request, signal), signal);
    }
  }

  takesOne(model: string): boolean {
    return this.#oneOnly.has(model);
  }

  forget(gone: (lane: string) => boolean): void {
    this.#client.forget?.(gone);
  }

  #sheetOf(request: VisionRequest, signal: AbortSignal): Promise<VisionRequest> {
    const made = this.#sheets.get(request) ?? this.#inTurn(request, signal);
    this.#sheets.set(request, made);
    return made;
  }

  #inTurn(request: VisionRequest, signal: AbortSignal): Promise<VisionRequest> {
    const made = this.#last.then(() => {
      signal.throwIfAborted();
      return withSheet(request);
    });
    this.#last = made.catch(() => {});
    return made;
  }
}

/** @throws CallFailure where a picture cannot be read */
async function withSheet(request: VisionRequest): Promise<VisionRequest> {
  const { series = [], timeZone = '' } = request;
  const times = series.map((picture) => takenAt(picture, timeZone));
  try {
    const { data } = await sheetPicture(
      series.map((picture, index) => asFrame(picture, index, timeZone)),
      {
        ...{
          maxWidthPx: SHEET_SIDE_PX,
          maxHeightPx: SHEET_SIDE_PX,
          crop: { x: 0, y: 0, width: 1, height: 1 },
        },
        ...{ format: 'jpeg', quality: QUALITY, tokenModel: 'openai-patch' },
        ...{ sheetFrames: series.length, sheetColumns: 0 },
      },
    );
    return {
      ...request,
      series: undefined,
      picture: { data, type: 'image/jpeg' },
      prompt: `${request.prompt}\n\n${sheetWords(times)}`,
    };
  } catch (thrown) {
    const error = new VisionError('VISION_NO_PICTURE', 'One of the pictures cannot be read.', {
      advice: 'Check what is in the message: it may be cut off.',
      detail: asError(thrown).message,
    });
    throw new CallFailure('once', error);
  }
}

/** Where the time is not known, its number stands in a cell. */
function asFrame({ data, time }: SeriesPicture, index: number, timeZone: string): SourceFrame {
  const frame = { data, time: time ?? 0, timeZone: isTimeZone(timeZone) ? timeZone : '' };
  const label = time === null ? { label: String(index + 1) } : {};
  return { ...frame, ...label, masked: true, urgent: false };
}
