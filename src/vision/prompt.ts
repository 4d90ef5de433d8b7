import Mustache from 'mustache';
import { asError, VisionError } from '../shared/errors';
import { isTimeZone, localTime, momentOf } from '../shared/time';
import { withoutModelWords } from './model-words';

/** What a prompt may name in double braces. */
export interface PromptView {
  /** The camera's name. */
  camera: string;
  /** What the camera's profile says about its view. */
  description: string;
  /** Capture time on the clock at the camera: `2026-11-22 08:12:05`. */
  time: string;
  /** Zones in which something has come, with commas between them; '' for none. */
  zone: string;
  topic: string;
  rule: string;
  /** The whole message, without words of a model. */
  msg: unknown;
}

/** A prompt is a few sentences; a template that puts a file or a history into it would cost by the token. */
const MAX_CHARS = 32_000;
const MAX_VALUE_CHARS = 4_000;

/**
 * Reads a template and gives back what fills it in.
 *
 * @throws VisionError VISION_PROMPT: at once where the template is empty or has a syntax error, later where the
 *   filled-in prompt is empty or too long
 */
export function compilePrompt(template: string): (view: PromptView) => string {
  if (template.trim() === '')
    throw bad('The prompt is empty.', 'Write into the node what the model is to be asked.');
  try {
    Mustache.parse(template);
  } catch (thrown) {
    throw bad(
      `The prompt's template cannot be read: ${asError(thrown).message}.`,
      'Check the double braces.',
    );
  }
  return (view) => {
    const prompt = Mustache.render(template, view, undefined, { escape: shown }).trim();
    if (prompt === '')
      throw bad('The prompt is empty once it is filled in.', 'Check what its template names.');
    if (prompt.length > MAX_CHARS) {
      throw bad(
        `The prompt has more than ${MAX_CHARS} characters.`,
        'Name single properties, not whole objects.',
      );
    }
    return prompt;
  };
}

/** What a prompt may say about a message. `now`: epoch milliseconds, for messages without a capture time. */
export function promptView(
  msg: { topic?: unknown; frame?: FrameWords; selection?: { zones?: unknown } },
  about: { camera: string; rule: string; now: number },
): PromptView {
  const { frame, topic } = msg;
  const timeZone = frame?.profile?.timeZone ?? '';
  return {
    camera: frame?.profile?.name || about.camera,
    description: frame?.profile?.description ?? '',
    // These two are worked out where a template names them.
    get time() {
      return localTime(captureTime(msg, about.now), isTimeZone(timeZone) ? timeZone : '');
    },
    zone: zonesOf(msg.selection?.zones),
    topic: typeof topic === 'string' ? topic : '',
    rule: about.rule,
    get msg() {
      return withoutModelWords(msg);
    },
  };
}

interface FrameWords {
  time?: number;
  profile?: { name?: string; description?: string; timeZone?: string };
}

/** When a message's picture was taken, epoch milliseconds; `now` where it does not say. */
export function captureTime(msg: { frame?: { time?: number } }, now: number): number {
  return momentOf(msg.frame?.time) ?? now;
}

function zonesOf(zones: unknown): string {
  return Array.isArray(zones) ? zones.filter((zone) => typeof zone === 'string').join(', ') : '';
}

/** HTML escaping would turn quotation marks into entities; objects are shown as JSON, pictures not at all. */
function shown(value: unknown): string {
  if (Buffer.isBuffer(value)) return '[bytes]';
  const text = typeof value === 'object' ? (JSON.stringify(value) ?? '') : String(value);
  return text.slice(0, MAX_VALUE_CHARS);
}

function bad(message: string, advice: string): VisionError {
  return new VisionError('VISION_PROMPT', message, { advice });
}
