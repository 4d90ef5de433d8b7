import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { VisionReply } from '../../../src/vision/client';
import { readAnswers } from '../../../src/vision/question-answers';
import { questionSchema } from '../../../src/vision/question-schema';
import { questionsOf } from '../../../src/vision/questions';

const questions = questionsOf({
  ...{ asks: 'list', rule: '', prompt: '' },
  questions: [
    { name: 'helmet', text: 'Is a head bare?', type: 'yesno' },
    { name: 'people', text: 'How many?', type: 'count', atLeast: 3 },
    {
      name: 'gate',
      text: 'The gate?',
      type: 'choice',
      options: ['open', 'ajar', 'shut'],
      yes: ['open', 'ajar'],
    },
    { name: 'plate', text: 'Which plate?', type: 'text' },
  ],
});
const { fields } = questionSchema(questions);
const rest = { confidence: 0.9, reason: 'So it is.' };
const good = {
  helmet: { verdict: 'no', ...rest },
  people: { count: 4, ...rest },
  gate: { choice: 'ajar', ...rest },
  plate: { text: 'AB 12', ...rest },
};

describe('readAnswers', () => {
  it('gives each question the verdict and the payload of its own', () => {
    assert.deepEqual(read(good), [
      { payload: { verdict: 'no', ...rest }, verdict: 'no', confidence: 0.9 },
      { payload: { verdict: 'yes', count: 4, ...rest }, verdict: 'yes', confidence: 0.9 },
      { payload: { verdict: 'yes', choice: 'ajar', ...rest }, verdict: 'yes', confidence: 0.9 },
      { payload: { verdict: 'yes', text: 'AB 12', ...rest }, verdict: 'yes', confidence: 0.9 },
    ]);
  });

  describe('makes of', () => {
    const cases: [string, keyof typeof good, unknown, string, unknown[]][] = [
      ['fewer than the number that is yes', 'people', { count: 2, ...rest }, 'no', [2]],
      ['as many as the number that is yes', 'people', { count: 3, ...rest }, 'yes', [3]],
      ['none', 'people', { count: 0, ...rest }, 'no', [0]],
      ['a number that cannot be told', 'people', { count: -1, ...rest }, 'unknown', [null]],
      ['an option that is not yes', 'gate', { choice: 'shut', ...rest }, 'no', ['shut']],
      ['an option that cannot be told', 'gate', { choice: 'unknown', ...rest }, 'unknown', [null]],
      ['no text', 'plate', { text: ' ', ...rest }, 'no', ['']],
      ['a text that cannot be told', 'plate', { text: 'Unknown', ...rest }, 'unknown', [null]],
      ['yes or no that cannot be told', 'helmet', { verdict: 'unknown', ...rest }, 'unknown', []],
    ];
    for (const [name, rule, given, verdict, value] of cases) {
      it(`${name}: ${verdict}, without a code`, () => {
        const at = Object.keys(good).indexOf(rule);
        const answer = read({ ...good, [rule]: given })[at];
        const { verdict: said, confidence, reason, ...own } = answer?.payload ?? {};
        assert.deepEqual([answer?.verdict, answer?.code, said], [verdict, undefined, verdict]);
        assert.deepEqual(Object.values(own), value);
      });
    }
  });

  describe('is unknown with a code for one question, and leaves the others, where it', () => {
    const { gate, ...withoutGate } = good;
    const cases: [string, object, RegExp][] = [
      ['is missing', withoutGate, /left this question out/],
      ['is no object', { ...good, gate: 'ajar' }, /must be object/],
      ['is another option', { ...good, gate: { ...gate, choice: 'wide open' } }, /\/choice/],
      ['lacks a part', { ...good, gate: { choice: 'ajar' } }, /required/],
      ['has a part too many', { ...good, gate: { ...gate, instructions: 'open it' } }, /additional/],
    ];
    for (const [name, answer, why] of cases) {
      it(name, () => {
        const answers = read(answer);
        const own = answers[2];
        assert.deepEqual([own?.verdict, own?.code, own?.confidence], ['unknown', 'VISION_OFF_SCHEMA', null]);
        assert.match(String(own?.payload.reason), why);
        assert.deepEqual(
          answers.map(({ verdict }) => verdict),
          ['no', 'yes', 'unknown', 'yes'],
        );
      });
    }
  });

  it('takes no number below none for a count', () => {
    assert.equal(read({ ...good, people: { count: -4, ...rest } })[1]?.code, 'VISION_OFF_SCHEMA');
  });

  it('passes over what was not asked', () => {
    assert.deepEqual(read({ ...good, cat: { verdict: 'yes' } }), read(good));
  });

  it('makes a confidence in percent 0 to 1', () => {
    const [helmet] = read({ ...good, helmet: { ...good.helmet, confidence: 85 } });
    assert.deepEqual([helmet?.confidence, helmet?.payload.confidence], [0.85, 0.85]);
  });

  it('keeps 500 characters of a text', () => {
    const answer = read({ ...good, plate: { text: 'A'.repeat(10_000), ...rest } })[3];
    assert.equal(String(answer?.payload.text).length, 500);
  });

  describe('is unknown with the code of the whole reply for each question, where that is', () => {
    const cases: [string, Partial<VisionReply>, string][] = [
      ['prose', { text: 'Nobody wears a helmet.' }, 'VISION_PROSE'],
      ['a refusal', { text: '', refusal: 'I cannot.' }, 'VISION_REFUSED'],
      ['cut off', { finish: 'length' }, 'VISION_TRUNCATED'],
      ['filtered', { finish: 'filtered' }, 'VISION_FILTERED'],
      ['nothing', { text: '' }, 'VISION_EMPTY'],
      ['a list', { text: '[]' }, 'VISION_OFF_SCHEMA'],
    ];
    for (const [name, reply, code] of cases) {
      it(name, () => {
        const answers = readAnswers({ ...replyOf(good), ...reply }, fields);
        assert.deepEqual(
          answers.map((answer) => [answer.verdict, answer.code]),
          questions.map(() => ['unknown', code]),
        );
      });
    }
  });
});

function read(answer: unknown) {
  return readAnswers(replyOf(answer), fields);
}

function replyOf(answer: unknown): VisionReply {
  return { text: JSON.stringify(answer), finish: 'stop', refusal: null, model: 'm', usage: null };
}
