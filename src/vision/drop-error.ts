import { VisionError } from '../shared/errors';
import type { BudgetLevel, BudgetOptions, Period } from './budget';

/** A picture became too old before it could be asked about. */
export function tooOld(
  { maxAgeMs, maxAgePinnedMs }: { maxAgeMs: number; maxAgePinnedMs: number },
  pinned: boolean,
): VisionError {
  const seconds = (pinned ? maxAgePinnedMs : maxAgeMs) / 1000;
  return new VisionError(
    'VISION_STALE',
    `A picture was older than ${seconds} s before it could be asked about.`,
    {
      advice: 'Send fewer pictures, allow more calls at once, or use a faster model.',
      retryable: true,
    },
  );
}

/** The provider wants to be left alone for longer than a picture may wait. */
export function heldBack(): VisionError {
  return new VisionError(
    'VISION_RATE_LIMITED',
    "The provider's rate limit is reached, and it asks to be left alone for a while.",
    {
      advice:
        'Ask less often, set the limits of your account in the endpoint, or add another endpoint to fall back to.',
      retryable: true,
    },
  );
}

/** A budget cannot hold for a model whose calls cannot be counted. */
export function noPrice(model: string): VisionError {
  return new VisionError(
    'VISION_NO_PRICE',
    `The endpoint has a budget, which needs the prices of "${model.slice(0, 60)}", and they are not known.`,
    { advice: 'Add a line for the model to More prices in the endpoint, or empty its budgets.' },
  );
}

/** Money runs short, or has run out. */
export function budgetNotice(
  { budget }: { budget: BudgetOptions },
  level: Exclude<BudgetLevel, 'normal'>,
  period: Period,
): VisionError {
  const limit = period === 'hour' ? budget.perHour : budget.perDay;
  const what = `of the ${period}, ${limit},`;
  if (level === 'saving') {
    return new VisionError('VISION_BUDGET', `80 % of the budget ${what} is spent.`, {
      advice:
        'Heartbeats are asked about less often and pictures are made smaller. Raise the budget in the endpoint, or send less.',
      retryable: true,
    });
  }
  const rest =
    budget.whenSpent === 'alerts'
      ? 'only cameras with an alert in progress are asked about'
      : 'nothing is asked';
  return new VisionError('VISION_BUDGET', `The budget ${what} is spent: ${rest} until the next ${period}.`, {
    advice: 'Raise the budget in the endpoint, send less, or add an endpoint to fall back to.',
    retryable: true,
  });
}
