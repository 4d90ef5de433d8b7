import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type CaptureTimeState, captureTime } from '../../../src/capture/capture-time';
import { seeded } from '../../fixtures/seeded';

const START = Date.UTC(2026, 0, 15, 12);

interface Arrival {
  /** The moment that the camera saw, epoch milliseconds. */
  seen: number;
  /** What the camera stamped, in milliseconds. */
  pts: number;
  arrival: number;
}

/** Gives the capture times, having checked that they always go on. */
function run(arrivals: Arrival[]): number[] {
  let state: CaptureTimeState | undefined;
  return arrivals.map(({ pts, arrival }) => {
    const before = state?.lastMs ?? Number.NEGATIVE_INFINITY;
    const step = captureTime(state, pts, arrival);
    assert.ok(step.time > before, 'time goes on');
    state = step.state;
    return step.time;
  });
}

/** Frames of one stream, `everyMs` apart; each may come late and be stamped by a clock that runs otherwise. */
function stream(
  frames: number,
  everyMs: number,
  { latency = (_n: number): number => 100, stamp = (ms: number): number => ms } = {},
): Arrival[] {
  return Array.from({ length: frames }, (_, n) => {
    const ms = n * everyMs;
    return { seen: START + ms, pts: stamp(ms), arrival: START + ms + latency(n) };
  });
}

function worstError(arrivals: Arrival[], skip = 0): number {
  const times = run(arrivals);
  return Math.max(...arrivals.map(({ seen }, n) => (n < skip ? 0 : Math.abs((times[n] ?? 0) - seen))));
}

test('an even stream has even capture times, at their arrival', () => {
  const times = run(stream(100, 40));
  times.forEach((time, n) => {
    assert.equal(time, START + 100 + 40 * n);
  });
});

test('network jitter does not reach the capture time', () => {
  for (let seed = 1; seed <= 20; seed++) {
    const random = seeded(seed);
    const arrivals = stream(2000, 40, { latency: () => 100 + 150 * random() });
    const times = run(arrivals).slice(100);
    const steps = times.slice(1).map((time, n) => time - (times[n] ?? 0));
    assert.ok(
      Math.max(...steps) < 50 && Math.min(...steps) > 30,
      `steps of ${Math.min(...steps)}–${Math.max(...steps)} ms`,
    );
  }
});

test('a burst after a stall of 8 s keeps the times at which its frames were taken', () => {
  const stalled = (n: number) => (n >= 500 && n < 700 ? 100 + (700 - n) * 40 : 100);
  const error = worstError(stream(2000, 40, { latency: stalled }));
  assert.ok(error < 120, `${error} ms`);
});

for (const ppm of [300, -300]) {
  test(`a camera's clock that drifts by ${ppm} ppm is followed for six hours`, () => {
    const random = seeded(7);
    const arrivals = stream(6 * 3600, 1000, {
      stamp: (ms) => ms * (1 + ppm / 1e6),
      latency: () => 100 + 50 * random(),
    });
    const error = worstError(arrivals);
    assert.ok(error < 200, `${error} ms`);
  });
}

for (const [text, jumpMs] of [
  ['an hour forward', 3_600_000],
  ['five seconds back', -5_000],
  ['an hour back', -3_600_000],
  ['back to zero', -40 * 500],
] as const) {
  test(`a camera's clock that jumps ${text} is anchored anew, without a gap or a burst`, () => {
    const error = worstError(stream(1000, 40, { stamp: (ms) => (ms >= 40 * 500 ? ms + jumpMs : ms) }));
    assert.ok(error < 150, `${error} ms`);
  });
}

test('frames that all have the same stamp still have their own times', () => {
  run(stream(100, 40, { stamp: () => 7 }));
});

test('time goes on whatever the stamps and arrivals are', () => {
  for (let seed = 1; seed <= 200; seed++) {
    const random = seeded(seed);
    let arrival = START;
    run(
      Array.from({ length: 200 }, () => {
        arrival += random() < 0.05 ? -2000 * random() : 500 * random();
        return { seen: 0, pts: 1e7 * (random() - 0.5), arrival };
      }),
    );
  }
});
