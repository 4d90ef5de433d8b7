import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  type AdmissionLimits,
  type AdmissionState,
  admit,
  IDLE,
  type Job,
} from '../../../src/shared/admission';

interface Named extends Job {
  name: string;
}

/** Drives the decision and keeps what came of it, in short words. */
class Play {
  state: AdmissionState<Named> = IDLE;
  readonly #jobs = new Map<string, Named>();
  readonly #limits: AdmissionLimits;

  constructor(limits: Partial<AdmissionLimits> = {}) {
    this.#limits = { maxRunning: 1, maxWaiting: 10, ...limits };
  }

  /** `a1` is the first picture of camera a; `a1!` is urgent; `-1` belongs to no camera. */
  offer(name: string): string[] {
    const camera = name.startsWith('-') ? null : name.charAt(0);
    const job = { name, camera, urgent: name.endsWith('!') };
    this.#jobs.set(name, job);
    return this.#step({ type: 'offered', job });
  }

  finish(name: string): string[] {
    const job = this.#jobs.get(name);
    assert.ok(job);
    return this.#step({ type: 'finished', job });
  }

  #step(event: Parameters<typeof admit<Named>>[2]): string[] {
    const { state, outputs } = admit(this.#limits, this.state, event);
    this.state = state;
    return outputs.map((output) =>
      output.type === 'run' ? `run ${output.job.name}` : `drop ${output.job.name} ${output.reason}`,
    );
  }
}

describe('admit', () => {
  it('runs at once where there is room, else one after the other', () => {
    const play = new Play({ maxRunning: 2 });
    assert.deepEqual(play.offer('a1'), ['run a1']);
    assert.deepEqual(play.offer('b1'), ['run b1']);
    assert.deepEqual(play.offer('c1'), []);
    assert.deepEqual(play.finish('b1'), ['run c1']);
  });

  it('never runs two pictures of one camera, so that their order is kept', () => {
    const play = new Play({ maxRunning: 2 });
    play.offer('a1');
    assert.deepEqual(play.offer('a2'), []);
    assert.deepEqual(play.offer('b1'), ['run b1']);
    assert.deepEqual(play.finish('a1'), ['run a2']);
  });

  it('replaces a picture that waits by a newer one of its camera, in the same place', () => {
    const play = new Play();
    play.offer('a1');
    play.offer('b1');
    play.offer('c1');
    assert.deepEqual(play.offer('b2'), ['drop b1 busy']);
    assert.deepEqual(play.finish('a1'), ['run b2']);
    assert.deepEqual(play.finish('b2'), ['run c1']);
  });

  it('does not replace an urgent picture by a lesser one, but by another urgent one', () => {
    const play = new Play();
    play.offer('a1');
    play.offer('a2!');
    assert.deepEqual(play.offer('a3'), ['drop a3 busy']);
    assert.deepEqual(play.offer('a4!'), ['drop a2! busy']);
    assert.deepEqual(play.finish('a1'), ['run a4!']);
  });

  it('lets urgent pictures go first', () => {
    const play = new Play();
    play.offer('a1');
    play.offer('b1');
    play.offer('c1!');
    assert.deepEqual(play.finish('a1'), ['run c1!']);
  });

  it('does not let pictures of no camera replace each other', () => {
    const play = new Play();
    play.offer('-1');
    play.offer('-2');
    play.offer('-3');
    assert.deepEqual(play.finish('-1'), ['run -2']);
    assert.deepEqual(play.finish('-2'), ['run -3']);
  });

  it('bounds how many wait: the longest waiting goes, urgent ones last', () => {
    const play = new Play({ maxWaiting: 2 });
    play.offer('a1');
    play.offer('b1!');
    play.offer('c1');
    assert.deepEqual(play.offer('d1'), ['drop c1 overflow']);
    assert.deepEqual(play.offer('e1!'), ['drop d1 overflow']);
    assert.deepEqual(play.offer('f1'), ['drop f1 overflow']);
    assert.deepEqual(play.offer('g1!'), ['drop b1! overflow']);
  });

  it('gives each of a thousand random pictures exactly one outcome, in order per camera', () => {
    let seed = 7;
    const random = (below: number) => {
      seed = (seed * 1103515245 + 12345) % 2 ** 31;
      return Math.floor((seed / 2 ** 31) * below);
    };
    const play = new Play({ maxRunning: 2, maxWaiting: 3 });
    const outcomes: string[] = [];
    for (let i = 0; i < 1000; i++) {
      const name = `${'abcdef'.charAt(random(6))}${i}${random(4) === 0 ? '!' : ''}`;
      outcomes.push(...play.offer(name));
      const running = play.state.running[0];
      if (running && random(2) === 0) outcomes.push(...play.finish(running.name));
      assert.ok(play.state.running.length <= 2 && play.state.waiting.length <= 3);
    }
    while (play.state.running[0]) outcomes.push(...play.finish(play.state.running[0].name));
    const names = outcomes.map((outcome) => outcome.split(' ')[1]);
    assert.equal(new Set(names).size, 1000);
    assert.equal(names.length, 1000);
    for (const camera of 'abcdef') {
      const ran = outcomes
        .filter((outcome) => outcome.startsWith(`run ${camera}`))
        .map((outcome) => Number.parseInt(outcome.slice(5), 10));
      assert.deepEqual(
        ran,
        [...ran].sort((a, b) => a - b),
      );
    }
  });
});
