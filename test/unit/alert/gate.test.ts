import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { NOTHING_HOLDS } from '../../../src/alert/gate-state';
import { readQuietTimes } from '../../../src/alert/quiet-times';
import { answerEvent, GateSequence, START, windowEvent } from './gate-sequence';

const NIGHT = readQuietTimes('22:00-06:00').times;

describe('the life of an alert', () => {
  it('is raised when the rule fires and cleared when it resolves, under one id', () => {
    const gate = new GateSequence().firing().pass(90).resolved();
    assert.deepEqual(gate.told, ['raised', 'cleared']);
    assert.equal(gate.ids[0], gate.ids[1]);
    assert.match(gate.ids[0] ?? '', /^gate-loitering-\w+-abcd$/);
  });

  it('has another id the next time', () => {
    const gate = new GateSequence().firing().pass(90).resolved().firing({ since: 200 });
    assert.deepEqual(gate.told, ['raised', 'cleared', 'raised']);
    assert.notEqual(gate.ids[0], gate.ids[2]);
  });

  it('passes pending and idle over', () => {
    assert.equal(windowEvent('pending'), null);
    assert.equal(windowEvent('idle'), null);
  });

  it('counts its messages and keeps the time at which it began', () => {
    const gate = new GateSequence({ updateEveryMs: 10_000 })
      .firing()
      .pass(10)
      .firing({ heldS: 70 })
      .resolved();
    const alerts = gate.outputs.flatMap((output) => (output.type === 'alert' ? [output.alert] : []));
    assert.deepEqual(
      alerts.map(({ state, count, since, severity }) => ({ state, count, since, severity })),
      [
        { state: 'raised', count: 1, since: START, severity: 'warning' },
        { state: 'updated', count: 2, since: START, severity: 'warning' },
        { state: 'cleared', count: 3, since: START, severity: 'warning' },
      ],
    );
  });

  it('is not updated more often than set', () => {
    const gate = new GateSequence({ updateEveryMs: 10_000 }).firing();
    for (let i = 0; i < 25; i++) gate.pass(1).firing();
    assert.equal(gate.told.filter((what) => what === 'updated').length, 2);
    assert.equal(gate.told.filter((what) => what === 'held already-raised').length, 23);
  });

  it('is not updated at all by default', () => {
    const gate = new GateSequence().firing().pass(1000).firing();
    assert.deepEqual(gate.told, ['raised', 'held already-raised']);
  });

  it('ends silently where nobody wants to hear of it', () => {
    const gate = new GateSequence({ sendCleared: false })
      .firing()
      .resolved()
      .pass(100)
      .firing({ since: 200 });
    assert.deepEqual(gate.told, ['raised', 'raised']);
  });

  it('makes way for a new run whose predecessor never ended', () => {
    const gate = new GateSequence().firing().pass(100).firing({ since: 500 });
    assert.deepEqual(gate.told, ['raised', 'cleared later', 'raised']);
    assert.notEqual(gate.ids[1], gate.ids[2]);
  });
});

describe('the cooldown', () => {
  it('holds back what fires again within it', () => {
    const gate = new GateSequence().firing().pass(20).resolved().pass(20).firing({ since: 30 });
    assert.deepEqual(gate.told, ['raised', 'cleared', 'held cooldown']);
    const held = gate.outputs.at(-1);
    assert.equal(held?.type === 'held' && held.until, START + 60_000);
  });

  it('raises it when it is over, if it still fires', () => {
    const gate = new GateSequence().firing().pass(20).resolved().pass(20).firing({ since: 30 });
    gate.pass(19.9);
    assert.equal(gate.told.at(-1), 'held cooldown');
    gate.pass(0.2);
    assert.equal(gate.told.at(-1), 'raised later');
    gate.pass(5).resolved();
    assert.equal(gate.told.at(-1), 'cleared');
  });

  it('raises nothing when it is over by then', () => {
    const gate = new GateSequence()
      .firing()
      .pass(20)
      .resolved()
      .pass(10)
      .firing({ since: 30 })
      .pass(5)
      .resolved();
    assert.deepEqual(gate.told, ['raised', 'cleared', 'held cooldown', 'held not-raised']);
    gate.pass(1000);
    assert.equal(gate.told.length, 4);
  });

  it('begins when the alert is raised', () => {
    const gate = new GateSequence().firing().pass(60).resolved().firing({ since: 61 });
    assert.deepEqual(gate.told, ['raised', 'cleared', 'raised']);
  });

  it('of none raises every time', () => {
    const gate = new GateSequence({ cooldownMs: 0 })
      .firing()
      .resolved()
      .firing({ since: 1 })
      .resolved({ since: 1 });
    assert.deepEqual(gate.told, ['raised', 'cleared', 'raised', 'cleared']);
  });

  it('is not spent by what was held back for another reason', () => {
    const gate = new GateSequence({ minConfidence: 0.5 })
      .firing({ confidence: 0.4 })
      .firing({ confidence: 0.6 });
    assert.deepEqual(gate.told, ['held confidence', 'raised']);
  });

  it('does not notice that the wall clock is set back', () => {
    const gate = new GateSequence().firing().resolved().pass(10).firing({ since: 5 });
    gate.clock.stepWall(-3_600_000);
    gate.pass(51);
    assert.equal(gate.told.at(-1), 'raised later');
  });
});

