import sharp from 'sharp';
import type { Clock } from '../shared/clock';
import type { Usage } from '../shared/messages';
import { readAnswer } from './answer';
import { compileSchema } from './answer-schema';
import { makeCall } from './call';
import type { VisionClient } from './client';
import type { Rung } from './presets';
import { DEFAULT_SYSTEM } from './question';

/** What became of one picture that was sent to see whether an endpoint works. */
export interface TriedOut {
  /** The answer in a sentence, or what is wrong with it. */
  answer: string;
  /** Whether it is one that a flow could use. */
  usable: boolean;
  /** The model that answered, as the server names it. */
  model: string;
  latencyMs: number;
  usage: Usage | null;
  /** How strictly the form of the answer could be asked for; null where there is no server. */
  rung: Rung | null;
}

/** Enough for a model that thinks first. */
const MAX_TOKENS = 1_000;
/** Some models refuse pictures that are smaller than a patch, and are poor below 200 pixels (reference §1.2). */
const SIDE_PX = 224;

/**
 * Asks about one small picture, once and apart from all limits, to see whether an endpoint works.
 *
 * @throws VisionError where no answer came
 */
export async function tryOut(
  { client, clock }: { client: VisionClient; clock: Clock },
  options: { model: string; timeoutMs: number },
  signal: AbortSignal,
): Promise<TriedOut> {
  const schema = compileSchema('');
  const fields = { schema, verdictField: 'verdict', confidenceField: 'confidence' };
  const request = {
    ...{
      lane: 'try',
      time: clock.now(),
      model: options.model,
      system: DEFAULT_SYSTEM,
      schema: schema.schema,
    },
    ...{ verdictField: fields.verdictField, confidenceField: fields.confidenceField },
    prompt: 'Is there a red square in the picture?',
    picture: { data: await redSquare(), type: 'image/jpeg' },
    detail: 'low' as const,
    ...{ maxTokens: MAX_TOKENS, temperature: null, reasoningEffort: '' },
  };
  const abort = new AbortController();
  const stop = () => abort.abort(signal.reason);
  signal.addEventListener('abort', stop, { once: true });
  const result = await makeCall(
    { timeoutMs: options.timeoutMs, maxAttempts: 1 },
    {
      clock,
      random: () => 1,
      attempt: (deadline) => client.ask(request, deadline),
      again: () => Promise.resolve(),
    },
    abort,
  );
  signal.removeEventListener('abort', stop);
  if (result.kind === 'failed') throw result.error;
  const { reply, latencyMs } = result;
  const { payload, verdict, code } = readAnswer(reply, fields);
  const reason = typeof payload.reason === 'string' ? payload.reason : '';
  return {
    answer: [verdict, reason].filter(Boolean).join(': ').slice(0, 300),
    usable: code === undefined,
    model: reply.model,
    latencyMs: Math.round(latencyMs),
    usage: reply.usage,
    rung: reply.rung ?? null,
  };
}

function redSquare(): Promise<Buffer> {
  const plane = (side: number, background: string) => ({
    create: { width: side, height: side, channels: 3 as const, background },
  });
  return sharp(plane(SIDE_PX, 'white'))
    .composite([{ input: plane(SIDE_PX / 2, 'red') }])
    .jpeg()
    .toBuffer();
}
