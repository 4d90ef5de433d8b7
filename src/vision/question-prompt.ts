import { compilePrompt, type PromptView } from './prompt';
import type { QuestionField } from './question-schema';

const BEGIN =
  'Answer each of these questions about the picture by itself. Each has a field of its own in the answer; where one ' +
  'cannot be told, say so in that field.';

/**
 * Reads the texts of a list of questions and gives back what fills them in: one prompt, in which each question
 * stands behind the name of its field. In a text `rule` is the question's own name.
 *
 * @throws VisionError VISION_PROMPT, as {@link compilePrompt}
 */
export function compileQuestions(fields: readonly QuestionField[]): (view: PromptView) => string {
  const lines = fields.map(({ key, question }) => {
    const text = compilePrompt(question.text);
    return (view: PromptView) => `${key}: ${text({ ...view, rule: question.name })}`;
  });
  return (view) => [BEGIN, '', ...lines.map((line) => line(view))].join('\n');
}
