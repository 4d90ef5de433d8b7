import type { Usage } from '../shared/messages';
import { costOf, type Prices } from './cost';
import { noPrice } from './drop-error';
import { type Estimate, Estimates } from './estimate';
import { CallFailure } from './failure';
import type { Bill, EndpointOptions, Job } from './job';
import { priceOf } from './prices';

/** Models whose price is remembered: a flow may make up names. */
const MAX_MODELS = 100;

/** A job that is paid for. */
export interface Account {
  job: Job;
  estimate: Estimate;
  /** What its attempts have cost so far, in the currency of the prices. */
  spent: number;
}

type AccountOptions = Pick<EndpointOptions, 'standIn' | 'prices' | 'budget'>;

/** What the calls of an endpoint will cost, and have cost. */
export class Accounts {
  readonly #options: AccountOptions;
  readonly #estimates = new Estimates();
  /** A price is looked for in all tables, several times a call. */
  readonly #prices = new Map<string, Prices | null>();
  readonly #onBill: ((bill: Bill) => void) | undefined;

  constructor(options: AccountOptions, onBill?: (bill: Bill) => void) {
    this.#options = options;
    this.#onBill = onBill;
  }

  /** See {@link Estimates.arranged}. */
  arranged(job: Job, takesOne: boolean): Job {
    return this.#estimates.arranged(job, takesOne);
  }

  estimateOf({ request, pictureTokens }: Job): Estimate {
    return this.#estimates.of(request, pictureTokens, this.#priceOf(request.model));
  }

  /** A call that would not count against a budget is not made: rejects in place of it; null where it may be made. */
  refusal({ request: { model } }: Job): Promise<never> | null {
    const { standIn, budget } = this.#options;
    const hasBudget = budget.perHour !== null || budget.perDay !== null;
    if (standIn || !hasBudget || this.#priceOf(model)) return null;
    return Promise.reject(new CallFailure('standing', noPrice(model)));
  }

  /**
   * An attempt has ended.
   *
   * @param usage null where it is not known: then what was reserved counts
   * @param model the one that has answered, which may be another than was asked
   * @returns what the attempt has cost
   */
  bill(account: Account, usage: Usage | null, model: string): number {
    const { job, estimate } = account;
    const prices = this.#priceOf(model) ?? this.#priceOf(job.request.model);
    const cost = (usage && prices && costOf(usage, prices)) ?? (prices ? estimate.cost : 0);
    account.spent += cost;
    this.#estimates.learn(job.request, estimate.input, usage);
    this.#onBill?.({ camera: job.camera, rule: job.rule, usage, cost });
    return cost;
  }

  /** Of all attempts; null where there are no prices. */
  costOf({ job, spent }: Account): number | null {
    if (this.#options.standIn) return 0;
    return this.#priceOf(job.request.model) === null && spent === 0 ? null : spent;
  }

  #priceOf(model: string): Prices | null {
    if (this.#options.standIn) return null;
    const known = this.#prices.get(model);
    if (known !== undefined) return known;
    if (this.#prices.size >= MAX_MODELS) this.#prices.clear();
    const prices = priceOf(this.#options.prices, model);
    this.#prices.set(model, prices);
    return prices;
  }
}
