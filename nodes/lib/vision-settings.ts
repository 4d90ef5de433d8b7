import type { NodeDef } from 'node-red';
import { StageError } from '../../src/shared/errors';
import type { Sending } from '../../src/vision/outgoing';
import { ARRANGE } from '../../src/vision/picture-plan';
import { compileInquiry, type Inquiry } from '../../src/vision/question';
import { type Question, questionsOf } from '../../src/vision/questions';
import { MAX_HISTORY } from '../../src/vision/recent-verdicts';
import { Settings } from './settings';

const DETAILS = ['auto', 'low', 'high'] as const;
const EFFORTS = ['', 'none', 'minimal', 'low', 'medium', 'high'] as const;

/** Settings of a vision-llm, coerced; `problem` where they cannot be used, and then no `inquiry`. */
export function readVisionSettings(config: NodeDef) {
  const settings = new Settings(config);
  const maxAgeS = settings.optionalNumber('maxAgeS', { min: 1, max: 86_400 });
  const rule = settings.text('rule', 'person');
  const prompt = settings.text('prompt');
  const asks = settings.choice('asks', ['one', 'list'], 'one');
  const told = questionsOf({ asks, rule, prompt, questions: settings.raw('questions') }, (text) =>
    settings.problem(text),
  );
  const questions: readonly Question[] | null = asks === 'list' ? told : null;
  const compiled = inquiryOf(settings, { rule, prompt, questions });
  return {
    endpointId: settings.text('endpoint'),
    model: settings.text('model'),
    passUnknown: settings.flag('passUnknown', false),
    maxAgeMs: maxAgeS === null ? null : 1000 * maxAgeS,
    history: settings.integer('history', { default: 0, min: 0, max: MAX_HISTORY }),
    sending: settings.choice('sending', ['each', 'together'], 'each') as Sending,
    rule,
    questions,
    inquiry: compiled as Inquiry,
    problem: settings.error() ?? (compiled instanceof StageError ? compiled : null),
  };
}

/** What the node asks, or what is wrong with it. */
function inquiryOf(
  settings: Settings,
  asked: { rule: string; prompt: string; questions: readonly Question[] | null },
): Inquiry | StageError {
  try {
    return compileInquiry({
      ...asked,
      system: settings.text('system'),
      schema: settings.text('schema'),
      verdictField: settings.text('verdictField', 'verdict'),
      confidenceField: settings.text('confidenceField', 'confidence'),
      detail: settings.choice('detail', DETAILS, 'auto'),
      arrange: settings.choice('arrange', ARRANGE, 'auto'),
      maxTokens: settings.integer('maxTokens', { default: 300, min: 1, max: 100_000 }),
      temperature: settings.optionalNumber('temperature', { min: 0, max: 2 }),
      reasoningEffort: settings.choice('reasoningEffort', EFFORTS, ''),
    });
  } catch (thrown) {
    if (thrown instanceof StageError) return thrown;
    throw thrown;
  }
}
