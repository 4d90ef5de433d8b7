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
