import type { Verdict } from '../../../src/shared/messages';

/** What docs/temporal-window.md calls by these letters. Times in milliseconds. */
export interface ReferenceOptions {
  rule: 'held' | 'absence' | 'count' | 'edges' | 'kOfN';
  T: number;
  G: number;
  m: number;
  /** How many `yes` (or edges, or of n). */
  k: number;
  n: number;
  W: number;
  /** How long a run may be blind. */
  E: number;
  L: number;
  least: number;
  p: number;
  c: number;
  startConfidence: number;
  /** Whether frames are asked for. When, is not said here: the reference is told. */
  probe: boolean;
}

export interface Seen {
  id: string;
  t: number;
  verdict: Verdict;
  confidence: number | null;
  paced: boolean;
  /** The camera was offline since the one before. */
  unseen?: boolean;
}

type Phase = 'idle' | 'pending' | 'firing' | 'blind';

interface Alarm {
  state: 'firing' | 'resolved' | 'expired';
  /** When it is the case; `newest` is the observation that it is told with. */
  t: number;
  newest: number;
  since: number;
  heldMs: number;
}

interface Whole {
  phase: Phase;
  since: number;
  heldMs: number;
  alarms: Alarm[];
}

/**
 * docs/temporal-window.md in code, for one key: slow and plain. It keeps everything that was seen and judges it from
 * the beginning each time. Where the reducer in src/window/ differs, one of the two is wrong.
 */
export class Reference {
  /** What was told: `firing@12000 since 4000 held 8000`. */
  readonly told: string[] = [];
  readonly dropped: string[] = [];
  /** Everything that counts, in the order of its time. */
  #seen: Seen[] = [];
  #ids: string[] = [];
  #phase: Phase = 'idle';
  #newest = Number.NEGATIVE_INFINITY;
  /** Nothing up to here changes what was told. */
  #spoken = Number.NEGATIVE_INFINITY;
  /** Nothing up to here finds its place. */
  #fence = Number.NEGATIVE_INFINITY;
  #offline = false;
  #tooOld = 0;
  /** When frames were asked for, since the newest observation. */
  #asked: number[] = [];
  readonly #o: ReferenceOptions;

  constructor(options: ReferenceOptions) {
    this.#o = options;
  }

  /** Time has passed until `now`, and perhaps the camera went offline. */
  pass(now: number, offline = false): void {
    if (offline) this.#offline = true;
    this.#rest(now);
  }

  /** A frame was asked for. */
  ask(now: number): void {
    this.#asked.push(now);
  }