describe('confidence', () => {
  it('below the least one holds back, at it or without one raises', () => {
    for (const [confidence, told] of [
      [0.49, 'held confidence'],
      [0.5, 'raised'],
      [null, 'raised'],
    ] as const) {
      assert.deepEqual(new GateSequence({ minConfidence: 0.5 }).firing({ confidence }).told, [told]);
    }
  });
});

describe('quiet hours', () => {
  const lateEvening = Date.UTC(2026, 10, 22, 22, 30);

  it('hold back', () => {
    const gate = new GateSequence({ quiet: NIGHT }, lateEvening).firing();
    assert.deepEqual(gate.told, ['held quiet-hours']);
    const held = gate.outputs[0];
    assert.equal(held?.type === 'held' && held.until, Date.UTC(2026, 10, 23, 6));
  });

  it('raise in the morning what still goes on', () => {
    const gate = new GateSequence({ quiet: NIGHT }, lateEvening).firing().pass(7.5 * 3600 - 1);
    assert.deepEqual(gate.told, ['held quiet-hours']);
    gate.pass(1);
    assert.deepEqual(gate.told, ['held quiet-hours', 'raised later']);
  });

  it('let the end of an alert through that was raised before', () => {
    const gate = new GateSequence({ quiet: NIGHT }, lateEvening - 3_600_000).firing().pass(3600).resolved();
    assert.deepEqual(gate.told, ['raised', 'cleared']);
  });

  it('hold back the end of what was never raised', () => {
    const gate = new GateSequence({ quiet: NIGHT }, lateEvening).firing().pass(60).resolved();
    assert.deepEqual(gate.told, ['held quiet-hours', 'held not-raised']);
  });

  it('hold back updates', () => {
    const gate = new GateSequence({ quiet: NIGHT, updateEveryMs: 1000 }, lateEvening - 3_600_000);
    gate.firing().pass(3600).firing();
    assert.deepEqual(gate.told, ['raised', 'held quiet-hours']);
  });
});

describe('answers without a window', () => {
  it('raise on yes, clear on no, and are passed over when unknown', () => {
    const gate = new GateSequence()
      .get(answerEvent('unknown', 0))
      .get(answerEvent('yes', 0))
      .get(answerEvent('yes', 5))
      .get(answerEvent('no', 9));
    assert.deepEqual(gate.told, ['raised', 'held already-raised', 'cleared']);
    const last = gate.outputs.findLast((output) => output.type === 'alert');
    assert.equal(last?.type === 'alert' && last.finding.heldMs, 5000);
  });

  it('say nothing while there is nothing', () => {
    const gate = new GateSequence().get(answerEvent('no', 0)).get(answerEvent('no', 1));
    assert.deepEqual(gate.told, []);
    assert.equal(gate.runner.size, 0);
  });

  it('do not raise again because the time of each is another', () => {
    const gate = new GateSequence();
    for (let second = 0; second < 200; second += 10) gate.pass(10).get(answerEvent('yes', second));
    assert.equal(gate.told.filter((what) => what === 'raised').length, 1);
  });
});

