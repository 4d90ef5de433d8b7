import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { admission, load } from '../../../src/vision/admission';
import type {
  AdmissionEvent,
  AdmissionOptions,
  AdmissionOutput,
  AdmissionState,
  AttemptEnd,
} from '../../../src/vision/admission-state';
import { NO_BUDGET } from '../../../src/vision/budget';
import { lanesOf } from '../../../src/vision/lane';
import { seeded } from '../../fixtures/seeded';

const SECOND = 1000;

interface Offered {
  pinned?: boolean;
  probe?: boolean;
  routine?: boolean;
  within?: number;
  model?: string;
  node?: string;
  tokens?: number;
  cost?: number;
}

/** A queue under test: events in, outputs as short words out. Slots are there as soon as they are asked for. */
class Queue {
  state: AdmissionState | undefined;
  now = Date.UTC(2026, 0, 15, 12);
  wakeAt: number | null = null;
  readonly start = this.now;
  #ids = 0;
  readonly #step;

  constructor(options: Partial<AdmissionOptions> = {}) {
    const rate = { requestsPerMinute: null, tokensPerMinute: null };
    const usual = { slots: 1, blockMs: 60 * SECOND, rate, budget: NO_BUDGET, hasFallback: false };
    this.#step = admission({ ...usual, ...options });
  }

  send(event: AdmissionEvent | { type: 'wake' }): string[] {
    const { state, outputs, wakeAt } = this.#step(this.state, event, this.now);
    this.state = state;
    this.wakeAt = wakeAt === null ? null : wakeAt - this.start;
    return outputs.flatMap((output) =>
      output.type === 'acquire' ? this.send({ type: 'acquired' }) : [word(output)],
    );
  }

  /** Lets time pass, and wakes the queue when it wants to be woken. */
  pass(ms: number): string[] {
    const end = this.now + ms;
    const words: string[] = [];
    while (this.wakeAt !== null && this.start + this.wakeAt <= end) {
      this.now = Math.max(this.now, this.start + this.wakeAt);
      words.push(...this.send({ type: 'wake' }));
    }
    this.now = end;
    return words;
  }

