import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { run } from '../../../src/cli/replay';
import type { FlowNode } from '../../../src/replay/flow-file';
import type { Report } from '../../../src/replay/report';
import { systemClock } from '../../../src/shared/clock';
import { offClock } from '../../../src/shared/off-clock';
import { replayFlow } from '../../fixtures/replay-flow';

const CLIP = 'one-by-one-person-detection.mp4';
const CLIPS = process.env.CLIPS_DIR ?? '';

let folder: string;
before(() => {
  folder = mkdtempSync(join(tmpdir(), 'v2l-replay-'));
});
after(() => rmSync(folder, { recursive: true, force: true }));

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}
const flowFile = (changes = {}, more: FlowNode[] = []) =>
  file('flow.json', JSON.stringify(replayFlow(changes, more)));

async function replay(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const said = { out: '', err: '' };
  const code = await run(args, {
    out: (text) => {
      said.out += text;
    },
    err: (text) => {
      said.err += text;
    },
  });
  return { code, ...said };
}
const reportIn = (name: string) =>
  JSON.parse(readFileSync(join(folder, name, 'report.json'), 'utf8')) as Report;

describe('the command replay on the drawn scene', () => {
  test('finds the figure, raises and clears an alert, and writes a report', async () => {
    const report = join(folder, 'drawn');
    const args = ['--flow', flowFile(), '--input', 'pattern', '--duration', '40', '--report', report];
    const { code, out, err } = await replay(...args, '--min-recall', '1');
    assert.equal(code, 0, err + out);
    assert.match(out, /Event recall +100 % of 1 events/);
    assert.match(out, /Alerts +1 right, 0 missed, 0 false/);
    assert.match(out, /Holds: --min-recall 1, measured 1/);
    const { record, figures } = reportIn('drawn');
    assert.equal(record.framesIn, 80);
    assert.deepEqual(
      record.alerts.map(({ state }) => state),
      ['raised', 'cleared'],
    );
    assert.ok((figures.onsetDelayP50S ?? 9) <= 0.5, 'two frames a second');
    const page = readFileSync(join(report, 'report.html'), 'utf8');
    assert.equal(page.match(/<img /g)?.length, record.sent.length);
  });

  test('takes the feedback that alert-gate has kept for labels: of this camera, on the clock', async () => {
    const line = (camera: string, second: number, alert: string, verdict: string) => {
      const start = Date.UTC(2026, 2, 1, 21) / 1000 + second;
      const said = { camera, label: 'person', start, end: start + 20, verdict, alert, key: '', at: '' };
      return `${JSON.stringify(said)}\n`;
    };
    const args = ['--flow', flowFile(), '--input', 'pattern', '--duration', '40'];
    args.push('--start', '2026-03-01T22:00:00+01:00', '--labels');
    const right = file('right.jsonl', line('cam', 6, 'a', 'right') + line('other', 0, 'b', 'right'));
    assert.match((await replay(...args, right)).out, /Alerts +1 right, 0 missed, 0 false/);
    const wrong = file('wrong.jsonl', line('cam', 6, 'a', 'wrong'));
    assert.match((await replay(...args, wrong)).out, /Alerts +0 right, 0 missed, 1 false/);
  });

  test('tells hints about the questions, as the dialog does', async () => {
    const changes = {
      sel: { zones: 'gate: 0,0 1,0 1,1' },
      ask: { name: 'Gate', prompt: 'Is a person in zone "gate"? Is a person in zone "yard"?' },
    };
    const args = ['--flow', flowFile(changes), '--input', 'pattern', '--duration', '2'];
    const { out, code } = await replay(...args, '--report', join(folder, 'hints'));
    assert.equal(code, 0);
    assert.match(out, /^Hint: vision-llm "Gate", person: The rule asks two questions/m);
    assert.match(out, /^Hint: .*The zone "yard" is named/m);
    const { hints } = reportIn('hints');
    assert.deepEqual(
      hints.map(({ rule, code: hint }) => [rule, hint]),
      [
        ['person', 'PROMPT_TWO_QUESTIONS'],
        ['person', 'PROMPT_UNKNOWN_ZONE'],
      ],
    );
    assert.match(readFileSync(join(folder, 'hints', 'report.html'), 'utf8'), /Hints about the questions/);
  });

  test('understands several questions in one call: a state for each rule, and each call once', async () => {
    const questions = JSON.stringify([
      { name: 'person', text: 'Is there a person?', type: 'yesno' },
      { name: 'crowd', text: 'How many people are there?', type: 'count', atLeast: 3 },
    ]);
    const changes = { ask: { asks: 'list', questions } };
    const args = ['--flow', flowFile(changes), '--input', 'pattern', '--duration', '40'];
    const { code, out, err } = await replay(...args, '--report', join(folder, 'list'));
    assert.equal(code, 0, err);
    assert.doesNotMatch(out, /without an answer/);
    const { record, figures } = reportIn('list');
    assert.equal(record.answers.length, 2 * figures.calls);
    const raised = record.windows.filter(({ state }) => state === 'firing').map(({ rule }) => rule);
    assert.deepEqual(raised.sort(), ['crowd', 'person']);
    const alone = await replay(...args.with(1, flowFile()), '--report', join(folder, 'alone'));
    assert.equal(alone.code, 0);
    const { input } = reportIn('alone').figures.tokens;
    assert.ok(figures.tokens.input < 1.6 * input, `${figures.tokens.input} for two, ${input} for one`);
  });

  test('refuses a list of questions that cannot be used', async () => {
    const questions = '[{"name":"a","text":"Is it?"},{"name":"a","text":"Is it?"}]';
    const flow = flowFile({ ask: { asks: 'list', questions } });
    const { code, err } = await replay('--flow', flow, '--input', 'pattern', '--duration', '10');
    assert.equal(code, 2);
    assert.match(err, /two questions are called "a"/);
  });

  test('ends with exit code 1 where the recall is lower than asked for', async () => {
    const labels = file(
      'two.json',
      JSON.stringify({
        events: [
          { start: 7, end: 20 },
          { start: 2.1, end: 2.3 },
        ],
      }),
    );
    const args = ['--flow', flowFile(), '--input', 'pattern', '--duration', '20', '--labels', labels];
    const { code, out, err } = await replay(...args, '--min-recall', '0.8');
    assert.equal(code, 1, err);
    assert.match(out, /Event recall +50 % of 2 events/);
    assert.match(out, /Missed: event from 2.1 s to 2.3 s/);
    assert.match(out, /Does not hold: --min-recall 0.8, measured 0.5/);
    assert.equal((await replay(...args, '--min-recall', '0.5')).code, 0);
  });

  test('decides the same each time', async () => {
    const records: unknown[] = [];
    for (const name of ['one', 'other']) {
      const args = [
        '--flow',
        flowFile(),
        '--input',
        'pattern',
        '--duration',
        '20',
        '--report',
        join(folder, name),
      ];
      assert.equal((await replay(...args)).code, 0);
      const { sent, answers, windows } = reportIn(name).record;
      records.push({ sent, answers, windows });
    }
    assert.deepEqual(records[0], records[1]);
  });

  test('leaves the clock of the process as it was, and no work under way', async () => {
    await replay('--flow', flowFile(), '--input', 'pattern', '--duration', '2');
    assert.ok(Math.abs(systemClock.now() - Date.now()) < 1000);
    assert.ok(offClock.isIdle);
  });

  test('records answers once, and plays them back without asking', async () => {
    const answers = join(folder, 'answers.jsonl');
    const flow = flowFile();
    const common = ['--flow', flow, '--input', 'pattern', '--duration', '20', '--answers', answers];
    assert.equal((await replay(...common, '--record')).code, 0);
    const text = readFileSync(answers, 'utf8');
    // Without the stand-in nobody is there to ask.
    const other = flowFile({
      end: { preset: 'custom', baseUrl: 'http://127.0.0.1:1/v1', model: 'stand-in' },
    });
    const played = await replay(...common.with(1, other), '--price', '1/10', '--max-cost', '0.001');
    assert.equal(played.code, 1, played.err);
    assert.match(played.out, /Does not hold: --max-cost 0.001/);
    assert.equal(readFileSync(answers, 'utf8'), text);
  });

  test('goes on with a recording of answers that was broken off, and pays for none twice', async () => {
    const answers = join(folder, 'broken.jsonl');
    const flow = flowFile();
    const args = ['--flow', flow, '--input', 'pattern', '--answers', answers, '--duration'];
    assert.equal((await replay(...args, '12', '--record')).code, 0);
    const whole = readFileSync(answers, 'utf8');
    assert.ok(whole.split('\n').length > 3, 'several answers');
    const kept = whole.slice(0, whole.lastIndexOf('\n', whole.length - 2) + 1);
    writeFileSync(answers, whole.slice(0, -20));
    assert.equal((await replay(...args, '20', '--record')).code, 0);
    const text = readFileSync(answers, 'utf8');
    assert.ok(text.startsWith(kept) && text.length > whole.length);
    const played = await replay(...args, '20');
    assert.equal(played.code, 0, played.err);
    assert.equal(readFileSync(answers, 'utf8'), text);
  });

  test('says where the file of answers is not complete, with exit code 2', async () => {
    const answers = file('few.jsonl', '{"cassette":1}\n');
    const { code, err } = await replay(
      '--flow',
      flowFile(),
      '--input',
      'pattern',
      '--duration',
      '3',
      '--answers',
      answers,
    );
    assert.equal(code, 2);
    assert.match(err, /has no answer for 1 of the pictures.*--record/);
  });

  test('sweeps a setting, and tells each value', async () => {
    const args = [
      '--flow',
      flowFile({ sel: { mode: 'interval', intervalS: '5' } }),
      '--input',
      'pattern',
      '--duration',
      '20',
    ];
    const { code, out } = await replay(
      ...args,
      '--sweep',
      'frame-select.intervalS=2:10:3',
      '--report',
      join(folder, 'swept'),
    );
    assert.equal(code, 0);
    assert.match(out, /frame-select.intervalS +recall/);
    const points = reportIn('swept').sweep?.points ?? [];
    assert.deepEqual(
      points.map(({ value }) => value),
      [2, 6, 10],
    );
    const sent = points.map(({ figures }) => figures.framesSent);
    assert.ok((sent[0] ?? 0) > (sent[1] ?? 0) && (sent[1] ?? 0) >= (sent[2] ?? 0), sent.join());
  });
});

