import { sheetWords } from './picture-words';
import { historyText, type PastVerdict } from './recent-verdicts';
import { type SeriesPicture, takenAt } from './series';

/** What goes with a question beside the words of its user. */
export interface PromptContext {
  /** In order of capture; one at least. */
  pictures: readonly SeriesPicture[];
  past: readonly PastVerdict[];
  /** Of the camera. */
  timeZone: string;
}

/** A question with what is to be known of its picture and of what was answered before. */
export function withContext(prompt: string, { pictures, past, timeZone }: PromptContext): string {
  const [only, other] = pictures;
  // Of several the words come with the way in which they go, which is decided later.
  const times = other ? [] : (only?.times ?? []);
  const sheet = sheetWords(times.map((time) => takenAt({ time }, timeZone)));
  return [prompt, sheet, historyText(past, timeZone)].filter((part) => part !== '').join('\n\n');
}
