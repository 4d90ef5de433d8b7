import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AlertFlood } from '../../../nodes/lib/alert-flood';
import { NOTHING_HOLDS } from '../../../src/alert/gate-state';
import type { Severity } from '../../../src/shared/messages';
import { FakeClock } from '../../fixtures/fake-clock';
import { answerEvent, GateSequence, START, windowEvent } from './gate-sequence';

const LIMITS = { windowMs: 600_000, perKey: 2, inAll: 3 };

/** A gate without a cooldown, so that nothing but floods holds back. */
function sequence(options = {}, key: string | null = null) {
  return new GateSequence({ cooldownMs: 0, ...options }, START, key, LIMITS);
}

/** A gate that has raised as many alerts for camera gate as are let through. */
function full(options = {}) {
  const gate = sequence(options);
  for (const since of [0, 1]) gate.firing({ since }).resolved({ since });
  gate.told.length = 0;
  return gate;
}

/** One subject of many at the gate. */
function subjectFiring(name: string, since: number, severity: Severity = 'warning') {
  const event = windowEvent('firing', { since, severity });
  return event && { ...event, finding: { ...event.finding, subject: name, key: `gate/plate/${name}` } };
}

function updates({ told }: GateSequence): number {
  return told.filter((what) => what.startsWith('updated')).length;
}

describe('an event that a flood has held back', () => {
  it('is counted once, however many answers tell of it', () => {
    const gate = sequence();
    for (const second of [0, 2]) gate.get(answerEvent('yes', second)).get(answerEvent('no', second + 1));
    for (let second = 10; second < 70; second++) gate.get(answerEvent('yes', second)).pass(1);
    assert.equal(gate.told.filter((what) => what === 'held flood').length, 60);
    gate.get(answerEvent('no', 80)).pass(600);
    assert.deepEqual(
      gate.digests.map(({ count }) => count),
      [1],
    );
  });

  it('is not raised later, also when there is room again', () => {
    const gate = sequence();
    for (const second of [0, 2]) gate.get(answerEvent('yes', second)).get(answerEvent('no', second + 1));
    gate.told.length = 0;
    for (let i = 0; i < 10; i++) gate.get(answerEvent('yes', 10 + i)).pass(120);
    assert.deepEqual(new Set(gate.told), new Set(['held flood']));
    assert.equal(gate.get(answerEvent('no', 2000)).get(answerEvent('yes', 2001)).told.at(-1), 'raised');
  });

  it('is counted anew in its next run, and one that comes when there is room is raised', () => {
    const gate = full()
      .firing({ since: 10 })
      .firing({ since: 10 })
      .resolved({ since: 10 })
      .firing({ since: 20 });
    gate.pass(600);
    assert.equal(gate.digests[0]?.count, 2);
    gate.resolved({ since: 20 }).firing({ since: 30 });
    assert.equal(gate.told.at(-1), 'raised');
  });

  it('is not raised after a mute either', () => {
    const gate = full().firing({ since: 10 });
    gate.holds = { ...NOTHING_HOLDS, mutedUntil: START + 3_600_000 };
    gate.firing({ since: 10 }).pass(7200);
    assert.deepEqual(gate.told, ['held flood', 'held flood']);
  });

  it('keeps an alert of its group open that another one has raised', () => {
    const gate = sequence({}, 'yard');
    for (const since of [0, 1]) gate.firing({ since }).resolved({ since });
    gate.firing({ camera: 'a' }).pass(700).firing({ camera: 'b' });
    assert.equal(gate.told.at(-1), 'raised');
    assert.equal(gate.resolved({ camera: 'b' }).told.at(-1), 'held already-raised');
    assert.equal(gate.resolved({ camera: 'a' }).told.at(-1), 'cleared');
  });

  it('leaves nothing behind when it is over', () => {
    const gate = full().firing({ since: 10 }).resolved({ since: 10 }).pass(600);
    assert.equal(gate.runner.size, 0);
    assert.equal(gate.clock.pending, 0);
  });
});

