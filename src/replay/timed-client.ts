import { type Clock, sleep } from '../shared/clock';
import { asError, VisionError } from '../shared/errors';
import { offClock } from '../shared/off-clock';
import type { VisionClient, VisionReply, VisionRequest } from '../vision/client';
import { CallFailure } from '../vision/failure';
import { answerKey, type Cassette } from './cassette';

export interface TimedClientOptions {
  /** The replay's. */
  clock: Clock;
  /** The machine's, by which a model's latency is measured. */
  machine: Clock;
  /** Asked where the cassette has no answer; null where nobody may be asked. */
  model: VisionClient | null;
  /** A stand-in answers at once, in place of the time that this machine takes for it. */
  instant: boolean;
  cassette: Cassette | null;
  /** Longest time that the model may take, in milliseconds of the machine. */
  timeoutMs: number;
  onCall(call: { from: 'cassette' | 'model' | 'nobody'; request: VisionRequest }): void;
  /** A call has brought a reply, whatever it says. */
  onReply(): void;
}

/** Answers at the time of asking plus the latency: of the cassette, or as it was measured. */
export class TimedClient implements VisionClient {
  readonly #options: TimedClientOptions;

  constructor(options: TimedClientOptions) {
    this.#options = options;
  }

  async ask(request: VisionRequest, signal: AbortSignal): Promise<VisionReply> {
    const { clock, cassette, model, onCall, onReply } = this.#options;
    const key = cassette ? answerKey(request) : null;
    const known = key && cassette?.get(key);
    if (known) {
      onCall({ from: 'cassette', request });
      await sleep(clock, known.latencyMs, signal);
      onReply();
      return known.reply;
    }
    onCall({ from: model ? 'model' : 'nobody', request });
    if (!model) throw new CallFailure('once', noAnswer());
    const { reply, error, latencyMs } = await offClock.track(this.#askModel(model, request));
    if (reply && key) cassette?.add(key, { latencyMs, reply });
    await sleep(clock, latencyMs, signal);
    if (!reply) throw error;
    onReply();
    return reply;
  }

  forget(gone: (lane: string) => boolean): void {
    this.#options.model?.forget?.(gone);
  }

  async #askModel(model: VisionClient, request: VisionRequest) {
    const { machine, instant, timeoutMs } = this.#options;
    const began = machine.monotonic();
    // The deadline of the call is on the replay's clock, which stands still meanwhile.
    const late = new AbortController();
    const timer = machine.setTimeout(() => late.abort(new Error('no answer in time')), timeoutMs);
    let reply: VisionReply | null = null;
    let error: Error | null = null;
    try {
      reply = await model.ask(request, late.signal);
    } catch (thrown) {
      error = asError(thrown);
    }
    timer.clear();
    // Whole milliseconds, as the cassette keeps them: played back, the answer comes at the same moment.
    const tookMs = Math.round(machine.monotonic() - began);
    const latencyMs = instant ? 0 : late.signal.aborted ? timeoutMs : tookMs;
    return { reply, error, latencyMs };
  }
}

function noAnswer(): VisionError {
  return new VisionError('VISION_SERVER', 'The file of answers has none for this picture.', {
    advice: 'Replay once with --record, so that the model is asked about it.',
  });
}
