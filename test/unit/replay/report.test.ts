import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { ReplayRecord } from '../../../src/replay/recorder';
import { duration, money, percent, type Report } from '../../../src/replay/report';
import { reportPage } from '../../../src/replay/report-html';
import { score } from '../../../src/replay/score';

function report(changes: Partial<ReplayRecord> = {}): Report {
  const record: ReplayRecord = {
    ...{ durationS: 139, framesIn: 700, windows: [], held: [], views: [], errors: [] },
    sent: [{ id: 'f1', time: 6.2, at: 6.2, reason: 'start', score: 31, event: 1, zones: ['<door>'] }],
    answers: [
      {
        ...{ id: 'f1', time: 6.2, at: 7, node: '', rule: 'person', verdict: 'yes', code: '', confidence: 1 },
        ...{ reason: '<script>alert(1)</script>', tokens: { input: 1, output: 1 }, estimated: true },
      },
    ],
    alerts: [{ at: 16, id: 'a', key: 'k', state: 'raised', severity: 'warning', since: 6.2 }],
    calls: { cassette: 1, model: 0, nobody: 0, replied: 1 },
    ...changes,
  };
  const labels = [{ label: 'person', start: 6.1, end: 20.3 }];
  const options = { events: labels, asks: true, alerts: true, holdS: 10, prices: { input: 1, output: 1 } };
  const { figures, events } = score(record, options);
  return {
    ...{
      version: 1,
      flow: 'flow.json',
      input: 'clip & co.mp4',
      camera: 'Gate',
      model: 'a.jsonl',
      start: 0,
      speed: 30,
    },
    ...{ figures, events, labels, leftOut: 0, record, goals: [], hints: [], sweep: null },
  };
}

describe('the page of a report', () => {
  const pictures = new Map([['f1', Buffer.from('jpeg')]]);

  test('has the figures, the timeline and the pictures, and loads nothing', () => {
    const page = reportPage(report(), pictures);
    for (const part of [
      'Event recall',
      '100 %',
      '1 of 1 events',
      '<svg',
      'data:image/jpeg;base64,anBlZw==',
      'id="f1"',
    ])
      assert.ok(page.includes(part), part);
    assert.doesNotMatch(page, /<script|<link|https?:|url\(|@import/i);
  });

  test('shows words of models, files and flows as words', () => {
    const page = reportPage(report(), pictures);
    assert.ok(page.includes('&lt;script&gt;alert(1)&lt;/script&gt;'));
    assert.ok(page.includes('clip &amp; co.mp4'));
    assert.ok(page.includes('&lt;door&gt;'));
  });

  test('shows hints about the questions, and no place for them where there are none', () => {
    const hinted = report();
    hinted.hints = [
      {
        ...{
          node: 'vision-llm "Gate"',
          rule: 'gate',
          code: 'PROMPT_NEGATED',
          found: 'Is the <b>gate</b> not open?',
        },
        ...{ message: 'It is negated.', advice: 'Turn it round.' },
      },
    ];
    const page = reportPage(hinted, pictures);
    assert.ok(page.includes('It is negated. Turn it round. (“Is the &lt;b&gt;gate&lt;/b&gt; not open?”)'));
    assert.doesNotMatch(reportPage(report(), pictures), /Hints/);
  });

  test('says what was missed, and which goal does not hold', () => {
    const missed = report({ sent: [], answers: [], alerts: [] });
    missed.goals = [{ name: 'min-recall', goal: 0.9, measured: 0, ok: false }];
    const page = reportPage(missed, pictures);
    assert.ok(page.includes('Does not hold: min-recall 90 %, measured 0 %'));
    assert.match(page, /<tr class="bad">.*missed/);
  });

  test('says how many labels it has left out', () => {
    assert.doesNotMatch(reportPage(report(), pictures), /Left out/);
    const part = { ...report(), leftOut: 2 };
    assert.match(
      reportPage(part, pictures),
      /Left out: 2 labels that begin after the part that was replayed/,
    );
  });

  test('draws the curve of a sweep with a mark at the flow’s own value', () => {
    const swept = report();
    swept.sweep = {
      ...{ setting: 'frame-select.threshold', own: 10 },
      points: [5, 10, 20].map((value, index) => ({
        value,
        figures: { ...swept.figures, costPerDay: 3 - index, eventRecall: 1 - index / 4 },
      })),
    };
    const page = reportPage(swept, pictures);
    assert.equal(page.match(/class="dot( own)?"/g)?.length, 3);
    assert.match(page, /class="dot own"/);
  });

  test('draws a day as well as a few seconds, without end', () => {
    for (const durationS of [0, 0.5, 7, 86_400]) {
      const page = reportPage(report({ durationS }), pictures);
      const rows = page.match(/aria-label="Timeline/g)?.length ?? 0;
      assert.ok(rows >= 1 && rows <= 12, `${rows} rows for ${durationS} s`);
      assert.doesNotMatch(page, /NaN|Infinity|undefined/);
    }
  });
});

test('a day of a frame a second and 20,000 events makes a page that a browser can show', () => {
  const DAY_S = 86_400;
  const day = report({
    durationS: DAY_S,
    framesIn: DAY_S,
    sent: Array.from({ length: DAY_S }, (_, time) => ({
      ...{ id: `f${time}`, time, at: time, reason: 'interval', score: 0, event: 0, zones: [] },
    })),
    answers: Array.from({ length: DAY_S }, (_, time) => ({
      ...{ id: `f${time}`, time, at: time + 1, node: '', rule: 'person', code: '', confidence: 1 },
      ...{ verdict: time % 7 ? ('no' as const) : ('yes' as const), reason: 'nobody is there' },
      ...{ tokens: { input: 1, output: 1 }, estimated: true },
    })),
  });
  const [event] = day.events;
  assert.ok(event);
  day.events = Array.from({ length: 20_000 }, (_, n) => ({ ...event, start: n * 4, end: n * 4 + 2 }));
  const page = reportPage(day, new Map());
  assert.ok(page.length < 6_000_000, `${page.length} characters`);
  assert.ok(page.includes('report.json has 19500 more'));
  assert.match(page, /s: interval \(and \d+ more\)/);
});

test('numbers are written as people read them', () => {
  assert.deepEqual([duration(4.25), duration(139.4), duration(3723)], ['4.3 s', '2:19', '1:02:03']);
  assert.deepEqual([percent(1), percent(0.9125)], ['100 %', '91.3 %']);
  assert.deepEqual([money(8.519), money(0.0123), money(0)], ['8.52', '0.012', '0.00']);
});