describe('a sweep of the threshold, as the issue has it', () => {
  test('runs for each of its values, also those below 1', async () => {
    const flow = flowFile({ sel: { threshold: '10' } });
    const args = ['--flow', flow, '--input', 'pattern', '--duration', '2', '--report', join(folder, 'low')];
    const { code, out, err } = await replay(...args, '--sweep', 'frame-select.threshold=0.5:4:8');
    assert.equal(code, 0, err);
    assert.match(out, /^0\.5 +/m);
    const values = reportIn('low').sweep?.points.map(({ value }) => value);
    assert.deepEqual(values, [0.5, 1, 1.5, 2, 2.5, 3, 3.5, 4]);
  });

  for (const [sweep, words] of [
    ['frame-select.threshold=10:300:3', /frame-select "sel": .*threshold must be .*, but is "300"/],
    ['temporal-window.holdS=10:-10:3', /temporal-window "win": .*holdS must be .*, but is "-10"/],
    ['rtsp-camera.width=640:1:3', /rtsp-camera "Gate": .*width must be/],
    ['vision-endpoint.timeoutS=10:-1:2', /vision-endpoint "end": .*timeoutS must be/],
  ] as const) {
    test(`is refused before the recording is read, where the last of its values cannot be used: ${sweep}`, async () => {
      const flow = flowFile({ sel: { threshold: '10' }, end: { timeoutS: '10' } });
      const { code, err } = await replay(
        ...['--flow', flow, '--sweep', sweep],
        ...['--input', file('no.mp4', 'x')],
      );
      assert.equal(code, 2);
      assert.match(err, words);
    });
  }
});

