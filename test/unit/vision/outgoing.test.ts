import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { VisionInfo } from '../../../src/shared/messages';
import type { Answer } from '../../../src/vision/answer';
import { outgoing } from '../../../src/vision/outgoing';
import { questionsOf } from '../../../src/vision/questions';
import { together } from '../../../src/vision/together';

const questions = questionsOf({
  ...{ asks: 'list', rule: '', prompt: '' },
  questions: ['helmet', 'vest', 'gate'].map((name) => ({ name, text: 'Is it?' })),
});
const yes = answer('yes', 0.9);
const no = answer('no', 0.8);
const unsure = answer('unknown', 0.2);
const wrong: Answer = { ...answer('unknown', null), code: 'VISION_OFF_SCHEMA' };

describe('outgoing', () => {
  it('is one message as it is where one question was asked', () => {
    const vision = infoOf(yes);
    assert.deepEqual(outgoing({ payload: yes.payload, vision }, null, 'each'), [
      { payload: yes.payload, vision, part: null },
    ]);
  });

  it('is a message a rule, each with its own verdict, code, confidence and place', () => {
    const sent = outgoing(answered([yes, no, wrong]), questions, 'each');
    assert.deepEqual(
      sent.map(({ vision: { rule, verdict, code, confidence }, part }) => ({
        rule,
        verdict,
        code,
        confidence,
        part,
      })),
      [
        { rule: 'helmet', verdict: 'yes', code: undefined, confidence: 0.9, part: part(0, 'helmet') },
        { rule: 'vest', verdict: 'no', code: undefined, confidence: 0.8, part: part(1, 'vest') },
        {
          rule: 'gate',
          verdict: 'unknown',
          code: 'VISION_OFF_SCHEMA',
          confidence: null,
          part: part(2, 'gate'),
        },
      ],
    );
    assert.deepEqual(
      sent.map(({ payload }) => payload),
      [yes.payload, no.payload, wrong.payload],
    );
  });

  it('divides tokens and cost, so that they add up to those of the call', () => {
    const sent = outgoing(answered([yes, no, unsure]), questions, 'each').map(({ vision }) => vision);
    const sum = (of: (vision: VisionInfo) => number) => sent.reduce((total, vision) => total + of(vision), 0);
    assert.equal(
      sum(({ usage }) => usage?.input ?? 0),
      400,
    );
    assert.equal(
      sum(({ usage }) => usage?.output ?? 0),
      41,
    );
    assert.ok(Math.abs(sum(({ cost }) => cost ?? 0) - 0.01) < 1e-12);
  });

  it('is one message with all of them where they are to stay together', () => {
    const [sent, ...more] = outgoing(answered([no, yes, wrong]), questions, 'together');
    assert.deepEqual(more, []);
    assert.deepEqual(sent?.payload, { helmet: no.payload, vest: yes.payload, gate: wrong.payload });
    assert.deepEqual(
      [sent?.vision.rule, sent?.vision.verdict, sent?.part],
      ['helmet + vest + gate', 'yes', null],
    );
    assert.deepEqual(sent?.vision.rules, [
      { rule: 'helmet', verdict: 'no', confidence: 0.8 },
      { rule: 'vest', verdict: 'yes', confidence: 0.9 },
      { rule: 'gate', verdict: 'unknown', code: 'VISION_OFF_SCHEMA', confidence: null },
    ]);
    assert.deepEqual(sent?.vision.usage, { input: 400, output: 41 });
  });

  it('says to each rule that it is unknown where no answer came, without sharing what it sends', () => {
    const payload = { verdict: 'unknown', reason: 'No answer.' };
    const vision = { ...infoOf(wrong), code: 'VISION_TIMEOUT', usage: null, cost: null };
    const each = outgoing({ payload, vision }, questions, 'each');
    assert.deepEqual(
      each.map((one) => [one.vision.rule, one.vision.verdict, one.vision.code, one.payload]),
      questions.map(({ name }) => [name, 'unknown', 'VISION_TIMEOUT', payload]),
    );
    assert.notEqual(each[0]?.payload, each[1]?.payload);
    const [all] = outgoing({ payload, vision }, questions, 'together');
    assert.deepEqual(all?.payload, { helmet: payload, vest: payload, gate: payload });
    assert.deepEqual(
      all?.vision.rules?.map(({ verdict, code }) => [verdict, code]),
      questions.map(() => ['unknown', 'VISION_TIMEOUT']),
    );
  });
});

describe('together', () => {
  const cases: [string, Answer[], string, number | null, string | undefined][] = [
    [
      'yes where one is, with the confidence of the surest',
      [no, yes, answer('yes', 0.6)],
      'yes',
      0.9,
      undefined,
    ],
    ['unknown where one is and none is yes', [no, unsure, no], 'unknown', null, undefined],
    [
      'unknown with the code of the one that has one',
      [no, unsure, wrong],
      'unknown',
      null,
      'VISION_OFF_SCHEMA',
    ],
    [
      'no where all are, with the confidence of the least sure',
      [no, no, answer('no', 0.5)],
      'no',
      0.5,
      undefined,
    ],
  ];
  for (const [name, answers, verdict, confidence, code] of cases)
    it(`is ${name}`, () => {
      const all = together(questions, answers);
      assert.deepEqual([all.verdict, all.confidence, all.code], [verdict, confidence, code]);
    });
});

function part(index: number, rule: string) {
  return { index, count: 3, rule };
}

function answer(verdict: Answer['verdict'], confidence: number | null): Answer {
  return { payload: { verdict, confidence, reason: 'So it is.' }, verdict, confidence };
}

function answered(answers: Answer[]) {
  const { payload, ...all } = together(questions, answers);
  return { payload, answers, vision: infoOf({ payload, ...all }) };
}

function infoOf({ verdict, code, confidence }: Answer): VisionInfo {
  return {
    ...{ verdict, ...(code && { code }), confidence, rule: 'r', model: 'm', endpoint: 'e' },
    ...{ usage: { input: 400, output: 41 }, cost: 0.01, latency: 5, attempts: 1 },
  };
}
