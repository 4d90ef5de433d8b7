import { parseHttpDate } from '../shared/time';
import type { ToldLimit, ToldLimits } from './rate';

interface Headers {
  get(name: string): string | null;
}

/**
 * Reads the rate limits that an answer's headers tell: OpenAI's and Azure's `x-ratelimit-*`, which vLLM gateways and
 * OpenRouter copy, and Anthropic's `anthropic-ratelimit-*` (reference §1.3).
 *
 * @param now wall clock: Anthropic tells moments
 */
export function rateHeaders(headers: Headers, now: number): ToldLimits {
  const openAi = (what: string) => told(headers, now, (part) => `x-ratelimit-${part}-${what}`);
  const anthropic = (what: string) => told(headers, now, (part) => `anthropic-ratelimit-${what}-${part}`);
  return {
    requests: openAi('requests') ?? anthropic('requests'),
    tokens: openAi('tokens') ?? anthropic('input-tokens') ?? anthropic('tokens'),
  };
}

function told(headers: Headers, now: number, name: (part: string) => string): ToldLimit | null {
  const limit = numberIn(headers.get(name('limit')));
  // Most servers tell none.
  if (limit === null) return null;
  const remaining = numberIn(headers.get(name('remaining')));
  const resetMs = durationMs(headers.get(name('reset')) ?? '', now);
  // Azure tells -1 and 0 where it knows nothing.
  if (remaining === null || resetMs === null || limit <= 0 || remaining < 0) return null;
  return { limit, remaining, resetMs };
}

function numberIn(text: string | null): number | null {
  const value = Number.parseFloat(text ?? '');
  return Number.isFinite(value) ? value : null;
}

const UNITS: Record<string, number> = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1000, ms: 1 };

/** `6m0s`, `1.5s`, `20ms`, seconds as a number, or a moment. */
function durationMs(text: string, now: number): number | null {
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text) * 1000;
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ms|d|h|m|s)/g)];
  if (parts.length > 0 && parts.map(([part]) => part).join('') === text) {
    return parts.reduce((sum, [, value, unit]) => sum + Number(value) * (UNITS[unit ?? ''] ?? 0), 0);
  }
  const moment = text === '' ? null : parseHttpDate(text);
  return moment === null ? null : Math.max(0, moment - now);
}