describe('updates in a flood', () => {
  it('are no more than alerts may be, the newest is told when there is room, and nothing heaps up', () => {
    const gate = sequence({}, 'plates');
    for (let i = 0; i < 500; i++) gate.get(subjectFiring(`P-${i}`, i)).pass(1);
    assert.deepEqual(new Set(gate.told), new Set(['raised', 'updated', 'held flood']));
    assert.equal(updates(gate), 1);
    gate.pass(101);
    assert.equal(updates(gate), 2);
    const last = gate.outputs.at(-1);
    assert.equal(last?.type === 'alert' && last.finding.subject, 'P-499');
    gate.pass(36_000);
    assert.equal(updates(gate), 2);
    assert.equal(gate.digests.length, 0, 'what is told later is not missed');
    assert.equal(gate.clock.pending, 0);
  });

  it('do not ask again and again for the rest of a millisecond by which a timer was early', () => {
    const clock = new FakeClock(START);
    const nobody = { heldUntil: () => null, onDigest: () => {}, onState: () => {} };
    const flood = new AlertFlood({ limits: LIMITS, clock, ...nobody });
    for (let i = 0; i < 2; i++) flood.told('k', false);
    clock.advance(LIMITS.windowMs - 0.5);
    assert.equal(flood.updateRoomMs('k'), 100);
    clock.advance(1);
    assert.equal(flood.updateRoomMs('k'), null);
  });

  it('by the clock are limited too', () => {
    const gate = sequence({ updateEveryMs: 10_000 });
    for (let i = 0; i < 600; i++) gate.firing().pass(1);
    assert.ok(updates(gate) <= 2, `${updates(gate)} in the first window`);
  });

  it('take no room of alerts: another camera is raised', () => {
    const gate = sequence({ updateEveryMs: 1000 });
    for (const camera of ['a', 'b']) for (let i = 0; i < 10; i++) gate.firing({ camera }).pass(2);
    assert.equal(gate.firing({ camera: 'c' }).told.at(-1), 'raised');
  });

  it('pass where it has become worse, as an alert would', () => {
    const gate = sequence({}, 'plates');
    for (let i = 0; i < 5; i++) gate.get(subjectFiring(`P-${i}`, i)).pass(1);
    assert.equal(gate.told.at(-1), 'held flood');
    gate.get(subjectFiring('P-5', 5, 'critical'));
    assert.equal(gate.told.at(-1), 'updated');
    assert.equal(gate.clock.pending, 0, 'what was held back before went with it');
  });

  it('tell also that it has become worse when there was no room for that', () => {
    const gate = full().pass(1).firing({ camera: 'x' });
    gate.firing({ camera: 'x', severity: 'critical' });
    assert.equal(gate.told.at(-1), 'held flood', 'three alerts in all');
    gate.firing({ camera: 'x', severity: 'info' }).pass(600);
    const last = gate.outputs.at(-1);
    assert.deepEqual(last?.type === 'alert' && [last.alert.state, last.alert.severity], [
      'updated',
      'critical',
    ]);
  });

  it('are not told any more when it is over, or of one of a group that is over', () => {
    const gate = sequence({}, 'plates');
    for (let i = 0; i < 3; i++) gate.get(subjectFiring(`P-${i}`, i));
    const over = (name: string) => {
      const event = subjectFiring(name, 0);
      gate.get(event && { ...event, type: 'over' });
    };
    over('P-2');
    assert.equal(gate.pass(3600).told.at(-1), 'held already-raised');
    for (const name of ['P-0', 'P-1']) over(name);
    assert.deepEqual(gate.told.slice(-2), ['held already-raised', 'cleared']);
  });

  it('that mute has held back are told after it', () => {
    const gate = sequence().firing();
    gate.holds = { ...NOTHING_HOLDS, mutedUntil: START + 600_000 };
    gate.firing({ severity: 'critical' });
    gate.holds = NOTHING_HOLDS;
    assert.deepEqual(gate.pass(600).told, ['raised', 'held muted', 'updated later']);
  });

  it('by the clock end when somebody has taken note; that it is worse is told all the same', () => {
    const gate = sequence({ updateEveryMs: 1000 });
    for (let i = 0; i < 5; i++) gate.pass(2).firing();
    assert.equal(gate.told.at(-1), 'held flood');
    gate.say({ type: 'acknowledge', id: gate.id }).pass(3600);
    assert.equal(gate.told.at(-1), 'acknowledged later');
    const worse = full().firing({ camera: 'gate', since: 10 }).pass(601).resolved({ since: 10 });
    worse.firing({ since: 20 }).firing({ since: 20, camera: 'a' }).firing({ since: 20, camera: 'b' });
    worse.firing({ since: 20, severity: 'critical' });
    assert.equal(worse.told.at(-1), 'held flood');
    worse.say({ type: 'acknowledge', id: worse.ids.at(-3) ?? '' }).pass(600);
    assert.deepEqual(worse.told.slice(-2), ['acknowledged later', 'updated later']);
  });
});
