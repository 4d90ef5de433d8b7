import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readAnswers } from '../../../src/vision/question-answers';
import { questionSchema } from '../../../src/vision/question-schema';
import { questionsOf } from '../../../src/vision/questions';
import { standInAnswers } from '../../../src/vision/stand-in-answers';

const questions = questionsOf({
  ...{ asks: 'list', rule: '', prompt: '' },
  questions: [
    { name: 'a person', text: 'Is one there?', type: 'yesno' },
    { name: 'people', text: 'How many?', type: 'count', atLeast: 3 },
    { name: 'gate', text: 'The gate?', type: 'choice', options: ['shut', 'open'], yes: ['open'] },
    { name: 'plate', text: 'Which plate?', type: 'text' },
  ],
});

describe('standInAnswers', () => {
  for (const verdict of ['yes', 'no', 'unknown'] as const) {
    it(`gives every kind of question an answer that is read as ${verdict}`, () => {
      const text = JSON.stringify(standInAnswers(questions, verdict, 'Stand-in, no model.'));
      const reply = { text, finish: 'stop' as const, refusal: null, model: 'stand-in', usage: null };
      const answers = readAnswers(reply, questionSchema(questions).fields);
      assert.deepEqual(
        answers.map((answer) => [answer.verdict, answer.code]),
        questions.map(() => [verdict, undefined]),
      );
    });
  }
});