  /**
   * An observation arrives at `now`.
   *
   * @returns false where it was the third in a row that was too old: the camera's clock was set back
   */
  observe(seen: Seen, now: number): boolean {
    const o = this.#o;
    if (this.#ids.includes(seen.id)) {
      this.dropped.push('duplicate');
    } else if (seen.t < this.#newest - o.L) {
      this.#tooOld++;
      this.#ids = [...this.#ids, seen.id].slice(-32);
      if (this.#tooOld === 3) {
        const { since, heldMs } = this.#judge(this.#newest);
        if (this.#phase !== 'idle')
          this.#tell(this.#phase === 'pending' ? 'idle' : 'expired', this.#newest, since, heldMs);
        this.#forget();
        return false;
      }
      this.dropped.push('late');
    } else if (seen.t <= this.#spoken) {
      this.#ids = [...this.#ids, seen.id].slice(-32);
      this.told.push(`amended ${seen.verdict}@${seen.t}`);
    } else if (seen.t < this.#newest && seen.t <= this.#fence) {
      this.dropped.push('late');
    } else this.#take(seen);
    this.#rest(now);
    return true;
  }

  #take(seen: Seen): void {
    this.#tooOld = 0;
    if (seen.t >= this.#newest) {
      this.#silence(seen.t);
      seen = { ...seen, unseen: this.#offline };
      if (seen.verdict !== 'unknown') this.#offline = false;
      // Which of several questions it answers is not known: only that the last one is still out.
      const answers = this.#asked.some((at) => at <= seen.t);
      if (answers) this.#asked = this.#asked.slice(-1).filter((at) => at > seen.t);
    }
    this.#ids = [...this.#ids, seen.id].slice(-32);
    const at = this.#seen.filter((one) => one.t <= seen.t).length;
    this.#seen.splice(at, 0, seen);
    this.#newest = Math.max(this.#newest, seen.t);

    const whole = this.#judge(this.#newest);
    const alarms = whole.alarms.filter(({ t }) => t > this.#spoken);
    for (const { state, newest, since, heldMs } of alarms) this.#tell(state, newest, since, heldMs);
    const last = alarms.at(-1);
    if (last) {
      this.#spoken = this.#newest;
      this.#fence = this.#newest;
    }
    const implied = last ? (last.state === 'firing' ? 'firing' : 'idle') : this.#phase;
    if (whole.phase !== implied) this.#tell(whole.phase, this.#newest, whole.since, whole.heldMs);
    this.#phase = whole.phase;
  }

  /** The process was killed, and another one has begun. */
  restart(): void {
    this.#fence = this.#newest;
    this.#asked = [];
    if (this.#phase === 'idle') this.#forget();
  }

  #forget(): void {
    this.#seen = [];
    this.#ids = [];
    this.#phase = 'idle';
    this.#newest = this.#spoken = this.#fence = Number.NEGATIVE_INFINITY;
    this.#offline = false;
    this.#tooOld = 0;
    this.#asked = [];
  }

  /** The oldest question has L for its answer, which may show that there was no silence. A camera that is gone has not. */
  #rest(now: number): void {
    const [oldest] = this.#asked;
    const isOut = oldest !== undefined && now < oldest + this.#o.L;
    if (!isOut) this.#silence(now);
    else if (this.#offline && this.#phase === 'firing') this.#silence(this.#newest);
  }

  #silence(now: number): void {
    if (this.#phase === 'idle') return;
    const { phase, since, heldMs } = this.#judge(now);
    if (phase === this.#phase || phase === 'firing') return;
    if (this.#phase === 'pending') this.#tell('idle', this.#newest, since, heldMs);
    else {
      if (this.#phase !== 'blind') this.#tell('blind', this.#newest, since, heldMs);
      if (phase === 'idle') {
        this.#tell('expired', this.#newest, since, heldMs);
        this.#spoken = this.#lastKnown() + this.#o.G + this.#o.E;
        this.#fence = this.#newest;
      }
    }
    this.#phase = phase;
  }

  #tell(state: string, t: number, since: number, heldMs: number): void {
    // Nothing is held while idle; how far the run came is told all the same.
    const begin = state === 'idle' ? '-' : since;
    this.told.push(`${state}@${t} since ${begin} held ${heldMs}`);
  }

  #lastKnown(): number {
    return this.#seen.findLast(({ verdict }) => verdict !== 'unknown')?.t ?? 0;
  }

  /** All that was seen, from the beginning, and the silence after it until `at`. */
  #judge(at: number): Whole {
    const { G, E, m, rule } = this.#o;
    const wants: Verdict = rule === 'absence' ? 'no' : 'yes';
    const alarms: Alarm[] = [];
    let run: Seen[] = [];
    let firing = false;
    let since = 0;
    let heldMs = 0;

    const endsInSilence = (now: number) => {
      if (run.length === 0) return false;
      if (!firing) return rule !== 'absence' && now > this.#pendingUntil(run);
      return now - lastOf(knownOf(run)) > G + E;
    };
    for (const [i, seen] of this.#seen.entries()) {
      if (endsInSilence(seen.t)) {
        const newest = this.#seen[i - 1]?.t ?? 0;
        if (firing) alarms.push({ state: 'expired', t: lastOf(knownOf(run)) + G + E, newest, since, heldMs });
        [run, firing] = [[], false];
      }
      const sure = seen.confidence === null || seen.confidence >= this.#o.startConfidence;
      if (run.length === 0 && (seen.verdict !== wants || !sure)) continue;
      run = [...run, seen];
      if (seen.verdict === wants) {
        if (!firing) since = this.#sinceOf(run);
        heldMs = this.#heldMs(run, wants);
        if (!firing && this.#fires(run, wants)) {
          firing = true;
          alarms.push({ state: 'firing', t: seen.t, newest: seen.t, since, heldMs });
        }
      } else if (seen.verdict !== 'unknown') {
        const row = knownOf(run).length - 1 - knownOf(run).findLastIndex(({ verdict }) => verdict === wants);
        if (firing ? row >= m && this.#mayEnd(run) : this.#endsPending(run, row)) {
          if (firing) alarms.push({ state: 'resolved', t: seen.t, newest: seen.t, since, heldMs });
          [run, firing] = [[], false];
        }
      }
    }
    const whole = { since, heldMs, alarms };
    if (run.length === 0 || endsInSilence(at)) return { ...whole, phase: 'idle' };
    if (!firing) return { ...whole, phase: 'pending' };
    const unseen = at - lastOf(knownOf(run)) > G || this.#offline;
    return { ...whole, phase: unseen ? 'blind' : 'firing' };
  }

  #pendingUntil(run: Seen[]): number {
    const { rule, G, W } = this.#o;
    const yes = run.filter(({ verdict }) => verdict === 'yes');
    if (rule === 'held') return lastOf(yes) + G;
    if (rule === 'kOfN') return lastOf(knownOf(run)) + G;
    const left = lastOf(this.#marks(run)) + W;
    // Who is still there has not come again.
    return rule === 'edges' ? Math.max(left, lastOf(yes) + G) : left;
  }

  #endsPending(run: Seen[], row: number): boolean {
    const { rule, m } = this.#o;
    if (rule === 'held') return row >= m;
    if (rule === 'absence') return true;
    if (rule === 'kOfN') return this.#yesOfN(run) === 0;
    return false;
  }

  #mayEnd(run: Seen[]): boolean {
    const { rule, k, W } = this.#o;
    if (rule === 'kOfN') return this.#yesOfN(run) < k;
    if (rule === 'held' || rule === 'absence') return true;
    const now = lastOf(knownOf(run));
    // Of those that could have counted, the newest k.
    return this.#marks(run).filter(({ t }) => now - t <= W).length < k;
  }

