import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { LabelledEvent } from '../../../src/replay/labels';
import type { ReplayRecord } from '../../../src/replay/recorder';
import { figureLines } from '../../../src/replay/report';
import { type ScoreOptions, score } from '../../../src/replay/score';
import type { Verdict } from '../../../src/shared/messages';

const EVENTS: LabelledEvent[] = [
  { label: 'person', start: 10, end: 30 },
  { label: 'person', start: 60, end: 65 },
];

function record(changes: Partial<ReplayRecord> = {}): ReplayRecord {
  return {
    ...{
      durationS: 100,
      framesIn: 500,
      sent: [],
      answers: [],
      windows: [],
      alerts: [],
      held: [],
      views: [],
      errors: [],
    },
    calls: { cassette: 0, model: 0, nobody: 0, replied: 0 },
    ...changes,
  };
}
const frame = (time: number, reason = 'start') => ({
  id: `f${time}`,
  time,
  at: time,
  reason,
  score: 20,
  event: 1,
  zones: [],
});
const answer = (time: number, verdict: Verdict, tokens = { input: 1000, output: 100 }) => ({
  ...{
    id: `f${time}`,
    time,
    at: time + 1,
    node: '',
    rule: 'person',
    verdict,
    code: '',
    confidence: null,
    reason: '',
  },
  ...{ tokens, estimated: false },
});
const alert = (at: number, since: number, state = 'raised') => ({
  at,
  id: `a${since}`,
  key: 'k',
  state,
  severity: 'warning',
  since,
});
const options = (changes: Partial<ScoreOptions> = {}): ScoreOptions => ({
  ...{ events: EVENTS, asks: false, alerts: true, holdS: 10, prices: null },
  ...changes,
});

describe('the score of a replay', () => {
  test('counts an event as found where a frame was sent that shows it', () => {
    const { figures, events } = score(record({ sent: [frame(9.9), frame(12), frame(66)] }), options());
    assert.equal(figures.eventRecall, 0.5);
    assert.deepEqual(
      events.map(({ found, onsetDelayS, frames }) => ({ found, onsetDelayS, frames })),
      [
        { found: true, onsetDelayS: 2, frames: 1 },
        { found: false, onsetDelayS: null, frames: 0 },
      ],
    );
  });

  test('with a model, counts it only where a frame that shows it was answered yes', () => {
    const sent = [frame(12), frame(61)];
    const answers = [answer(12, 'no'), answer(61, 'yes'), answer(70, 'yes')];
    const { events } = score(record({ sent, answers }), options({ asks: true }));
    assert.deepEqual(
      events.map(({ found }) => found),
      [false, true],
    );
  });

  test('counts starts outside of events as false wake-ups, and heartbeats not', () => {
    const sent = [frame(9.5), frame(40), frame(50, 'heartbeat'), frame(80, 'scene')];
    const { figures } = score(record({ sent }), options());
    assert.equal(figures.falseWakeups, 2);
    assert.equal(figures.falseWakeupsPerHour, 72);
  });

  test('expects an alert for events as long as the rule holds, and takes others for false', () => {
    const alerts = [alert(21, 11), alert(72, 61), alert(90, 45), alert(95, 11, 'cleared')];
    const { figures, events } = score(record({ alerts }), options());
    assert.deepEqual(figures.alerts, { raised: 3, right: 1, missed: 0, false: 2 });
    assert.deepEqual(
      events.map(({ alertExpected }) => alertExpected),
      [true, false],
    );
    assert.deepEqual(
      events.map(({ alertDelayS }) => alertDelayS),
      [11, 12],
    );
  });

  test('lets the labels say which events are to be alerted', () => {
    const events = EVENTS.map((event, index) => ({ ...event, alert: index === 1 }));
    const { figures } = score(record({ alerts: [alert(21, 11)] }), options({ events }));
    assert.deepEqual(figures.alerts, { raised: 1, right: 0, missed: 1, false: 1 });
  });

  test('judges no alert of a rule that is not about length, where the labels do not tell', () => {
    const { figures } = score(record({ alerts: [alert(21, 11)] }), options({ holdS: null }));
    assert.deepEqual(figures.alerts, { raised: 1, right: null, missed: null, false: null });
  });

  test('works out the cost of a day', () => {
    const answers = [answer(12, 'yes'), answer(13, 'no')];
    const { figures } = score(record({ answers }), options({ prices: { input: 1, output: 10 } }));
    assert.equal(figures.cost, 0.004);
    assert.ok(Math.abs((figures.costPerDay ?? 0) - 3.456) < 1e-9);
    assert.deepEqual(figures.answers, { yes: 1, no: 1, unknown: 0 });
  });

  test('leaves out what nobody can know without labels, prices and alerts', () => {
    const { figures } = score(record({ sent: [frame(12)] }), options({ events: null, alerts: false }));
    const { eventRecall, falseWakeups, cost, alerts, onsetDelayP50S } = figures;
    assert.deepEqual(
      [eventRecall, falseWakeups, cost, alerts, onsetDelayP50S],
      [null, null, null, null, null],
    );
    assert.equal(figures.reduction, 499 / 500);
    assert.equal(figures.reductionVs1fps, 0.99);
    assert.deepEqual(
      figureLines(figures).map(([name]) => name),
      ['Footage', 'Frames in', 'Frames sent'],
    );
  });

  test('of an empty recording is no error', () => {
    const { figures } = score(
      record({ durationS: 0, framesIn: 0 }),
      options({ prices: { input: 1, output: 1 } }),
    );
    assert.equal(figures.costPerDay, null);
    assert.equal(figures.reduction, 0);
  });
});
