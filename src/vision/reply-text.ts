/** What of a reply's message may hold the answer. Servers have three names for what a model thinks. */
export interface ReplyMessage {
  content?: unknown;
  reasoning_content?: unknown;
  reasoning?: unknown;
  thinking?: unknown;
}

/**
 * The text of a reply. Some servers put all that a thinking model says into the field of its thoughts, and leave the
 * content empty (Ollama, ollama#15288; vLLM, vllm#17357): what is a JSON object there as a whole is the answer. In
 * thoughts that are words none is looked for, because they hold examples and drafts.
 */
export function replyText({ content, reasoning_content, reasoning, thinking }: ReplyMessage): string {
  if (typeof content === 'string' && content.trim() !== '') return content;
  for (const thoughts of [reasoning_content, reasoning, thinking])
    if (typeof thoughts === 'string' && isObject(thoughts)) return thoughts;
  return typeof content === 'string' ? content : '';
}

function isObject(text: string): boolean {
  if (!text.trim().startsWith('{')) return false;
  try {
    return typeof JSON.parse(text) === 'object';
  } catch {
    return false;
  }
}