describe('an answer "unknown"', () => {
  it('is told as unverified where that is set, and verified under the same id', () => {
    const gate = new GateSequence({ unknown: 'tell' })
      .get(answerEvent('unknown', 0))
      .get(answerEvent('unknown', 2))
      .get(answerEvent('yes', 5));
    assert.deepEqual(gate.told, ['raised', 'updated']);
    assert.equal(gate.ids[0], gate.ids[1]);
    const verified = gate.outputs.flatMap((output) =>
      output.type === 'alert' ? [output.alert.verified] : [],
    );
    assert.deepEqual(verified, [false, undefined]);
  });

  it('waits for a yes where that is set', () => {
    const gate = new GateSequence({ unknown: 'hold' }).get(answerEvent('unknown', 0)).pass(10);
    assert.deepEqual(gate.told, ['held unverified']);
    assert.equal(gate.get(answerEvent('yes', 10)).told.at(-1), 'raised');
  });

  it('waits no longer than set', () => {
    const gate = new GateSequence({ unknown: 'hold', unknownMs: 60_000 })
      .get(answerEvent('unknown', 0))
      .pass(59);
    assert.equal(gate.told.at(-1), 'held unverified');
    assert.equal(gate.pass(1).told.at(-1), 'let go too-old');
    assert.equal(gate.runner.size, 0);
  });
});

describe('what nobody sees', () => {
  it('clears no alert and raises none, and goes on when it is seen again', () => {
    const gate = new GateSequence().firing().pass(100).window('blind').pass(100).firing();
    assert.deepEqual(gate.told, ['raised', 'held blind', 'held already-raised']);
    assert.equal(gate.pass(10).resolved().told.at(-1), 'cleared');
  });

  it('is cleared as expired when it is given up', () => {
    const gate = new GateSequence().firing().window('blind').pass(600).window('expired');
    const last = gate.outputs.findLast(({ type }) => type === 'alert');
    assert.equal(gate.told.at(-1), 'cleared');
    assert.equal(last?.type === 'alert' && last.alert.end, 'expired');
  });

  it('raises nothing where it was not raised before', () => {
    assert.deepEqual(new GateSequence().window('blind').told, ['held not-raised']);
  });

  it('changes nothing by an answer that came too late', () => {
    const gate = new GateSequence().firing().window('resolved', { amended: true });
    assert.deepEqual(gate.told, ['raised', 'held amended']);
    gate.resolved().pass(100).window('firing', { since: 200, amended: true });
    assert.deepEqual(gate.told.slice(2), ['cleared', 'held amended']);
  });
});

describe('what temporal-window tells again after a restart', () => {
  const again = { repeat: true };

  it('raises what was never raised, and changes nothing about what was', () => {
    const gate = new GateSequence({ updateEveryMs: 1 }).firing(again).pass(100).firing(again);
    assert.deepEqual(gate.told, ['raised', 'held already-raised']);
    gate.pass(100).firing({ ...again, severity: 'critical', zones: ['door'] });
    assert.equal(gate.told.at(-1), 'held already-raised');
  });

  it('waits on as before where it was held back', () => {
    const gate = new GateSequence({ cooldownMs: 60_000 }).firing().resolved().firing({ since: 30 });
    gate.firing({ since: 30, ...again }).pass(60);
    assert.deepEqual(gate.told, ['raised', 'cleared', 'held cooldown', 'held cooldown', 'raised later']);
  });

  it('clears an alert whose end was lost, and needs no word where there is none', () => {
    const gate = new GateSequence().firing().resolved(again).resolved(again).window('expired', again);
    assert.deepEqual(gate.told, ['raised', 'cleared']);
  });

  it('makes way for a run whose begin and whose predecessor’s end were both lost', () => {
    const gate = new GateSequence({ cooldownMs: 0 }).firing().firing({ since: 100, ...again });
    assert.deepEqual(gate.told, ['raised', 'cleared later', 'raised']);
  });
});

describe('a real change', () => {
  it('ends the cooldown: worse, or in another zone; not the same again', () => {
    for (const [options, told] of [
      [{ severity: 'critical' }, 'raised'],
      [{ severity: 'info' }, 'held cooldown'],
      [{ zones: ['ramp'] }, 'raised'],
      [{ zones: ['door'] }, 'held cooldown'],
    ] as const) {
      const gate = new GateSequence()
        .firing({ zones: ['door'] })
        .pass(5)
        .resolved()
        .pass(5);
      gate.firing({ since: 30, ...options, zones: [...('zones' in options ? options.zones : [])] });
      assert.equal(gate.told.at(-1), told, JSON.stringify(options));
    }
  });

  it('is told at once while the alert lasts', () => {
    const gate = new GateSequence().firing().pass(1).firing({ severity: 'critical' }).pass(1).firing();
    assert.deepEqual(gate.told, ['raised', 'updated', 'held already-raised']);
  });
});