  /** Offers a picture and says its id. */
  offer(camera: string, options: Offered = {}) {
    this.#ids += 1;
    const { within = 10 * SECOND, model = 'm', node = 'n', tokens = 100, cost = 0, ...kinds } = options;
    const candidate = {
      ...{ id: this.#ids, lane: `${node}\n${camera}`, camera, model, tokens, cost },
      ...{ pinned: false, probe: false, routine: false },
      ...kinds,
    };
    return this.send({ type: 'offer', candidate, askWithinMs: within });
  }

  /** An attempt ends; the call goes on if it is not ended as well. */
  attempted(camera: string, id: number, end: AttemptEnd, { spent = 0, node = 'n' } = {}) {
    return this.send({ type: 'attempted', lane: `${node}\n${camera}`, id, end, spent });
  }

  /** A call ends with its attempt. */
  end(camera: string, id: number, end: AttemptEnd['kind'] = 'answered', node = 'n', spent = 0) {
    const how = { kind: end, outage: 'network', retryAfterMs: null } as AttemptEnd;
    return [
      ...this.attempted(camera, id, how, { node, spent }),
      ...this.send({ type: 'end', lane: `${node}\n${camera}`, id }),
    ];
  }
}

function word(output: AdmissionOutput): string {
  switch (output.type) {
    case 'drop':
      return `${output.reason} ${output.id}`;
    case 'divert':
      return `elsewhere ${output.id} ${output.reason}`;
    case 'probe':
      return `probe ${output.model}`;
    case 'budget':
      return `budget ${output.level} ${output.period}`;
    case 'acquire':
      return 'acquire';
    default:
      return `${output.type} ${output.id}`;
  }
}

describe('admission', () => {
  it('asks at once where a slot is free', () => {
    assert.deepEqual(new Queue().offer('a'), ['start 1']);
  });

  it('has one call of a node and camera in flight, however many slots are free', () => {
    const queue = new Queue({ slots: 9 });
    queue.offer('a');
    assert.deepEqual(queue.offer('a'), []);
    assert.deepEqual(queue.offer('b'), ['start 3']);
    assert.deepEqual(queue.end('a', 1), ['start 2']);
  });

  it('has no more calls in flight than slots', () => {
    const queue = new Queue({ slots: 2 });
    assert.deepEqual([...queue.offer('a'), ...queue.offer('b'), ...queue.offer('c')], ['start 1', 'start 2']);
  });

  it('lets the newest picture of a camera take the place of the one that waits', () => {
    const queue = new Queue();
    queue.offer('a');
    queue.offer('a');
    assert.deepEqual(queue.offer('a'), ['superseded 2']);
    assert.deepEqual(queue.end('a', 1), ['start 3']);
  });

  it('keeps a pinned picture while newer ones come, and asks it first', () => {
    const queue = new Queue();
    queue.offer('a');
    queue.offer('a', { pinned: true });
    assert.deepEqual(queue.offer('a'), []);
    assert.deepEqual(queue.offer('a'), ['superseded 3']);
    assert.deepEqual(queue.end('a', 1), ['start 2']);
    assert.deepEqual(queue.end('a', 2), ['start 4']);
  });

  it('drops a picture that is older than a pinned one, so that answers come in order', () => {
    const queue = new Queue();
    queue.offer('a');
    queue.offer('a');
    assert.deepEqual(queue.offer('a', { pinned: true }), ['superseded 2']);
  });

  it('keeps the start of an event and the newest end, and lets nothing unpinned take their place', () => {
    const queue = new Queue();
    queue.offer('a');
    queue.offer('a', { pinned: true });
    queue.offer('a', { pinned: true });
    assert.deepEqual(queue.offer('a', { pinned: true }), ['superseded 3']);
    assert.deepEqual(queue.offer('a'), ['superseded 5']);
    assert.deepEqual(queue.end('a', 1), ['start 2']);
    assert.deepEqual(queue.end('a', 2), ['start 4']);
  });

  it('asks pinned pictures before the others', () => {
    const queue = new Queue();
    queue.offer('a');
    queue.offer('b');
    queue.offer('c', { pinned: true });
    assert.deepEqual(queue.end('a', 1), ['start 3']);
  });

  it('serves the camera that was served longest ago first', () => {
    const queue = new Queue();
    queue.offer('busy');
    queue.offer('busy');
    queue.offer('calm');
    assert.deepEqual(queue.end('busy', 1), ['start 3']);
    assert.deepEqual(queue.end('calm', 3), ['start 2']);
  });

  it('counts the turns of a camera over all nodes that ask about it', () => {
    const queue = new Queue();
    queue.offer('busy', { node: 'x' });
    queue.offer('busy', { node: 'y' });
    queue.offer('calm', { node: 'x' });
    assert.deepEqual(queue.end('busy', 1, 'answered', 'x'), ['start 3']);
  });

  it('shares the slots evenly among cameras that always have a picture', () => {
    const queue = new Queue({ slots: 2 });
    const served = new Map<string, number>();
    const cameraOf = new Map<number, string>();
    let flying: number[] = [];
    const note = (words: string[]) => {
      for (const one of words) {
        const [what, id] = one.split(' ');
        if (what !== 'start') continue;
        const camera = cameraOf.get(Number(id)) ?? '';
        served.set(camera, (served.get(camera) ?? 0) + 1);
        flying.push(Number(id));
      }
    };
    let id = 0;
    for (let round = 0; round < 200; round++) {
      for (const camera of ['a', 'b', 'c', 'd', 'e', 'f', 'g']) {
        // One camera is four times as busy.
        for (let i = 0; i < (camera === 'a' ? 4 : 1); i++) {
          cameraOf.set(++id, camera);
          note(queue.offer(camera));
        }
      }
      const [first = 0, ...rest] = flying;
      flying = rest;
      note(queue.end(cameraOf.get(first) ?? '', first));
    }
    const counts = [...served.values()];
    assert.equal(counts.length, 7);
    assert.ok(Math.max(...counts) - Math.min(...counts) <= 1, counts.join());
  });

  it('drops a picture that has become too old, when it becomes so', () => {
    const queue = new Queue();
    queue.offer('a');
    queue.offer('b', { within: 3 * SECOND });
    assert.equal(queue.wakeAt, 3 * SECOND + 1);
    queue.now = queue.start + 3 * SECOND + 1;
    assert.deepEqual(queue.send({ type: 'wake' }), ['stale 2']);
    assert.equal(queue.wakeAt, null);
  });

  it('does not ask about a picture that came too old', () => {
    assert.deepEqual(new Queue().offer('a', { within: -1 }), ['stale 1']);
  });

  it('frees the slot of a call that waits for its next attempt, but not its lane', () => {
    const queue = new Queue();
    queue.offer('a');
    queue.offer('b');
    const lane = 'n\na';
    assert.deepEqual(queue.attempted('a', 1, { kind: 'other' }), ['start 2']);
    assert.deepEqual(queue.send({ type: 'again', lane, id: 1 }), []);
    assert.deepEqual(queue.end('b', 2), ['resume 1']);
  });

  it('gives up a call that waited where a newer picture has come, but not a pinned one', () => {
    const queue = new Queue({ slots: 2 });
    queue.offer('a');
    queue.offer('b', { pinned: true });
    queue.attempted('a', 1, { kind: 'other' });
    queue.attempted('b', 2, { kind: 'other' });
    assert.deepEqual(queue.offer('a'), []);
    assert.deepEqual(queue.offer('b'), []);
    assert.deepEqual(queue.send({ type: 'again', lane: 'n\na', id: 1 }), ['superseded 1', 'start 3']);
    assert.deepEqual(queue.send({ type: 'again', lane: 'n\nb', id: 2 }), ['resume 2']);
  });

  it('gives no slot to a call that is over and asked elsewhere: its lane alone stays taken', () => {
    const queue = new Queue({ hasFallback: true });
    queue.offer('a');
    queue.attempted('a', 1, { kind: 'other' });
    queue.offer('b');
    queue.send({ type: 'again', lane: 'n\na', id: 1 });
    queue.send({ type: 'elsewhere', lane: 'n\na', id: 1 });
    assert.deepEqual(queue.end('b', 2), []);
    assert.deepEqual(queue.offer('b'), ['start 3']);
    queue.end('b', 3);
    assert.deepEqual(queue.offer('a'), []);
    assert.deepEqual(queue.send({ type: 'end', lane: 'n\na', id: 1 }), ['start 4']);
  });

  describe('does not ask once more about a picture that has become too old', () => {
    /** Its next attempt waits for the slot of another call. */
    function waitsForSlot(offered: Offered, isRepair = false) {
      const queue = new Queue();
      queue.offer('a', offered);
      queue.attempted('a', 1, { kind: 'other' });
      queue.offer('b');
      queue.send({ type: 'again', lane: 'n\na', id: 1, isRepair });
      return queue;
    }

    it('when it becomes so', () => {
      const queue = waitsForSlot({ within: 3 * SECOND });
      assert.deepEqual(queue.pass(3 * SECOND), []);
      assert.deepEqual(queue.pass(1), ['stale 1']);
      assert.deepEqual(queue.end('b', 2), []);
    });

    it('but about a newer one of its camera, where there is one', () => {
      const queue = waitsForSlot({ within: 3 * SECOND });
      queue.offer('a');
      assert.deepEqual(queue.pass(3 * SECOND + 1), ['superseded 1']);
      assert.deepEqual(queue.end('b', 2), ['start 3']);
    });

    it('and tells of one that is pinned, whatever has come since', () => {
      const queue = waitsForSlot({ within: 3 * SECOND, pinned: true });
      queue.offer('a');
      assert.deepEqual(queue.pass(3 * SECOND + 1), ['stale 1']);
    });

    it('unless its answer is there, and asked for in another form', () => {
      const queue = waitsForSlot({ within: 3 * SECOND }, true);
      assert.deepEqual(queue.pass(60 * SECOND), []);
      assert.deepEqual(queue.end('b', 2), ['resume 1']);
    });

    it('nor elsewhere: the next one of its camera goes there in its place', () => {
      const queue = new Queue({ hasFallback: true });
      queue.offer('a');
      queue.offer('a', { within: 30 * SECOND });
      queue.attempted('a', 1, { kind: 'other' });
      queue.send({ type: 'elsewhere', lane: 'n\na', id: 1 });
      queue.now += 20 * SECOND;
      const end = { type: 'end', lane: 'n\na' } as const;
      assert.deepEqual(queue.send({ ...end, id: 1, isTooLate: true }), ['elsewhere 2 blocked']);
      assert.deepEqual(queue.offer('a'), [], 'it waits for that answer');
      assert.deepEqual(queue.send({ ...end, id: 2 }), ['start 3']);
      assert.deepEqual(queue.send({ ...end, id: 3, isTooLate: true }), [], 'there is none');
    });
  });

  for (const type of ['elsewhere', 'end'] as const) {
    it(`takes back slot and money of a call that got them when it was over (${type})`, () => {
      const queue = new Queue({ budget: { perHour: 1, perDay: null, whenSpent: 'stop' } });
      queue.offer('a', { cost: 0.6 });
      queue.attempted('a', 1, { kind: 'other' });
      assert.deepEqual(queue.send({ type: 'again', lane: 'n\na', id: 1 }), ['resume 1']);
      queue.send({ type, lane: 'n\na', id: 1 });
      assert.deepEqual(queue.offer('b', { cost: 0.6 }), ['start 2']);
    });
  }

  it('passes over news of a call that is no longer the one of its lane', () => {
    const queue = new Queue();
    queue.offer('a');
    queue.attempted('a', 1, { kind: 'other' });
    queue.offer('a');
    queue.send({ type: 'again', lane: 'n\na', id: 1 });
    queue.offer('a');
    assert.deepEqual(queue.end('a', 1, 'other'), []);
    assert.deepEqual(queue.end('a', 2), ['start 3']);
  });

  it('leaves a model alone that cannot be used, and tries it with one call a minute', () => {
    const queue = new Queue({ slots: 4 });
    queue.offer('a');
    queue.offer('a');
    assert.deepEqual(queue.end('a', 1, 'standing'), ['blocked 2']);
    assert.deepEqual(queue.offer('b'), ['blocked 3']);
    assert.deepEqual(queue.offer('c', { model: 'other' }), ['start 4']);
    queue.now = queue.start + 60 * SECOND;
    assert.deepEqual(queue.offer('b'), ['start 5']);
    assert.deepEqual(queue.offer('d'), ['blocked 6']);
    queue.end('b', 5, 'answered');
    assert.deepEqual(queue.offer('d'), ['start 7']);
  });

  it('asks about cameras with an alert in progress before pinned pictures of others', () => {
    const queue = new Queue();
    queue.offer('a');
    queue.offer('b', { pinned: true });
    queue.offer('c', { pinned: true, probe: true });
    assert.deepEqual(queue.end('a', 1), ['start 3']);
    queue.offer('c');
    queue.offer('d', { pinned: true });
    assert.deepEqual(queue.end('c', 3), ['start 2'], 'its own lane is free a moment later');
    assert.deepEqual(queue.end('b', 2), ['start 4'], 'also what temporal-window has not asked for');
  });

  it('forgets an alert a minute after the last probe', () => {
    const queue = new Queue();
    queue.offer('c', { pinned: true, probe: true });
    queue.end('c', 1);
    queue.now += 60 * SECOND;
    queue.offer('a');
    queue.offer('b', { pinned: true });
    queue.offer('c');
    assert.deepEqual(queue.end('a', 2), ['start 3']);
  });

  it('does not let alerts that last blind the other cameras', () => {
    const queue = new Queue();
    const alerts = ['x', 'y', 'z'];
    const served: string[] = [];
    for (let round = 0; round < 60; round++) {
      queue.now += SECOND;
      for (const camera of alerts) queue.offer(camera, { pinned: true, probe: true, within: 1e6 });
      queue.offer('calm', { within: 1e6 });
      const [camera, lane] = [...(queue.state?.lanes ?? [])].find(([, { flight }]) => flight) ?? ['', null];
      served.push(camera.slice(2));
      queue.end(camera.slice(2), lane?.flight?.candidate.id ?? 0);
    }
    const calm = served.filter((one) => one === 'calm').length;
    assert.ok(calm >= 10 && calm <= 15, served.join());
  });

  describe('asks for a slot', () => {
    it('one at a time, and chooses the picture when the slot is there', () => {
      const step = admission({
        ...{ slots: 4, blockMs: SECOND, budget: NO_BUDGET, hasFallback: false },
        rate: { requestsPerMinute: null, tokensPerMinute: null },
      });
      const candidate = (id: number, camera: string) => ({
        ...{ id, lane: `n\n${camera}`, camera, model: 'm', tokens: 1, cost: 0 },
        ...{ pinned: false, probe: false, routine: false },
      });
      let state: AdmissionState | undefined;
      const send = (event: AdmissionEvent) => {
        const result = step(state, event, 0);
        state = result.state;
        return result.outputs.map(word);
      };
      const offer = (id: number, camera: string) =>
        send({ type: 'offer', candidate: candidate(id, camera), askWithinMs: SECOND });
      assert.deepEqual(offer(1, 'a'), ['acquire']);
      assert.deepEqual(offer(2, 'b'), []);
      assert.deepEqual(offer(3, 'a'), ['superseded 1'], 'the picture had not been chosen yet');
      assert.deepEqual(send({ type: 'acquired' }), ['start 2', 'acquire'], 'the one that came first');
      assert.deepEqual(send({ type: 'notAcquired' }), ['acquire']);
      assert.deepEqual(send({ type: 'leave', lanes: () => true }), ['closed 3', 'closed 2']);
      assert.deepEqual(send({ type: 'acquired' }), [], 'nobody needs it any more');
    });

    it('only where it may use one: what it may use can become less', () => {
      const queue = new Queue({ slots: 3 });
      queue.offer('a');
      queue.offer('b');
      queue.send({ type: 'capacity', slots: 1 });
      queue.offer('c');
      assert.deepEqual(queue.end('a', 1), []);
      assert.deepEqual(queue.end('b', 2), ['start 3']);
    });
  });

  describe('keeps the limits of the provider', () => {
    it('of requests a minute', () => {
      const queue = new Queue({ slots: 9, rate: { requestsPerMinute: 6, tokensPerMinute: null } });
      assert.deepEqual(queue.offer('a'), ['start 1']);
      assert.deepEqual(queue.offer('b', { within: 60 * SECOND }), []);
      assert.deepEqual(queue.pass(9_999), []);
      assert.deepEqual(queue.pass(1), ['start 2']);
    });

    it('of tokens a minute', () => {
      const queue = new Queue({ slots: 9, rate: { requestsPerMinute: null, tokensPerMinute: 6_000 } });
      assert.deepEqual(queue.offer('a', { tokens: 900 }), ['start 1']);
      assert.deepEqual(queue.offer('b', { tokens: 300, within: 60 * SECOND }), []);
      assert.deepEqual(queue.pass(2_000), ['start 2']);
    });

    it('that its headers tell', () => {
      const queue = new Queue({ slots: 9 });
      queue.send({
        ...{ type: 'told', model: 'm' },
        limits: { requests: { limit: 60, remaining: 1, resetMs: 59_000 }, tokens: null },
      });
      assert.deepEqual(queue.offer('a'), ['start 1']);
      assert.deepEqual(queue.offer('b'), []);
      assert.deepEqual(queue.pass(SECOND), ['start 2']);
    });

    it('that its headers tell of one model, while others are asked, also by cameras that come later', () => {
      const queue = new Queue({ slots: 9 });
      queue.send({
        ...{ type: 'told', model: 'big' },
        limits: { requests: { limit: 3, remaining: 0, resetMs: 6_000 }, tokens: null },
      });
      assert.deepEqual(queue.offer('a', { model: 'big', pinned: true }), []);
      assert.deepEqual(queue.offer('b', { model: 'small' }), ['start 2']);
      assert.deepEqual(queue.pass(2 * SECOND), ['start 1']);
    });

    it('of one model without letting its small calls drink up what a large one waits for', () => {
      const queue = new Queue({ slots: 9 });
      queue.send({
        ...{ type: 'told', model: 'm' },
        limits: { requests: null, tokens: { limit: 6_000, remaining: 500, resetMs: 55_000 } },
      });
      assert.deepEqual(queue.offer('a', { tokens: 1_000, pinned: true }), []);
      assert.deepEqual(queue.offer('b', { tokens: 100 }), []);
      assert.deepEqual(queue.pass(5 * SECOND), ['start 1']);
      assert.deepEqual(queue.pass(SECOND), ['start 2']);
    });

    it('by half of its slots after a refusal, until it goes well again', () => {
      const queue = new Queue({ slots: 4 });
      for (const camera of ['a', 'b', 'c', 'd']) queue.offer(camera);
      queue.now += 500;
      for (const [index, camera] of ['a', 'b', 'c', 'd'].entries()) queue.end(camera, index + 1, 'limited');
      queue.now += 500;
      const started = ['e', 'f', 'g'].flatMap((camera) => queue.offer(camera, { within: 600 * SECOND }));
      assert.deepEqual(started, ['start 5', 'start 6']);
      assert.deepEqual(queue.pass(300 * SECOND).slice(0, 1), ['start 7']);
    });

    it('by half of its slots for a model that was refused, while another one has the rest', () => {
      const queue = new Queue({ slots: 4 });
      queue.offer('a');
      queue.now += 500;
      queue.end('a', 1, 'limited');
      const started = ['b', 'c', 'd'].flatMap((camera) => queue.offer(camera));
      assert.deepEqual(started, ['start 2', 'start 3']);
      const others = ['e', 'f', 'g'].flatMap((camera) => queue.offer(camera, { model: 'another' }));
      assert.deepEqual(others, ['start 5', 'start 6']);
      assert.deepEqual(queue.end('b', 2), ['start 4'], 'it was there before the other one');
    });

    it('by leaving a model alone for as long as it asks, and no other one', () => {
      const queue = new Queue({ slots: 4 });
      queue.offer('a');
      queue.attempted('a', 1, { kind: 'limited', retryAfterMs: 4 * SECOND });
      assert.deepEqual(queue.offer('b'), []);
      assert.deepEqual(queue.offer('c', { model: 'another' }), ['start 3']);
      assert.deepEqual(queue.pass(4 * SECOND), ['start 2']);
    });

    it('by turning away at once what cannot wait so long', () => {
      const queue = new Queue({ slots: 4 });
      queue.offer('a');
      queue.end('a', 1, 'answered');
      queue.offer('a');
      queue.offer('b');
      assert.deepEqual(queue.attempted('a', 2, { kind: 'limited', retryAfterMs: 3600 * SECOND }), []);
      assert.deepEqual(queue.offer('c'), ['held 4']);
      queue.now += 301 * SECOND;
      assert.deepEqual(queue.offer('c'), ['start 5'], 'an hour is cut to five minutes');
    });
  });

  describe('keeps the budget', () => {
    const budget = { perHour: 1, perDay: null, whenSpent: 'stop' } as const;

    it('with what is in flight: nothing starts that may not fit', () => {
      const queue = new Queue({ slots: 9, budget });
      for (const camera of ['a', 'b', 'c']) queue.offer(camera, { cost: 0.3 });
      assert.deepEqual(queue.offer('d', { cost: 0.3 }), []);
      assert.deepEqual(queue.end('a', 1, 'answered', 'n', 0.1), ['start 4']);
    });

    it('never spends more, whatever the calls cost up to their estimates', () => {
      const queue = new Queue({ slots: 16, budget });
      const random = seeded(11);
      const flying = new Map<number, string>();
      let spent = 0;
      let id = 0;
      const note = (words: string[]) => {
        for (const one of words) {
          const [what, number] = one.split(' ');
          if (what === 'start') flying.set(Number(number), cameras.get(Number(number)) ?? '');
        }
      };
      const cameras = new Map<number, string>();
      for (let round = 0; round < 2000; round++) {
        queue.now += 10;
        id += 1;
        cameras.set(id, `c${id % 50}`);
        note(queue.offer(`c${id % 50}`, { cost: 0.01 }));
        const [first] = flying;
        if (!first || random() < 0.5) continue;
        const cost = random() * 0.01;
        spent += cost;
        flying.delete(first[0]);
        note(queue.end(first[1], first[0], 'answered', 'n', cost));
      }
      for (const [flight, camera] of flying) {
        spent += 0.01;
        queue.end(camera, flight, 'answered', 'n', 0.01);
      }
      assert.ok(spent <= 1 && spent > 0.97, String(spent));
    });

    it('leaves out two of three heartbeats from 80 % on, but none of a camera with an alert', () => {
      const queue = new Queue({ slots: 9, budget });
      queue.offer('x', { cost: 0.001 });
      assert.deepEqual(queue.end('x', 1, 'answered', 'n', 0.85), ['budget saving hour']);
      const beat = (camera: string) => queue.offer(camera, { routine: true, cost: 0.001 });
      assert.deepEqual(beat('a'), ['start 2']);
      queue.end('a', 2, 'answered', 'n', 0.001);
      assert.deepEqual([beat('a'), beat('a'), beat('a')], [['saving 3'], ['saving 4'], ['start 5']]);
      queue.offer('b', { probe: true, pinned: true, cost: 0.001 });
      queue.end('b', 6, 'answered', 'n', 0.001);
      assert.deepEqual(beat('b'), ['start 7']);
    });

    it('asks nothing more where it is spent and is to stop, and begins anew with the hour', () => {
      const queue = new Queue({ slots: 9, budget });
      queue.offer('x', { cost: 1 });
      assert.deepEqual(queue.end('x', 1, 'answered', 'n', 1), ['budget spent hour']);
      assert.deepEqual(queue.offer('a', { cost: 0.1, probe: true }), ['budget 2']);
      queue.now += 3600 * SECOND;
      assert.deepEqual(queue.offer('a', { cost: 0.1 }), ['start 3', 'budget normal day']);
    });

    it('asks about alerts in progress where it is spent, if it is set so', () => {
      const queue = new Queue({ slots: 9, budget: { ...budget, whenSpent: 'alerts' } });
      queue.offer('x', { cost: 1 });
      queue.end('x', 1, 'answered', 'n', 1);
      assert.deepEqual(queue.offer('a', { cost: 0.1, pinned: true }), ['budget 2']);
      assert.deepEqual(queue.offer('b', { cost: 0.1, pinned: true, probe: true }), ['start 3']);
    });

    it('counts what an earlier process has spent', () => {
      const queue = new Queue({ slots: 9, budget });
      queue.send({ type: 'spentBefore', hour: 0.95, day: 2 });
      assert.deepEqual(queue.offer('a', { cost: 0.1 }), ['budget 1', 'budget spent hour']);
    });
  });

  describe('while a server does not answer', () => {
    const down: AttemptEnd = { kind: 'outage', outage: 'network' };

    it('asks about nothing, looks every two seconds, and goes on when it is there', () => {
      const queue = new Queue({ slots: 9 });
      for (const camera of ['a', 'b', 'c', 'd', 'e', 'f']) queue.offer(camera);
      for (const [index, camera] of ['a', 'b', 'c', 'd', 'e'].entries())
        queue.attempted(camera, index + 1, down);
      assert.deepEqual(queue.offer('g'), ['blocked 7']);
      assert.deepEqual(queue.send({ type: 'again', lane: 'n\na', id: 1 }), ['blocked 1'], 'nor again');
      assert.deepEqual(queue.pass(4 * SECOND), ['probe m', 'probe m']);
      assert.deepEqual(queue.send({ type: 'probed', model: 'm', isThere: false }), []);
      queue.send({ type: 'probed', model: 'm', isThere: true });
      assert.deepEqual(queue.offer('g'), ['start 8']);
      assert.deepEqual(queue.pass(60 * SECOND), [], 'and looks no more');
    });

    it('tries one picture after 15 s and after a deploy, also where no look tells that it is there', () => {
      const queue = new Queue({ slots: 9 });
      for (const camera of ['a', 'b', 'c', 'd', 'e']) queue.offer(camera);
      for (const [index, camera] of ['a', 'b', 'c', 'd', 'e'].entries())
        queue.end(camera, index + 1, 'outage');
      const looks = queue.pass(15 * SECOND);
      assert.deepEqual(looks, Array(7).fill('probe m'));
      assert.deepEqual([queue.offer('f'), queue.offer('g')], [['start 6'], ['blocked 7']]);
      assert.deepEqual(queue.end('f', 6, 'outage'), []);
      queue.pass(10 * SECOND);
      assert.deepEqual(queue.offer('f'), ['blocked 8']);
      queue.send({ type: 'leave', lanes: () => false });
      assert.deepEqual([queue.offer('f'), queue.offer('g')], [['start 9'], ['blocked 10']]);
      queue.end('f', 9);
      assert.deepEqual(queue.offer('g'), ['start 11'], 'it has answered');
    });

    it('goes on asking other models of it', () => {
      const queue = new Queue({ slots: 9 });
      for (const camera of ['a', 'b', 'c', 'd', 'e']) queue.offer(camera);
      for (const [index, camera] of ['a', 'b', 'c', 'd', 'e'].entries())
        queue.end(camera, index + 1, 'outage');
      assert.deepEqual(queue.offer('f'), ['blocked 6']);
      assert.deepEqual(queue.offer('f', { model: 'another' }), ['start 7']);
    });

    it('sends to another endpoint, one at a time for each camera, so that answers stay in order', () => {
      const queue = new Queue({ slots: 9, hasFallback: true });
      for (const camera of ['a', 'b', 'c', 'd', 'e']) queue.offer(camera);
      for (const [index, camera] of ['a', 'b', 'c', 'd', 'e'].entries())
        queue.end(camera, index + 1, 'outage');
      assert.deepEqual(queue.offer('f'), ['elsewhere 6 blocked']);
      assert.deepEqual(queue.offer('f'), []);
      assert.deepEqual(queue.offer('f'), ['superseded 7']);
      assert.deepEqual(queue.send({ type: 'end', lane: 'n\nf', id: 6 }), ['elsewhere 8 blocked']);
    });
  });

  it('drops what a node that has gone had waiting and in flight, and nothing else', () => {
    const queue = new Queue({ slots: 2 });
    queue.offer('a', { node: 'x' });
    queue.offer('a', { node: 'x' });
    queue.offer('a', { node: 'y' });
    assert.deepEqual(queue.send({ type: 'leave', lanes: lanesOf('x', null) }), ['closed 2', 'closed 1']);
    // Its call is being ended; until it is, its slot is used.
    assert.deepEqual(load(queue.state, lanesOf('x', null)), { waiting: 0, asking: 1 });
    queue.end('a', 1, 'other', 'x');
    assert.deepEqual(load(queue.state, lanesOf('x', null)), { waiting: 0, asking: 0 });
    assert.deepEqual(load(queue.state, lanesOf('y', null)), { waiting: 0, asking: 1 });
  });

  it('keeps nothing of a camera that has nothing to ask', () => {
    const queue = new Queue();
    queue.offer('a');
    queue.end('a', 1);
    assert.equal(queue.state?.lanes.size, 0);
  });

  it('turns away what is more than it can hold', () => {
    const queue = new Queue();
    let turnedAway = 0;
    for (let i = 0; i < 2100; i++) if (queue.offer(`c${i}`)[0]?.startsWith('superseded')) turnedAway += 1;
    assert.equal(turnedAway, 100);
    assert.equal(queue.state?.lanes.size, 2000);
  });

  it('does not change the state that it was given', () => {
    const queue = new Queue();
    queue.offer('a');
    const before = queue.state;
    const kept = structuredClone(before);
    queue.offer('b');
    queue.end('a', 1);
    assert.deepEqual(before, kept);
  });

  it('gives each picture one outcome, whatever happens in whatever order', () => {
    let seed = 7;
    const random = (below: number) => {
      seed = (seed * 1103515245 + 12345) % 2 ** 31;
      return seed % below;
    };
    const queue = new Queue({ slots: 3 });
    const outcomes = new Map<number, string>();
    const flying = new Map<number, string>();
    let offered = 0;
    const note = (words: string[]) => {
      for (const one of words) {
        const [what = '', id] = one.split(' ');
        if (what === 'resume') continue;
        if (what === 'start') continue;
        assert.ok(!outcomes.has(Number(id)), `${id} has two outcomes`);
        outcomes.set(Number(id), what);
        flying.delete(Number(id));
      }
    };
    const cameras = ['a', 'b', 'c', 'd'];
    const cameraById = new Map<number, string>();
    const take = (words: string[]) => {
      for (const one of words) {
        const [what, id] = one.split(' ');
        if (what === 'start') flying.set(Number(id), cameraById.get(Number(id)) ?? '');
      }
      note(words);
      assert.ok([...new Set(flying.values())].length === flying.size, 'one call a lane');
    };
    for (let i = 0; i < 5000; i++) {
      queue.now += random(2000);
      const [id, camera] = [...flying][random(Math.max(1, flying.size))] ?? [0, ''];
      const lane = `n\n${camera}`;
      const what = random(6);
      if (what < 3) {
        offered += 1;
        const next = cameras[random(4)] ?? 'a';
        cameraById.set(offered, next);
        take(queue.offer(next, { pinned: random(3) === 0 }));
      } else if (id && what === 3) take(queue.attempted(camera, id, { kind: 'other' }));
      else if (id && what === 4) take(queue.send({ type: 'again', lane, id }));
      else if (id) {
        flying.delete(id);
        outcomes.set(id, 'ended');
        take(queue.end(camera, id, random(20) === 0 ? 'standing' : 'answered'));
      }
    }
    take(queue.send({ type: 'leave', lanes: () => true }));
    assert.equal(outcomes.size, offered);
  });
});