describe('the command replay on a recording', {
  skip: !existsSync(join(CLIPS, CLIP)) && 'CLIPS_DIR has no clips',
}, () => {
  test('finds the first two persons of the clip', async () => {
    const labels = file('two.csv', 'start_s,end_s,label\n6.1,20.3,person\n22.8,45.2,person\n');
    const flow = flowFile({ cam: { mode: 'all', fps: '5' } });
    const args = ['--flow', flow, '--input', join(CLIPS, CLIP), '--duration', '30', '--labels', labels];
    const { code, out, err } = await replay(...args, '--report', join(folder, 'clip'), '--min-recall', '1');
    assert.equal(code, 0, err + out);
    const { record, figures } = reportIn('clip');
    assert.ok(record.framesIn >= 149 && record.framesIn <= 151, `${record.framesIn} frames`);
    assert.ok(Math.abs(record.durationS - 29.9) < 0.3);
    assert.ok((figures.onsetDelayMaxS ?? 9) <= 0.5, `${figures.onsetDelayMaxS} s to the first frame`);
  });
});

describe('a recording that is not whole', () => {
  const made = (name: string, extra: string[] = []) => {
    const path = join(folder, name);
    const scene = ['-f', 'lavfi', '-i', 'nullsrc=s=64x64:r=5:d=20,geq=random(1)*255:128:128'];
    execFileSync('ffmpeg', ['-v', 'error', '-y', ...scene, '-c:v', 'mpeg4', ...extra, path]);
    const whole = readFileSync(path);
    writeFileSync(path, whole.subarray(0, Math.floor(whole.length * 0.6)));
    return path;
  };
  const labelled = (...starts: number[]) =>
    file('l.json', JSON.stringify({ events: starts.map((start) => ({ start, end: start + 4 })) }));
  const everyFrame = () => flowFile({ in: { wires: [['enc'], [], []] } });

  test('is refused, whatever its first part holds; that part alone is not', async () => {
    const path = made('whole.mp4', ['-movflags', 'faststart']);
    const args = ['--flow', everyFrame(), '--input', path, '--labels', labelled(1, 15), '--min-recall', '0'];
    const { code, out, err } = await replay(...args);
    assert.equal(code, 2);
    assert.match(err, /says that it is 20 s long, but its pictures end at 1[12].* s/);
    assert.doesNotMatch(out, /Holds/);
    const part = await replay(...args, '--duration', '10', '--report', join(folder, 'part'));
    assert.equal(part.code, 0, part.err);
    assert.match(part.out, /of 1 events/);
    assert.match(part.out, /Left out: 1 label that begins after the part that was replayed/);
    assert.equal(reportIn('part').leftOut, 1);
  });

  test('is refused for labels behind its end where its file cannot tell that', async () => {
    const path = made('whole.ts');
    const args = ['--flow', everyFrame(), '--input', path, '--min-recall', '0', '--labels'];
    const { code, out, err } = await replay(...args, labelled(1, 15));
    assert.equal(code, 2);
    assert.match(
      err,
      /1 of 2 labels begin after the end of the recording at 1[12].* s, the first of them at 15 s/,
    );
    assert.doesNotMatch(out, /Holds/);
    assert.equal((await replay(...args, labelled(1))).code, 0);
  });
});

