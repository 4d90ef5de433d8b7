/**
 * Control characters, line separators, and the marks that turn the direction of text: none of them belongs in a
 * title, a topic or a key, and the last can make a text read as something that it is not.
 */
const NOT_PRINTABLE = /[\p{Cc}\p{Zl}\p{Zp}\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069]+/gu;

/**
 * One line of printable text, cut to a length.
 *
 * @param raw text from a user, a camera or a model
 * @param maxChars most characters kept (an emoji counts as one); a cut text ends in an ellipsis
 */
export function plainText(raw: string, maxChars: number): string {
  if (raw.length <= maxChars && isPlain(raw)) return raw;
  // Cut roughly first, so that a text of megabytes costs nothing.
  const line = raw
    .slice(0, 4 * maxChars)
    .replace(NOT_PRINTABLE, ' ')
    .replace(/ {2,}/g, ' ')
    .trim();
  // No text has more characters than it has units of UTF-16.
  if (line.length <= maxChars) return line;
  const chars = Array.from(line);
  return chars.length <= maxChars ? line : `${chars.slice(0, maxChars - 1).join('')}…`;
}

/** ASCII in which nothing is to be changed: most of what comes here, asked first because the rest takes long. */
function isPlain(text: string): boolean {
  return /^[ -~]*$/.test(text) && !text.includes('  ') && text === text.trim();
}