  #fires(run: Seen[], wants: Verdict): boolean {
    const { rule, T, k, W, least, p, c } = this.#o;
    if (rule === 'kOfN') return this.#yesOfN(run) >= k;
    if (rule === 'count' || rule === 'edges') {
      const newest = lastOf(this.#marks(run));
      return this.#marks(run).filter(({ t }) => newest - t <= W).length >= k;
    }
    const forIt = run.filter(({ verdict }) => verdict === wants);
    if (this.#heldMs(run, wants) < T || forIt.length < least) return false;
    if (T === 0) return true;
    const step = (t: number) => Math.floor(t / Math.max(1, T / 20));
    const known = knownOf(run);
    const now = lastOf(known);
    const late = known.filter(({ t }) => step(t) > step(now) - 20);
    const share = late.filter(({ verdict }) => verdict === wants).length / late.length;
    let knownMs = 0;
    known.forEach((seen, i) => {
      const before = known[i - 1];
      if (before && late.includes(seen)) knownMs += this.#seenBetween(before, seen);
    });
    const age = Math.min(T, now - (run[0]?.t ?? 0));
    const coverage = age <= 0 ? 1 : Math.min(1, knownMs / age);
    return share >= p && coverage >= c;
  }

  /** Times that a count counts: each `yes`, or each that comes after m `no` in a row or begins the run. */
  #marks(run: Seen[]): Seen[] {
    const { rule, m, W } = this.#o;
    let marks: Seen[] = [];
    let row = 0;
    for (const seen of knownOf(run)) {
      if (seen.verdict === 'no') row++;
      else {
        if (rule === 'count' || marks.length === 0 || row >= m)
          marks = [...marks.filter(({ t }) => seen.t - t <= W), seen].slice(-this.#o.k);
        row = 0;
      }
    }
    return marks;
  }

  #sinceOf(run: Seen[]): number {
    const { rule } = this.#o;
    return (rule === 'count' || rule === 'edges' ? this.#marks(run)[0]?.t : run[0]?.t) ?? 0;
  }

  #yesOfN(run: Seen[]): number {
    return knownOf(run)
      .slice(-this.#o.n)
      .filter(({ verdict }) => verdict === 'yes').length;
  }

  #heldMs(run: Seen[], wants: Verdict): number {
    const forIt = run.filter(({ verdict }) => verdict === wants);
    return forIt.reduce((sum, seen, i) => {
      const before = forIt[i - 1];
      return before ? sum + this.#seenBetween(before, seen) : sum;
    }, 0);
  }

  /** Of the time between two observations, what counts as seen. */
  #seenBetween(from: Seen, to: Seen): number {
    const gap = to.t - from.t;
    if (gap > this.#o.G) return 0;
    const [a, b] = [this.#seen.indexOf(from), this.#seen.indexOf(to)];
    let holes = 0;
    for (let i = a + 1; i <= b; i++) holes += this.#holeBefore(i);
    return Math.max(0, gap - holes);
  }

  /**
   * The gap before an observation where it is more than three times what was usual, and its frame came by a clock. For
   * absence also where the camera was offline in it.
   */
  #holeBefore(index: number): number {
    const isBlind = (seen: Seen) => seen.unseen === true && this.#o.rule === 'absence';
    const gapsOf = (counts: (seen: Seen) => boolean) =>
      this.#seen.map((seen, i) => {
        const before = this.#seen[i - 1];
        const gap = before ? seen.t - before.t : 0;
        return counts(seen) && gap > 0 && gap <= this.#o.G ? gap : null;
      });
    const blind = gapsOf(isBlind)[index] ?? null;
    if (blind !== null) return blind;
    const gaps = gapsOf((seen) => seen.paced && !isBlind(seen));
    const gap = gaps[index] ?? null;
    const usual = gaps
      .slice(0, index)
      .filter((one) => one !== null)
      .slice(-8);
    if (gap === null || usual.length < 4) return 0;
    const median = usual.sort((x, y) => x - y)[Math.ceil(usual.length / 2) - 1] ?? 0;
    return gap > 3 * median ? gap : 0;
  }
}

function knownOf(run: Seen[]): Seen[] {
  return run.filter(({ verdict }) => verdict !== 'unknown');
}

function lastOf(run: Seen[]): number {
  return run.at(-1)?.t ?? 0;
}
