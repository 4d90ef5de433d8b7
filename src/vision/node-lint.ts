import { lintPrompt, type PromptFinding } from './prompt-lint';
import { questionsOf } from './questions';

/** A hint, and the rule that it is about. */
export interface NodeFinding extends PromptFinding {
  rule: string;
}

/**
 * Hints about the one question of a vision-llm node, or about each of its list.
 *
 * @param settings as the editor or a flow file has them
 * @param zones see {@link lintPrompt}
 */
export function lintNode(
  settings: Readonly<Record<string, unknown>>,
  zones: readonly string[] | null,
): NodeFinding[] {
  const isList = settings.asks === 'list';
  const asked = questionsOf({
    asks: isList ? 'list' : 'one',
    rule: word(settings.rule),
    prompt: word(settings.prompt),
    questions: settings.questions ?? '',
  });
  return asked.flatMap(({ name, text, type }) => {
    const question = {
      prompt: text,
      system: word(settings.system),
      // A list has a schema of its own, in which each answer may be unknown.
      schema: isList ? '' : word(settings.schema),
      verdictField: word(settings.verdictField) || 'verdict',
      confidenceField: word(settings.confidenceField) || 'confidence',
      isYesNo: type === 'yesno',
    };
    return lintPrompt(question, zones).map((finding) => ({ rule: name, ...finding }));
  });
}

function word(value: unknown): string {
  return typeof value === 'string' ? value.trim() : '';
}
