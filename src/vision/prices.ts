import type { Prices } from './cost';

/** When {@link SHIPPED_PRICES} were taken down. */
export const PRICES_DATE = '2026-09-23';

/**
 * Price per million tokens of input and output, in US dollars, one model a line. From the npm package
 * `@pydantic/genai-prices` 0.1.8 of that day. Prices move: the endpoint's own table goes before this one.
 */
export const SHIPPED_PRICES = `
gpt-5.5 5.00 30.00
gpt-5.2 1.75 14.00
gpt-5.1 1.25 10.00
gpt-5 1.25 10.00
gpt-5-mini 0.25 2.00
gpt-5-nano 0.05 0.40
gpt-4.1 2.00 8.00
gpt-4.1-mini 0.40 1.60
gpt-4.1-nano 0.10 0.40
gpt-4o 2.50 10.00
gpt-4o-mini 0.15 0.60
o4-mini 1.10 4.40
gemini-3-flash-preview 0.50 3.00
gemini-3.1-flash-lite 0.25 1.50
gemini-2.5-pro 1.25 10.00
gemini-2.5-flash 0.30 2.50
gemini-2.5-flash-lite 0.10 0.40
claude-opus-4-5 5.00 25.00
claude-sonnet-4-6 3.00 15.00
claude-sonnet-4-5 3.00 15.00
claude-haiku-4-5 1.00 5.00
grok-4-fast 0.20 0.50
mistral-small-latest 0.10 0.30
pixtral-12b 0.15 0.15
qwen/qwen3-vl-8b-instruct 0.08 0.50
qwen/qwen2.5-vl-72b-instruct 0.70 0.70
google/gemma-3-27b-it 0.10 0.20
`.trim();

/** Prices by the name of the model. */
export type PriceTable = ReadonlyMap<string, { input: number; output: number }>;

const MAX_LINES = 500;
/** Per million tokens: the dearest model of 2026 is far below. */
const MAX_PRICE = 1_000_000;

/**
 * Reads a table of one model a line: name, price of input, price of output; the name `*` is every other model. Empty
 * lines and what follows a `#` are passed over.
 *
 * @returns `problem`: what is wrong with it, in words that go on from "prices "; null where nothing is
 */
export function readPrices(text: string): { table: PriceTable; problem: string | null } {
  const table = new Map<string, { input: number; output: number }>();
  const lines = text.split('\n').map((line) => (line.split('#')[0] ?? '').trim());
  if (lines.length > MAX_LINES) return { table, problem: `has more than ${MAX_LINES} lines` };
  for (const [index, line] of lines.entries()) {
    if (line === '') continue;
    const [name = '', input = '', output = '', ...more] = line.split(/\s+/);
    const prices = { input: Number(input), output: Number(output) };
    const isPrice = (value: number) => value >= 0 && value <= MAX_PRICE;
    if (
      input === '' ||
      output === '' ||
      more.length > 0 ||
      !isPrice(prices.input) ||
      !isPrice(prices.output)
    ) {
      return { table, problem: `must have a model, a price of input and one of output in line ${index + 1}` };
    }
    table.set(name.toLowerCase(), prices);
  }
  return { table, problem: null };
}

/**
 * The prices of a model, by the first table that knows it: under its name, the name without the provider before the
 * slash, or the name without a date or version behind it (`gpt-4.1-mini-2025-04-14`). Null where none does.
 */
export function priceOf(tables: readonly PriceTable[], model: string): Prices | null {
  const name = model.toLowerCase();
  const bare = name.slice(name.lastIndexOf('/') + 1);
  for (const table of tables) {
    const exact = table.get(name) ?? table.get(bare);
    if (exact) return exact;
    // The longest, so that gpt-4.1-mini-2025 is not taken for gpt-4.1.
    const [found] = [...table]
      .filter(([known]) =>
        [name, bare].some((one) => one.startsWith(known) && isVersion(one.slice(known.length))),
      )
      .sort(([a], [b]) => b.length - a.length);
    const other = found?.[1] ?? table.get('*');
    if (other) return other;
  }
  return null;
}

function isVersion(rest: string): boolean {
  return /^[-@:]((19|20)\d\d|latest|v?\d{3,}|free|preview)/.test(rest);
}