describe('what cannot be replayed is told, with exit code 2', () => {
  const cases: [what: string, args: () => string[], words: RegExp][] = [
    ['no flow', () => ['--input', 'pattern'], /--flow and --input are needed/],
    [
      'a flow that is not there',
      () => ['--flow', 'nowhere.json', '--input', 'pattern'],
      /--flow: nowhere.json cannot be read \(there is no such file\)/,
    ],
    [
      'a flow that is none',
      () => ['--flow', file('bad.json', '{'), '--input', 'pattern'],
      /The flow file cannot be used: it is not JSON/,
    ],
    [
      'a function between our nodes',
      () => [
        '--flow',
        flowFile({ sel: { wires: [['f']] } }, [
          { id: 'f', type: 'function', name: 'night', wires: [['enc']] },
        ]),
        ...['--input', 'pattern'],
      ],
      /function "night" stands between frame-select "sel" and image-encode "enc"/,
    ],
    [
      'a setting that cannot be used',
      () => ['--flow', flowFile({ cam: { width: 'wide' } }), '--input', 'pattern'],
      /rtsp-camera "Gate".*width must be a number/,
    ],
    [
      'a setting of a node that cannot be used',
      () => ['--flow', flowFile({ sel: { threshold: 'high' } }), '--input', 'pattern', '--duration', '2'],
      /frame-select "sel": The settings cannot be used: threshold must be a number/,
    ],
    [
      'a variable of the flow that is a credential',
      () => {
        const env = [{ name: 'V2L_BEAT', type: 'cred' }];
        const flow = flowFile({ tab: { env }, sel: { heartbeatS: `\${V2L_BEAT}` } });
        return ['--flow', flow, '--input', 'pattern'];
      },
      /heartbeatS refers to .*V2L_BEAT.*not set.* V2L_BEAT is a credential in the flow, .* set it in the environment/,
    ],
    [
      'a recording that is not there',
      () => ['--flow', flowFile(), '--input', 'nowhere.mp4'],
      /--input: there is no file nowhere.mp4/,
    ],
    [
      'a recording that is none',
      () => ['--flow', flowFile(), '--input', file('text.mp4', 'hello')],
      /ffmpeg found no picture/,
    ],
    [
      'labels that are none',
      () => ['--flow', flowFile(), '--input', 'pattern', '--labels', file('l.csv', 'a,b')],
      /The labels cannot be used: line 1/,
    ],
    [
      'a sweep that is none',
      () => ['--flow', flowFile(), '--input', 'pattern', '--sweep', 'threshold'],
      /--sweep: expected TYPE.SETTING/,
    ],
    [
      'a sweep of what is not there',
      () => ['--flow', flowFile(), '--input', 'pattern', '--sweep', 'frame-select.nothing=1:2:2'],
      /no setting "nothing"/,
    ],
    [
      'answers that are not there',
      () => ['--flow', flowFile(), '--input', 'pattern', '--answers', 'none.jsonl'],
      /there is no file none.jsonl. Make it with --record/,
    ],
    [
      'a key that is not set',
      () => ['--flow', flowFile(), '--input', 'pattern', '--key-env', 'V2L_NO_SUCH_KEY'],
      /V2L_NO_SUCH_KEY is not set/,
    ],
    [
      'an endpoint without its key',
      () => ['--flow', flowFile({ end: { preset: 'openai', model: 'gpt-5-mini' } }), '--input', 'pattern'],
      /apiKey is empty/,
    ],
    [
      'a price that is none',
      () => ['--flow', flowFile(), '--input', 'pattern', '--price', '1'],
      /--price: expected two prices/,
    ],
    [
      'a time that is none',
      () => ['--flow', flowFile(), '--input', 'pattern', '--start', 'noon'],
      /--start: expected a date/,
    ],
    [
      'a recall without labels',
      () => ['--flow', flowFile(), '--input', 'x.mp4', '--min-recall', '1'],
      /--min-recall needs --labels/,
    ],
    [
      'a cost without prices',
      () => ['--flow', flowFile(), '--input', 'pattern', '--duration', '2', '--max-cost', '1'],
      /--max-cost needs the prices/,
    ],
    ['an option that is not known', () => ['--flows', 'x'], /Unknown option/],
  ];
  for (const [what, args, words] of cases) {
    test(what, async () => {
      const { code, err } = await replay(...args());
      assert.equal(code, 2);
      assert.match(err, words);
    });
  }
});

test('help is shown', async () => {
  const { code, out } = await replay('--help');
  assert.equal(code, 0);
  assert.match(out, /--flow FILE/);
});