describe('the cooldown and the delivery', () => {
  it('is not spent by an alert that reached nobody', () => {
    const gate = new GateSequence().firing();
    gate.say({ type: 'untold', id: gate.id }).pass(5).resolved().pass(5).firing({ since: 30 });
    assert.deepEqual(gate.told, ['raised', 'cleared', 'raised']);
  });

  it('begins when the alert has reached somebody after all', () => {
    const gate = new GateSequence().firing();
    gate.say({ type: 'untold', id: gate.id }).pass(300).say({ type: 'told', id: gate.id });
    gate.resolved().pass(59).firing({ since: 500 });
    assert.equal(gate.told.at(-1), 'held cooldown');
    assert.equal(gate.pass(1).told.at(-1), 'raised later');
  });

  it('is not given back when another channel fails later', () => {
    const gate = new GateSequence().firing();
    gate.say({ type: 'told', id: gate.id }).say({ type: 'untold', id: gate.id });
    assert.equal(gate.resolved().pass(5).firing({ since: 30 }).told.at(-1), 'held cooldown');
  });
});

describe('a group', () => {
  it('makes one alert of two cameras on one event, cleared when both see it no more', () => {
    const gate = new GateSequence({}, START, 'yard').firing({ camera: 'a' }).firing({ camera: 'b' });
    gate.pass(30).resolved({ camera: 'a' }).pass(30).resolved({ camera: 'b' });
    assert.deepEqual(gate.told, ['raised', 'held already-raised', 'held already-raised', 'cleared']);
    const alert = gate.outputs[0];
    assert.equal(alert?.type === 'alert' && alert.alert.key, 'yard');
  });
});

describe('a group that has to wait', () => {
  /** In the cooldown of camera a, both see the next one. */
  function bothWait(ofB: { severity?: 'critical' } = {}): GateSequence {
    const gate = new GateSequence({}, START, 'yard').firing({ camera: 'a' });
    gate.pass(1).resolved({ camera: 'a' }).pass(5).firing({ camera: 'a', since: 10 });
    return gate.pass(2).firing({ camera: 'b', since: 12, ...ofB });
  }

  it('is raised although the one that came last is over, and tells of the one that goes on', () => {
    const gate = bothWait().pass(2).resolved({ camera: 'b', since: 12 }).pass(60);
    assert.equal(gate.told.at(-1), 'raised later');
    const raised = gate.outputs.findLast((output) => output.type === 'alert');
    assert.equal(raised?.type === 'alert' && raised.finding.camera, 'a');
    assert.equal(gate.resolved({ camera: 'a', since: 10 }).told.at(-1), 'cleared');
  });

  it('is cleared only when all of them are over that were there when it was raised', () => {
    const gate = bothWait().pass(60);
    assert.equal(gate.told.at(-1), 'raised later');
    assert.equal(gate.resolved({ camera: 'b', since: 12 }).told.at(-1), 'held already-raised');
    assert.equal(gate.resolved({ camera: 'a', since: 10 }).told.at(-1), 'cleared');
  });

  it('raises nothing when all are over by then', () => {
    const gate = bothWait().resolved({ camera: 'a', since: 10 }).resolved({ camera: 'b', since: 12 });
    gate.pass(3600);
    assert.deepEqual(gate.told.slice(-2), ['held not-raised', 'held not-raised']);
    assert.equal(gate.runner.size, 0);
  });

  it('is as severe as the worst of it, also where that is not the newest', () => {
    const gate = new GateSequence({}, START, 'yard');
    gate.holds = { ...NOTHING_HOLDS, mutedUntil: START + 600_000 };
    gate.firing({ camera: 'a', severity: 'critical' }).firing({ camera: 'b', severity: 'info' });
    gate.holds = NOTHING_HOLDS;
    gate.pass(600);
    const raised = gate.outputs.at(-1);
    assert.equal(raised?.type === 'alert' && raised.alert.severity, 'critical');
  });

  it('takes in what waits when one of it may be told at once', () => {
    const gate = bothWait({ severity: 'critical' });
    assert.equal(gate.told.at(-1), 'raised', 'more severe: the cooldown does not hold it');
    assert.equal(gate.resolved({ camera: 'b', since: 12 }).told.at(-1), 'held already-raised');
    assert.equal(gate.resolved({ camera: 'a', since: 10 }).told.at(-1), 'cleared');
  });

  it('waits for a yes as long as one of it is doubtful', () => {
    const gate = new GateSequence({ unknown: 'hold', unknownMs: 60_000 }, START, 'yard');
    const doubtful = (key: string) => {
      const event = answerEvent('unknown', 0);
      return event && { ...event, finding: { ...event.finding, key } };
    };
    const over = answerEvent('no', 1);
    gate.get(doubtful('a/ppe')).get(doubtful('b/ppe'));
    gate.get(over && { ...over, finding: { ...over.finding, key: 'a/ppe' } }).pass(60);
    assert.equal(gate.told.at(-1), 'let go too-old');
  });
});

