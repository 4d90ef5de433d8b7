import { ConfigError } from '../../src/shared/errors';

interface NumberRule {
  default: number;
  min: number;
  max: number;
}

/**
 * Reads a node's configuration. Node-RED hands over strings where `${ENV}` was used and whatever old flows
 * hold, so nothing is taken as it is. Problems are collected: the user hears of all of them at once.
 */
export class Settings {
  readonly #raw: Record<string, unknown>;
  readonly #problems: string[] = [];

  constructor(raw: object) {
    this.#raw = raw as Record<string, unknown>;
  }

  /** A number within `min` and `max`; empty is the default. */
  number(name: string, rule: NumberRule): number {
    const raw = this.#value(name);
    if (raw === '') return rule.default;
    const value = Number(raw);
    if (Number.isFinite(value) && value >= rule.min && value <= rule.max) return value;
    this.problem(`${name} must be a number from ${rule.min} to ${rule.max}, but is "${shown(raw)}"`);
    return rule.default;
  }

  /** A number within `min` and `max`; empty is null. */
  optionalNumber(name: string, { min, max }: { min: number; max: number }): number | null {
    return (this.#raw[name] ?? '') === '' ? null : this.number(name, { default: min, min, max });
  }

  /** A whole number within `min` and `max`; empty is the default. */
  integer(name: string, rule: NumberRule): number {
    const value = this.number(name, rule);
    if (Number.isInteger(value)) return value;
    this.problem(`${name} must be a whole number, but is "${value}"`);
    return rule.default;
  }

  /** Text without white space around it; empty is the default. */
  text(name: string, fallback = ''): string {
    const raw = this.#value(name);
    return raw === '' ? fallback : String(raw).trim();
  }

  /** Text that must not be empty. */
  required(name: string): string {
    const value = this.text(name);
    if (value === '') this.problem(`${name} is empty`);
    return value;
  }

  choice<T extends string>(name: string, choices: readonly T[], fallback: T): T {
    const raw = this.#value(name);
    if (raw === '') return fallback;
    const found = choices.find((choice) => choice === raw);
    if (found !== undefined) return found;
    this.problem(`${name} must be one of ${choices.join(', ')}, but is "${shown(raw)}"`);
    return fallback;
  }

  flag(name: string, fallback: boolean): boolean {
    const raw = this.#value(name);
    if (raw === '') return fallback;
    return raw === true || raw === 'true';
  }

  /** As it is, for what is no text or number; '' where it is missing. */
  raw(name: string): unknown {
    return this.#value(name);
  }

  /** Notes a problem that the caller found. `text` goes on from "The settings cannot be used: ". */
  problem(text: string): void {
    this.#problems.push(text);
  }

  /** One error for all problems; null where there is none. */
  error(): ConfigError | null {
    if (this.#problems.length === 0) return null;
    return new ConfigError('CONFIG_INVALID', `The settings cannot be used: ${this.#problems.join('; ')}.`, {
      advice: 'Open the node, correct the fields named, and deploy.',
    });
  }

  #value(name: string): unknown {
    const raw = this.#raw[name];
    if (raw === undefined || raw === null) return '';
    if (typeof raw === 'string' && /^\$\{\w+\}$/.test(raw)) {
      this.problem(`${name} refers to the environment variable ${raw}, which is not set`);
      return '';
    }
    return raw;
  }
}

/** A value in an error text: short, so that a pasted secret is not repeated whole. */
function shown(raw: unknown): string {
  return String(raw).slice(0, 20);
}
