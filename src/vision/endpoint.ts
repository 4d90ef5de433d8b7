import type { Clock } from '../shared/clock';
import { KeyedRunner } from '../shared/decider';
import { VisionError } from '../shared/errors';
import { type Account, Accounts } from './accounts';
import { admission, load } from './admission';
import type { AdmissionEvent, AdmissionOutput, AdmissionState, DropReason } from './admission-state';
import { attemptEnd, mayHaveBilled } from './attempt-end';
import type { BudgetLevel, Period } from './budget';
import { type CallOptions, type CallParts, type CallResult, makeCall, untilAborted } from './call';
import type { VisionClient, VisionReply, VisionRequest } from './client';
import type { ExpectedDemand } from './demand';
import { DemandWatch } from './demand-watch';
import { budgetNotice, heldBack, tooOld } from './drop-error';
import { CallFailure } from './failure';
import { askElsewhere, type Elsewhere, isWanting } from './fallback';
import type { Bill, EndpointOptions, Job, Outcome } from './job';
import { type Answered, onceMore, Repairs } from './repair';
import { isServerThere } from './server-probe';
import { shrunk } from './shrink';
import type { Grant, Slots } from './slots';

export interface EndpointParts {
  client: VisionClient;
  slots: Slots;
  clock: Clock;
  /** 0 to 1. */
  random(): number;
  /** Endpoints to ask where this one cannot be or does not answer, in their order. */
  fallbacks?(): Endpoint[];
  /** What was spent in this hour and day before. Nothing is asked until it is known. */
  spent?: Promise<{ hour: number; day: number }>;
  onBill?(bill: Bill): void;
  /** Told where more pictures come, or will come, than can be served. */
  onDemand?(warning: string): void;
  /** Makes a picture smaller where money runs short. */
  shrink?(picture: VisionRequest['picture']): Promise<VisionRequest['picture']>;
}

/** A model that cannot be used is tried again this often. */
const BLOCK_MS = 60_000;
/** Our own deadline ends a call; Bottleneck's expiration, a little later, only frees what is stuck all the same. */
const EXPIRATION_MARGIN_MS = 2_000;
/** Where no slot could be had, one is asked for again after this. */
const ACQUIRE_AGAIN_MS = 1_000;
/** Models whose last failure is kept. */
const MAX_MODELS = 100;
/** One queue, so one key. */
const QUEUE = 'queue';

interface Ticket extends Account {
  id: number;
  arrivedAt: number;
  /** From its arrival on, its picture may be asked about for so long. */
  askWithinMs: number;
  abort: AbortController;
  /** The slot for its next attempt, which takes it. */
  grant: Grant | null;
  /** An answer that is asked for once more: it counts where no other one comes. */
  answer: Answered | null;
  /** Ends the call under way, and not the ticket: another endpoint may still be asked. */
  call: AbortController | null;
  /** Another endpoint is asked in place of this one, which has no more say. */
  isElsewhere: boolean;
  /** Endpoints that were asked before this one. */
  tried: readonly Endpoint[];
  resume(): void;
  settle(outcome: Outcome): void;
}

/**
 * Asks a model about pictures of many nodes and cameras: admission decides which is next, each call has one
 * deadline over all its attempts, and gives back its slot while it waits for the next attempt. Where the endpoint
 * cannot be asked or does not answer, the next one is asked, and the lane waits for it.
 */
export class Endpoint {
  readonly options: EndpointOptions;
  readonly #parts: EndpointParts;
  readonly #queue: KeyedRunner<AdmissionState, AdmissionEvent, AdmissionOutput>;
  readonly #tickets = new Map<number, Ticket>();
  /** Attempts that are not billed yet. */
  readonly #attempts = new Set<Promise<unknown>>();
  readonly #accounts: Accounts;
  readonly #repairs = new Repairs();
  readonly #demand: DemandWatch;
  /** Why a model does not answer, for the pictures that are turned away meanwhile. */
  readonly #why = new Map<string, VisionError>();
  readonly #stopping = new AbortController();
  readonly #ready: Promise<void> | undefined;
  #isReady: boolean;
  #grant: Grant | null = null;
  #lastId = 0;
  #budget: { level: BudgetLevel; period: Period } = { level: 'normal', period: 'day' };

