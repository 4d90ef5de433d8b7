import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { feedbackLabel } from '../../../src/alert/label-file';
import { labelsWithin, readLabels as read } from '../../../src/replay/labels';

const START = Date.UTC(2026, 10, 22, 8);
const RECORDED = { camera: 'gate', start: START, lengthS: 60 };
const readLabels = (text: string, clip: string) => read(text, clip, RECORDED);
const PERSON = { label: 'person', start: 6.1, end: 20.3 };

describe('labels', () => {
  test('are read from JSON with several recordings, by the name of the one', () => {
    const text = JSON.stringify({ 'a.mp4': { events: [] }, 'b.mp4': { scene: 'a hall', events: [PERSON] } });
    assert.deepEqual(readLabels(text, 'b.mp4'), [PERSON]);
    assert.throws(() => readLabels(text, 'c.mp4'), /it has none of "c.mp4", only of a.mp4, b.mp4/);
  });

  test('are read from JSON with one recording, in the order of their start', () => {
    const later = { label: '', start: 30, end: 31, alert: false };
    assert.deepEqual(readLabels(JSON.stringify({ events: [later, PERSON] }), 'x'), [PERSON, later]);
    assert.deepEqual(readLabels(JSON.stringify([PERSON]), 'x'), [PERSON]);
  });

  test('are read from CSV, with and without a head', () => {
    assert.deepEqual(readLabels('start_s,end_s,label\r\n6.1,20.3,person\r\n', 'x'), [PERSON]);
    assert.deepEqual(readLabels('6.1;20.3;"person"', 'x'), [PERSON]);
    assert.deepEqual(readLabels('# by hand\n6.1,20.3', 'x'), [{ ...PERSON, label: '' }]);
  });

  test('are read from WebVTT', () => {
    const text =
      'WEBVTT\n\nNOTE by hand\n\n1\n00:06.100 --> 00:20.300 align:left\n<b>person</b>\n\n01:00:00.000 --> 01:00:01.000\nlast';
    assert.deepEqual(readLabels(text, 'x'), [PERSON, { label: 'last', start: 3600, end: 3601 }]);
  });

  describe('of feedback that alert-gate has kept', () => {
    const said = (alert: string, second: number, verdict: 'right' | 'wrong', camera = 'gate') => {
      const since = START + second * 1000;
      const finding = { key: 'k', camera, rule: 'loitering', since, time: since + 9000, heldMs: 9000 };
      return `${JSON.stringify(feedbackLabel(alert, finding as never, verdict, START))}\n`;
    };

    test('are events of the recording where people said "right", on its clock', () => {
      const text = said('a', 10, 'right') + said('b', 30, 'wrong') + said('c', 20.5, 'right');
      const own = { label: 'loitering', alert: true };
      assert.deepEqual(readLabels(text, 'x'), [
        { ...own, start: 10, end: 19 },
        { ...own, start: 20.5, end: 29.5 },
      ]);
    });

    test('count as they were said last, of this camera and this time only', () => {
      const text =
        said('a', 10, 'right') +
        said('a', 10, 'wrong') +
        said('hall', 10, 'right', 'hall') +
        said('before', -20, 'right') +
        said('begun', -5, 'right') +
        said('after', 61, 'right');
      assert.deepEqual(readLabels(text, 'x'), [{ label: 'loitering', start: 0, end: 4, alert: true }]);
      const any = read(text, 'x', { ...RECORDED, camera: null, lengthS: null });
      assert.deepEqual(
        any.map(({ start }) => start),
        [0, 10, 61],
      );
    });

    test('pass over a line that a kill has cut', () => {
      assert.equal(readLabels(`${said('a', 10, 'right')}{"camera":"ga`, 'x').length, 1);
    });
  });

  for (const [what, text, where] of [
    ['JSON that is none', '{"events": ', /begins like JSON/],
    ['an event without an end', '[{"start": 1}]', /event 1 has no start and end/],
    ['an end before the start', '2,1,person', /line 1 has no start and end/],
    ['words in the place of seconds', 'start_s,end_s,label\n1,2,a\nfoo,bar,b', /line 3 has/],
    ['a cue without a time', 'WEBVTT\n\nsoon --> later\nperson', /cue "soon --> later"/],
    [
      'an alert that is neither true nor false',
      '[{"start": 1, "end": 2, "alert": "yes"}]',
      /"alert" of event 1/,
    ],
  ] as const) {
    test(`are refused with ${what}`, () => {
      assert.throws(() => readLabels(text, 'x'), { name: 'ReplayError', message: where });
    });
  }
});

describe('labels that begin after what is replayed', () => {
  const at = (...starts: number[]) => starts.map((start) => ({ label: '', start, end: start + 5 }));

  test('are left out where only a part was asked for', () => {
    assert.deepEqual(labelsWithin(at(3, 25, 30, 500), { lengthS: 30, durationS: 30 }), at(3, 25));
    assert.deepEqual(labelsWithin(at(3), { lengthS: null, durationS: null }), at(3));
  });

  test('count as far as they are in it: for the rest nobody could have raised an alert', () => {
    const [event] = labelsWithin(at(28), { lengthS: 30, durationS: 30 });
    assert.deepEqual(event, { label: '', start: 28, end: 30 });
  });

  test('are refused where the recording itself ends before them: what was not there was not missed', () => {
    for (const durationS of [null, 600])
      assert.throws(() => labelsWithin(at(3, 139.5, 500), { lengthS: 139.4, durationS }), {
        name: 'ReplayError',
        message:
          /^2 of 3 labels begin after the end of the recording at 2:19, the first of them at 2:20: .*cut off/,
      });
  });
});
