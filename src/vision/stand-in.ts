import { asError, VisionError } from '../shared/errors';
import { greyPlane } from '../shared/grey-plane';
import type { Verdict } from '../shared/messages';
import type { VisionClient, VisionReply, VisionRequest } from './client';
import { CallFailure } from './failure';
import { look, SCENE_HEIGHT, SCENE_WIDTH, type Scene } from './scene';
import { standInAnswer } from './stand-in-answer';
import { standInAnswers } from './stand-in-answers';

/** Cameras whose empty scene is kept (70 kB each). */
const MAX_LANES = 500;

/**
 * Answers without a model, a key or a network: yes where the picture differs from the camera's empty scene. It
 * lets a flow be built and shown before there is a model; it does not know what it sees, and says what it is.
 */
export class StandIn implements VisionClient {
  /** In order of last use. */
  readonly #scenes = new Map<string, Scene>();

  async ask(request: VisionRequest, signal: AbortSignal): Promise<VisionReply> {
    const grey = await greyOf(request.picture.data);
    signal.throwIfAborted();
    const sight = look(this.#scenes.get(request.lane), grey, request.time);
    this.#keep(request.lane, sight.scene);
    const why = reason(sight.verdict, sight.share);
    const answer = request.questions
      ? standInAnswers(request.questions, sight.verdict, why)
      : standInAnswer(request, sight.verdict, why);
    return {
      text: JSON.stringify(answer),
      finish: 'stop',
      refusal: null,
      model: 'stand-in',
      usage: { input: 0, output: 0 },
    };
  }

  forget(gone: (lane: string) => boolean): void {
    for (const lane of this.#scenes.keys()) if (gone(lane)) this.#scenes.delete(lane);
  }

  #keep(lane: string, scene: Scene): void {
    this.#scenes.delete(lane);
    this.#scenes.set(lane, scene);
    if (this.#scenes.size <= MAX_LANES) return;
    const [longestAgo] = this.#scenes.keys();
    if (longestAgo !== undefined) this.#scenes.delete(longestAgo);
  }
}

async function greyOf(picture: Buffer): Promise<Buffer> {
  try {
    return await greyPlane(picture, SCENE_WIDTH, SCENE_HEIGHT);
  } catch (thrown) {
    const error = new VisionError('VISION_NO_PICTURE', 'The picture cannot be read.', {
      advice: 'Check what is in msg.payload: it may be cut off.',
      detail: asError(thrown).message,
    });
    throw new CallFailure('once', error);
  }
}

function reason(verdict: Verdict, share: number): string {
  if (verdict === 'unknown') return 'Stand-in, no model: learning how the empty scene looks.';
  if (verdict === 'no') return 'Stand-in, no model: the picture is like the empty scene.';
  return `Stand-in, no model: something covers ${Math.max(1, Math.round(share * 100))} % of the scene.`;
}
