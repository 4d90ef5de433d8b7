import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { digestAlert } from '../../../src/alert/digest';
import {
  type Digest,
  type FloodEvent,
  type FloodOutput,
  type FloodState,
  flood,
  fullUntil,
} from '../../../src/alert/flood';
import { wordingOf } from '../../../src/alert/wording';
import { KeyedRunner } from '../../../src/shared/decider';
import type { Severity } from '../../../src/shared/messages';
import { FakeClock } from '../../fixtures/fake-clock';

const LIMITS = { windowMs: 600_000, perKey: 2, inAll: 3 };
const START = Date.UTC(2026, 10, 22, 8, 12);

function walk() {
  const clock = new FakeClock(START);
  const digests: Digest[] = [];
  /** By the camera's name, for how long it is muted or quiet. */
  const holdsMs = new Map<string, number>();
  const runner = new KeyedRunner<FloodState, FloodEvent, FloodOutput>({
    step: flood(LIMITS),
    clock,
    maxKeys: 1,
    onOutput: (_, output) => {
      if (output.type === 'digest') digests.push(output);
      else say({ type: 'go', holdsMs });
    },
  });
  const say = (event: FloodEvent) => runner.dispatch('all', event, clock.now());
  const held = (name: string, severity: Severity = 'info') =>
    say({ type: 'held', about: { camera: name, cameraName: name, timeZone: '' }, severity });
  const told = (key: string, isUpdate = false) => say({ type: 'told', key, isUpdate, at: clock.now() });
  const full = (key: string, isUpdate = false) =>
    fullUntil(runner.peek('all'), LIMITS, { key, isUpdate }, clock.now());
  return { clock, digests, runner, say, held, holdsMs, told, full };
}

describe('a flood', () => {
  it('begins where one key, or all together, have had their number', () => {
    const { told, full } = walk();
    for (const key of ['a', 'a']) told(key);
    assert.deepEqual([full('a'), full('b')], [START + 600_000, null]);
    told('b');
    assert.equal(full('c'), START + 600_000);
  });

  it('ends when the oldest have left the window', () => {
    const { told, full, clock } = walk();
    told('a');
    clock.advance(60_000);
    told('a');
    assert.equal(full('a'), START + 600_000);
    clock.advance(540_000);
    assert.equal(full('a'), null);
  });

  it('knows no limit where none is set', () => {
    const { told, runner } = walk();
    for (let i = 0; i < 50; i++) told('a');
    const limits = { windowMs: 600_000, perKey: 0, inAll: 0 };
    assert.equal(fullUntil(runner.peek('all'), limits, { key: 'a', isUpdate: true }, START), null);
  });

  it('is begun by updates for updates only: they take no room of alerts', () => {
    const { told, full } = walk();
    told('a');
    told('a', true);
    assert.deepEqual([full('a'), full('a', true), full('b', true)], [null, START + 600_000, null]);
    told('b', true);
    assert.deepEqual([full('c'), full('c', true)], [null, START + 600_000]);
  });

  it('is not made longer by a clock that is set back, and counts on the new time', () => {
    const { told, full, clock } = walk();
    for (const key of ['a', 'a']) told(key);
    clock.stepWall(-86_400_000);
    assert.equal(full('a'), null);
    for (const key of ['a', 'a']) told(key);
    assert.equal(full('a'), START - 86_400_000 + 600_000);
    clock.advance(600_000);
    assert.equal(full('a'), null);
  });

  it('is told in one digest, a window after its first, and then begins anew', () => {
    const { held, clock, digests } = walk();
    for (let i = 0; i < 17; i++) {
      held('gate-2', i === 3 ? 'critical' : 'info');
      clock.advance(30_000);
    }
    held('hall');
    clock.advance(600_000);
    assert.equal(digests.length, 1);
    const [digest] = digests as [Digest];
    assert.deepEqual([digest.count, digest.severity], [18, 'critical']);
    const { alert, finding } = digestAlert(digest, 'UTC', 'abcd');
    assert.equal(alert.state, 'digest');
    const { text } = wordingOf(alert, finding, 'UTC');
    assert.equal(text, '17 more at gate-2, 08:12-08:20; 1 more at hall, 08:20-08:20');
    clock.advance(6_000_000);
    assert.equal(digests.length, 1);
    assert.equal(clock.pending, 0);
  });

  it('is not told while its camera is muted or quiet, but when that is over', () => {
    const { held, holdsMs, clock, digests } = walk();
    held('gate-2');
    holdsMs.set('gate-2', 3_600_000);
    clock.advance(600_000 + 3_599_000);
    assert.equal(digests.length, 0);
    holdsMs.clear();
    clock.advance(1000);
    assert.deepEqual([digests.length, digests[0]?.count, clock.pending], [1, 1, 0]);
  });

  it('does not wait for one camera that is muted for long: that comes with a later digest', () => {
    const { held, holdsMs, clock, digests, say } = walk();
    held('gate-2', 'critical');
    held('hall');
    holdsMs.set('gate-2', 365 * 86_400_000);
    clock.advance(600_000);
    assert.deepEqual(
      [digests[0]?.missed.map((one) => one.cameraName), digests[0]?.severity],
      [['hall'], 'info'],
    );
    held('yard');
    clock.advance(600_000);
    assert.deepEqual(
      digests[1]?.missed.map((one) => one.cameraName),
      ['yard'],
    );
    clock.advance(30 * 86_400_000);
    assert.equal(digests.length, 2);
    holdsMs.clear();
    say({ type: 'go', holdsMs });
    assert.deepEqual(
      digests[2]?.missed.map((one) => one.cameraName),
      ['gate-2'],
    );
    assert.equal(clock.pending, 0);
  });

  it('is not told earlier because a mute has ended', () => {
    const { held, holdsMs, digests, say } = walk();
    held('gate-2');
    say({ type: 'go', holdsMs });
    assert.deepEqual(digests, []);
  });

  it('names 20 cameras at the most and counts the others', () => {
    const { held, clock, digests } = walk();
    for (let i = 0; i < 300; i++) held(`cam ${i}`);
    clock.advance(600_000);
    assert.equal(digests[0]?.count, 300);
    assert.equal(digests[0]?.missed.length, 21);
  });

  it('is plain data', () => {
    const { held, runner } = walk();
    held('a');
    assert.deepEqual(JSON.parse(JSON.stringify(runner.peek('all'))), runner.peek('all'));
  });
});
