/** "zone" before its name, or behind it. */
const KIND = 'zones?';
const CALLED = '(?: (?:called|named|marked|labelled|labeled))?:?';
const QUOTED = [
  new RegExp(`\\b${KIND}${CALLED} "([^"\\n]{1,60})"`, 'gi'),
  new RegExp(`\\b${KIND}${CALLED} '([^'\\n]{1,60})'`, 'gi'),
  new RegExp(`"([^"\\n]{1,60})" ${KIND}\\b`, 'gi'),
  new RegExp(`(?:^|[\\s(])'([^'\\n]{1,60})' ${KIND}\\b`, 'gi'),
  new RegExp(`\\b${KIND} (?:called|named) ([\\w-]{1,60})`, 'gi'),
];
/** Without quotation marks only what can be nothing but a name: `zone A`, `zone 2`, `zone gate-2`, `zone dock_1`. */
const LABEL =
  /\b[Zz]ones? ([A-Z]\d{0,3}|\d{1,3}|[a-zA-Z]\w{0,40}[-_]\d{1,5}|[a-zA-Z]{1,20}\d{1,5})(?=[\s.,;:?!)]|$)/g;

/** Names of zones that an English text names, each once. "The loading zone" describes, and is no name. */
export function namedZones(text: string): string[] {
  const found = [...QUOTED, LABEL].flatMap((pattern) =>
    [...text.matchAll(pattern)].map((match) => (match[1] ?? '').trim()),
  );
  const names = new Map(found.filter((name) => name !== '').map((name) => [name.toLowerCase(), name]));
  return [...names.values()];
}