describe('people', () => {
  it('take note: everybody hears of it once, and updates by the clock end', () => {
    const gate = new GateSequence({ updateEveryMs: 10_000 }).firing();
    const acknowledge = { type: 'acknowledge', id: gate.id } as const;
    gate.say(acknowledge).say(acknowledge).pass(60).firing();
    assert.deepEqual(gate.told, ['raised', 'acknowledged later', 'held already-raised']);
    assert.deepEqual(gate.resolved().told.at(-1), 'cleared');
  });

  it("get the model's words later, under the same id", () => {
    const gate = new GateSequence().firing();
    gate.say({ type: 'words', id: gate.id, text: 'two men with a ladder' });
    assert.deepEqual(gate.told, ['raised', 'updated']);
    assert.equal(gate.ids[0], gate.ids[1]);
    const last = gate.outputs.at(-1);
    assert.equal(last?.type === 'alert' && last.finding.reason, 'two men with a ladder');
  });

  it('mute: nothing is raised, and what still goes on is raised after it', () => {
    const gate = new GateSequence();
    gate.holds = { ...NOTHING_HOLDS, mutedUntil: START + 600_000 };
    gate.firing().pass(599);
    assert.deepEqual(gate.told, ['held muted']);
    gate.holds = NOTHING_HOLDS;
    assert.equal(gate.pass(1).told.at(-1), 'raised later');
  });

  it('unmute earlier', () => {
    const gate = new GateSequence();
    gate.holds = { ...NOTHING_HOLDS, mutedUntil: START + 600_000 };
    gate.firing().pass(10).say({ type: 'go', holds: NOTHING_HOLDS });
    assert.equal(gate.told.at(-1), 'raised later');
  });
});

describe('a flood', () => {
  it('holds back, and raises nothing later: its digest tells of it', () => {
    const gate = new GateSequence();
    gate.holds = { ...NOTHING_HOLDS, floodUntil: START + 60_000 };
    gate.firing().pass(3600).resolved();
    assert.deepEqual(gate.told, ['held flood', 'held not-raised']);
  });
});

describe('quiet times with an exception', () => {
  it('let the severe through', () => {
    const night = { quiet: NIGHT, quietExcept: 'critical' } as const;
    const start = Date.UTC(2026, 10, 22, 22, 30);
    assert.deepEqual(new GateSequence(night, start).firing().told, ['held quiet-hours']);
    assert.deepEqual(new GateSequence(night, start).firing({ severity: 'critical' }).told, ['raised']);
  });
});

describe('the state of the gate', () => {
  it('tells of an end without a beginning, and keeps nothing', () => {
    const gate = new GateSequence().resolved();
    assert.deepEqual(gate.told, ['held not-raised']);
    assert.equal(gate.runner.size, 0);
  });

  it('is kept for as long as the cooldown lasts, then forgotten with its timer', () => {
    const gate = new GateSequence().firing().resolved();
    assert.equal(gate.runner.size, 1);
    gate.pass(61);
    assert.equal(gate.runner.size, 0);
    assert.equal(gate.clock.pending, 0);
  });

  it('is plain data', () => {
    const gate = new GateSequence().firing();
    const state = gate.runner.peek('gate/loitering');
    assert.deepEqual(JSON.parse(JSON.stringify(state)), state);
  });
});
