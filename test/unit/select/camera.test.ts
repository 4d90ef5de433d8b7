import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { cameraDecider } from '../../../src/select/camera';
import { SELECT_DEFAULTS } from '../../../src/select/defaults';
import { FrameSelect } from '../../../src/select/frame-select';
import { FakeClock } from '../../fixtures/fake-clock';
import { selectFrom } from '../../fixtures/select-run';
import { Drawing, film, withPerson } from './scenes';

const walk = (second: number) =>
  second < 5
    ? Drawing.room().noise(3, second * 10)
    : withPerson(Math.round((second - 5) * 9) - 12).noise(3, second * 10);

describe('what is decided about a camera', () => {
  test('hangs on its frames alone: the same again is decided the same', () => {
    const settings = { preRollS: 2 };
    const first = selectFrom(film(40, 5, walk), settings).chosen;
    assert.deepEqual(selectFrom(film(40, 5, walk), settings).chosen, first);
    assert.ok(first.length > 5);
  });

  test('is the same live and in a replay, whatever the machine did meanwhile', () => {
    const shown = film(40, 5, walk);
    const clock = new FakeClock(1_000_000);
    const live: string[] = [];
    const select = new FrameSelect<number>({
      decide: SELECT_DEFAULTS,
      zones: [],
      clock,
      onHealth() {},
      onOutcome(outcome) {
        if (outcome.type === 'decided' && outcome.selection.reason !== 'skipped')
          live.push(`${outcome.about} ${outcome.selection.reason} ${outcome.selection.event}`);
      },
    });
    shown.forEach(({ plane, time }, i) => {
      clock.advance(i % 7 === 0 ? 900 : 100);
      // Another camera in between, so that what is shared between calls would show.
      for (const camera of ['gate', 'yard'])
        select.push(camera, {
          payload: Buffer.from('ffd8ffe0', 'hex'),
          frame: {
            time: time + 1,
            luma: {
              width: 160,
              height: 90,
              data: Buffer.from(camera === 'gate' ? plane : Drawing.room().plane),
            },
          },
          about: camera === 'gate' ? time : -1,
        });
    });
    const replayed = selectFrom(shown.map(({ plane, time }) => ({ plane, time: time + 1 }))).chosen;
    assert.deepEqual(
      live.filter((line) => !line.startsWith('-1')),
      replayed.map(({ second, reason, event }) => `${Math.round(second * 1000) - 1} ${reason} ${event}`),
    );
  });

  test('begins anew after a reset, and where the clock of a camera was set back far', () => {
    const step = cameraDecider(SELECT_DEFAULTS);
    let state: ReturnType<typeof step>['state'] | undefined;
    const frame = (time: number) => {
      const { plane } = Drawing.room();
      const result = step(state, { type: 'frame', id: time, time, plane, zones: [] }, time);
      state = result.state;
      return result.state.watch?.scene.since;
    };
    assert.equal(frame(100_000), 100_000);
    assert.equal(frame(101_000), 100_000);
    assert.equal(frame(100_500), 100_000);
    assert.equal(frame(50_000), 50_000);
    state = step(state, { type: 'reset' }, 50_000).state;
    assert.equal(frame(51_000), 51_000);
  });
});
