import type { VisionError } from '../shared/errors';
import type { Usage } from '../shared/messages';
import type { DropReason } from './admission-state';
import type { BudgetOptions } from './budget';
import type { CallOptions, CallResult } from './call';
import type { VisionReply, VisionRequest } from './client';
import type { PriceTable } from './prices';
import type { RateOptions } from './rate';
import type { Flaws } from './repair';

export interface EndpointOptions extends CallOptions {
  /** As the user calls it; goes on each answer. */
  name: string;
  /** Where a vision-llm node names none. */
  model: string;
  standIn: boolean;
  /** Calls in flight at once, over all nodes and cameras of this process. 1 or more. */
  maxConcurrent: number;
  /** Oldest picture that is worth asking about, at the time of asking. */
  maxAgeMs: number;
  /** The same for pictures that start or end an event or answer a probe. */
  maxAgePinnedMs: number;
  rate: RateOptions;
  /** The first that knows a model counts. */
  prices: readonly PriceTable[];
  budget: BudgetOptions;
  hasFallback: boolean;
}

/** What a call has taken, for the ledger. */
export interface Bill {
  camera: string;
  rule: string;
  usage: Usage | null;
  cost: number;
}

/** One picture to be asked about. */
export interface Job {
  request: VisionRequest;
  camera: string;
  rule: string;
  /** See lane. */
  pinned: boolean;
  probe: boolean;
  routine: boolean;
  /** Age of the picture on arrival, in milliseconds. */
  ageMs: number;
  /** What the picture is estimated to be billed as; 0 where nobody knows. */
  pictureTokens: number;
  /** What is wrong with a reply, which is then asked for once more. Missing: any will do. */
  flaws?(reply: VisionReply): Flaws;
}

/** How a job ended where it was asked. `cost`: of all attempts, in the currency of the prices; null without prices. */
export type Outcome = (
  | CallResult
  /** `error` says more, except where it was superseded or closed. */
  | { kind: 'dropped'; reason: DropReason; error: VisionError | null }
) & {
  cost: number | null;
  /** Who answered, or did not. */
  endpoint: EndpointOptions;
  /** Why the one that was meant did not answer, where another one did. */
  instead?: VisionError;
};