  constructor(options: EndpointOptions, parts: EndpointParts) {
    this.options = options;
    this.#parts = parts;
    this.#queue = new KeyedRunner({
      step: admission({
        slots: options.maxConcurrent,
        blockMs: BLOCK_MS,
        rate: options.rate,
        budget: options.budget,
        hasFallback: options.hasFallback,
      }),
      clock: parts.clock,
      maxKeys: 1,
      onOutput: (_key, output) => this.#obey(output),
    });
    this.#accounts = new Accounts(options, parts.onBill);
    this.#demand = new DemandWatch({
      ...{ clock: parts.clock, slots: options.maxConcurrent, onDemand: parts.onDemand },
    });
    this.#isReady = parts.spent === undefined;
    this.#ready = parts.spent?.then((spent) => {
      this.#isReady = true;
      this.#decide({ type: 'spentBefore', ...spent });
    });
  }

  /** The model to ask: the node's own where it names one; '' where nobody does. */
  modelFor(override: string): string {
    return this.options.standIn ? this.options.model : override || this.options.model;
  }

  /** Mean of the latest answers' latencies; null before the first. */
  get latencyMs(): number | null {
    return this.#demand.latencyMs;
  }

  /** A flow was deployed, see {@link DemandWatch}. */
  expect(expected: ExpectedDemand | null, latencyMs: number | null): void {
    this.#demand.expect(expected, latencyMs);
  }

  /** That money runs short, or has run out; null where it does not. */
  get notice(): VisionError | null {
    const { level, period } = this.#budget;
    return level === 'normal' ? null : budgetNotice(this.options, level, period);
  }

  /**
   * Asks about a picture when its turn comes. Never rejects: each job has one outcome, also when all is stopped.
   *
   * @param tried endpoints that were asked before: they are not asked again
   * @param signal gives the job up
   */
  ask(asked: Job, tried: readonly Endpoint[] = [], signal?: AbortSignal): Promise<Outcome> {
    const { clock, client } = this.#parts;
    const job = this.#accounts.arranged(asked, client.takesOne?.(asked.request.model) ?? false);
    const gone: Outcome = {
      kind: 'dropped',
      reason: 'closed',
      error: null,
      cost: null,
      endpoint: this.options,
    };
    if (this.#stopping.signal.aborted || signal?.aborted) return Promise.resolve(gone);
    this.#demand.count(job.camera);
    return new Promise((resolve) => {
      this.#lastId += 1;
      const id = this.#lastId;
      const { request, camera, pinned, probe, routine } = job;
      const { lane, model } = request;
      const giveUp = () => this.#decide({ type: 'leave', lanes: (one) => one === lane });
      signal?.addEventListener('abort', giveUp, { once: true });
      const estimate = this.#accounts.estimateOf(job);
      const maxAgeMs = pinned ? this.options.maxAgePinnedMs : this.options.maxAgeMs;
      const askWithinMs = maxAgeMs - Math.max(0, job.ageMs);
      this.#tickets.set(id, {
        ...{ id, job, estimate, askWithinMs, tried },
        ...{ grant: null, spent: 0, answer: null, call: null, isElsewhere: false },
        arrivedAt: clock.monotonic(),
        abort: new AbortController(),
        resume: () => {},
        settle: (outcome) => {
          signal?.removeEventListener('abort', giveUp);
          this.#tickets.delete(id);
          resolve(outcome);
        },
      });
      const { tokens, cost } = estimate;
      this.#decide({
        type: 'offer',
        candidate: { id, lane, camera, model, pinned, probe, routine, tokens, cost },
        askWithinMs,
      });
    });
  }

  /** Pictures that wait, and calls under way, of the lanes for which `lanes` is true. */
  load(lanes: (lane: string) => boolean): { waiting: number; asking: number } {
    return load(this.#queue.peek(QUEUE), lanes);
  }

  /** Slots that this process may use from now on: less while the others cannot be heard of. */
  setCapacity(slots: number): void {
    this.#decide({ type: 'capacity', slots });
  }

  /** A node was closed: ends what it asked and forgets its lanes. A model that was left alone is tried again. */
  leave(lanes: (lane: string) => boolean): void {
    this.#decide({ type: 'leave', lanes });
    this.#parts.client.forget?.(lanes);
  }

  /**
   * Ends everything: calls under way are aborted, each job gets its outcome, nothing runs afterwards.
   *
   * @returns resolves when what was under way is billed, which takes no time
   */
  async stop(): Promise<void> {
    this.#stopping.abort(new Error('closed'));
    this.#demand.stop();
    this.#queue.stop();
    for (const ticket of [...this.#tickets.values()]) this.#drop(ticket, 'closed');
    this.#grant?.release();
    this.#parts.slots.stop();
    await Promise.allSettled(this.#attempts);
  }

  #decide(event: AdmissionEvent): void {
    // With the wall clock, so that a machine that wakes up or gets the time learns that an hour is over.
    if (!this.#stopping.signal.aborted) this.#queue.dispatch(QUEUE, event, this.#parts.clock.now());
  }

  #obey(output: AdmissionOutput): void {
    if (output.type === 'acquire') return void this.#acquire();
    if (output.type === 'probe') return void this.#probe(output.model);
    if (output.type === 'budget') {
      this.#budget = output;
      return;
    }
    const ticket = this.#tickets.get(output.id);
    if (!ticket) return;
    if (output.type === 'drop') return void this.#drop(ticket, output.reason);
    if (output.type === 'divert') return void this.#divert(ticket, output.reason);
    ticket.grant = this.#grant;
    this.#grant = null;
    if (output.type === 'resume') ticket.resume();
    else void this.#run(ticket);
  }

  async #acquire(): Promise<void> {
    const { slots, clock } = this.#parts;
    const expirationMs = this.options.timeoutMs + EXPIRATION_MARGIN_MS;
    try {
      if (!this.#isReady) await this.#ready;
      this.#grant = slots.acquireNow?.(expirationMs) ?? (await slots.acquire(expirationMs));
      this.#decide({ type: 'acquired' });
    } catch {
      if (this.#stopping.signal.aborted) return;
      const timer = clock.setTimeout(() => {
        this.#stopping.signal.removeEventListener('abort', timer.clear);
        this.#decide({ type: 'notAcquired' });
      }, ACQUIRE_AGAIN_MS);
      this.#stopping.signal.addEventListener('abort', timer.clear, { once: true });
    }
    // Nobody needed it.
    this.#grant?.release();
    this.#grant = null;
  }

  async #probe(model: string): Promise<void> {
    const { client, clock } = this.#parts;
    const isThere = await isServerThere(client, clock, this.#stopping.signal);
    this.#decide({ type: 'probed', model, isThere });
  }

  #drop(ticket: Ticket, reason: DropReason): void {
    const error = this.#whyDropped(ticket, reason);
    const cost = this.#accounts.costOf(ticket);
    const own = reason !== 'closed' && ticket.answer;
    ticket.settle({ ...(own || { kind: 'dropped', reason, error }), cost, endpoint: this.options });
    ticket.abort.abort(new Error(reason));
  }

  #whyDropped({ job }: Ticket, reason: DropReason): VisionError | null {
    if (reason === 'blocked') return this.#why.get(job.request.model) ?? null;
    if (reason === 'held') return heldBack();
    if (reason === 'budget') return budgetNotice(this.options, 'spent', this.#budget.period);
    return reason === 'stale' ? tooOld(this.options, job.pinned) : null;
  }

  /** Another endpoint is asked in place of this one. */
  async #divert(ticket: Ticket, reason: DropReason): Promise<void> {
    const error = this.#whyDropped(ticket, reason);
    const own: Outcome = { kind: 'dropped', reason, error, cost: null, endpoint: this.options };
    ticket.isElsewhere = true;
    ticket.call?.abort(new Error(reason));
    if (ticket.answer)
      return this.#end(ticket, { ...own, ...ticket.answer, cost: this.#accounts.costOf(ticket) });
    this.#end(ticket, (await this.#elsewhere(ticket, own)).outcome);
  }

  async #run(ticket: Ticket): Promise<void> {
    const { model } = ticket.job.request;
    if (this.#budget.level !== 'normal') await this.#shrunk(ticket);
    let result = await this.#call(ticket, this.options, (signal) => this.#attempt(ticket, signal));
    if (result.kind === 'answered') {
      this.#why.delete(model);
      result = await this.#repaired(ticket, result);
    }
    if (ticket.isElsewhere) return;
    const own: Outcome = { ...result, cost: this.#accounts.costOf(ticket), endpoint: this.options };
    if (!isWanting(own)) return this.#end(ticket, own);
    this.#over(ticket, { type: 'elsewhere' });
    const { outcome, wasTooOld } = await this.#elsewhere(ticket, own);
    // A fault of the server meets the next picture as well; what was about this picture does not.
    const isTooLate = wasTooOld && own.kind === 'failed' && own.error.cause.retryable;
    this.#end(ticket, outcome, isTooLate);
  }

  #call(ticket: Ticket, options: CallOptions, attempt: CallParts['attempt']): Promise<CallResult> {
    const { clock, random } = this.#parts;
    const call = new AbortController();
    ticket.call = call;
    const giveUp = () => call.abort(ticket.abort.signal.reason);
    const youngForMs = () => ticket.askWithinMs - (clock.monotonic() - ticket.arrivedAt);
    if (ticket.abort.signal.aborted) giveUp();
    ticket.abort.signal.addEventListener('abort', giveUp, { once: true });
    const noted = (signal: AbortSignal) => this.#noted(attempt(signal));
    const again = () => this.#again(ticket);
    return makeCall(options, { clock, random, attempt: noted, again, youngForMs }, call);
  }

  #noted<T>(attempt: Promise<T>): Promise<T> {
    this.#attempts.add(attempt);
    const forget = () => this.#attempts.delete(attempt);
    attempt.then(forget, forget);
    return attempt;
  }

  /** Resolves when the ticket has a slot once more. */
  #again(ticket: Ticket, isRepair = false): Promise<void> {
    const { lane } = ticket.job.request;
    return new Promise((resume) => {
      ticket.resume = resume;
      this.#decide({ type: 'again', lane, id: ticket.id, isRepair });
    });
  }

  #repaired(ticket: Ticket, first: Answered): Promise<Answered> {
    const { flaws, request } = ticket.job;
    if (!flaws) return Promise.resolve(first);
    const askAgain = (timeoutMs: number) => {
      ticket.answer = first;
      ticket.job = { ...ticket.job, request: onceMore(request) };
      return this.#call(ticket, { timeoutMs, maxAttempts: 1 }, async (signal) => {
        await untilAborted(this.#again(ticket, true), signal);
        return this.#attempt(ticket, signal);
      });
    };
    return this.#repairs.of(first, request.model, this.options.timeoutMs, { flaws, askAgain });
  }

  #end(ticket: Ticket, outcome: Outcome, isTooLate = false): void {
    ticket.settle(outcome);
    this.#over(ticket, { type: 'end', isTooLate });
  }

  /** The call makes no attempt any more: a slot that came for one is free again. */
  #over(ticket: Ticket, how: { type: 'elsewhere' } | { type: 'end'; isTooLate: boolean }): void {
    ticket.grant?.release();
    ticket.grant = null;
    this.#decide({ ...how, lane: ticket.job.request.lane, id: ticket.id });
  }

  #elsewhere(ticket: Ticket, own: Outcome): Promise<Elsewhere> {
    const { clock, fallbacks } = this.#parts;
    const { job, tried, abort, arrivedAt } = ticket;
    const ageMs = () => Math.max(0, job.ageMs) + clock.monotonic() - arrivedAt;
    const endpoints = fallbacks?.() ?? [];
    return askElsewhere(own, { job, ageMs, tried: [...tried, this], endpoints, signal: abort.signal });
  }

  /** One attempt: its slot is free and its bill known when it ends. */
  async #attempt(ticket: Ticket, signal: AbortSignal): Promise<VisionReply> {
    const { client, clock } = this.#parts;
    const { id, job } = ticket;
    const { lane, model } = job.request;
    const { grant } = ticket;
    ticket.grant = null;
    const startedAt = clock.monotonic();
    const asked = this.#accounts.refusal(job) ?? client.ask(job.request, signal);
    // The slot counts as used until the call has really gone.
    asked.then(
      () => grant?.release(),
      () => grant?.release(),
    );
    try {
      const reply = await untilAborted(asked, signal);
      const spent = this.#accounts.bill(ticket, reply.usage, reply.model);
      this.#demand.answered(clock.monotonic() - startedAt);
      if (reply.limits) this.#decide({ type: 'told', model, limits: reply.limits });
      this.#decide({ type: 'attempted', lane, id, end: { kind: 'answered' }, spent });
      return reply;
    } catch (thrown) {
      if (thrown instanceof CallFailure) this.#remember(model, thrown.error);
      else if (thrown instanceof VisionError) this.#remember(model, thrown);
      const spent = mayHaveBilled(thrown) ? this.#accounts.bill(ticket, null, model) : 0;
      if (thrown instanceof CallFailure && thrown.limits)
        this.#decide({ type: 'told', model, limits: thrown.limits });
      this.#decide({ type: 'attempted', lane, id, end: attemptEnd(thrown), spent });
      throw thrown;
    }
  }

  async #shrunk(ticket: Ticket): Promise<void> {
    const { shrink } = this.#parts;
    if (!shrink) return;
    const { request } = ticket.job;
    try {
      ticket.job = { ...ticket.job, request: { ...(await shrunk(request, shrink)), detail: 'low' } };
    } catch {
      // What sharp cannot read, the model's server will tell about.
    }
  }

  #remember(model: string, error: VisionError): void {
    if (this.#why.size >= MAX_MODELS && !this.#why.has(model)) this.#why.clear();
    this.#why.set(model, error);
  }
}
