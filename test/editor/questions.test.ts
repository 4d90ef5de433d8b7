import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { questionsOf } from '../../src/vision/questions';
import { definitionOf } from '../fixtures/node-html';

type Validate = (this: object, value: unknown, opt?: object) => true | false | string;

const validate = definitionOf('vision-llm').defaults.questions?.validate as Validate;
const yesno = { name: 'helmet', text: 'Is a head bare?', type: 'yesno' };
const choice = { name: 'gate', text: 'The gate?', type: 'choice', options: ['open', 'shut'], yes: [] };
const count = { name: 'people', text: 'How many?', type: 'count', atLeast: 2 };

describe('the dialog of vision-llm', () => {
  const cases: [string, unknown, string | null][] = [
    ['a list of all kinds', [yesno, choice, count, { ...yesno, name: 'plate', type: 'text' }], null],
    ['a choice with a yes of its own', [{ ...choice, yes: ['shut'] }], null],
    ['nothing', '', 'questionsEmpty'],
    ['an empty list', [], 'questionsEmpty'],
    ['no JSON', '[{', 'questionsJson'],
    ['no list', '{}', 'questionsJson'],
    [
      'more than twenty',
      Array.from({ length: 21 }, (_, i) => ({ ...yesno, name: `q${i}` })),
      'questionsMany',
    ],
    ['a question without a name', [{ ...yesno, name: ' ' }], 'questionName'],
    ['an entry that is none', [null], 'questionName'],
    ['a name that is too long', [{ ...yesno, name: 'x'.repeat(65) }], 'questionLong'],
    ['a name of two lines', [{ ...yesno, name: 'a\nb' }], 'questionLong'],
    ['two of one name', [yesno, { ...count, name: 'helmet' }], 'questionTwice'],
    ['a question without a text', [{ ...yesno, text: '' }], 'questionText'],
    ['a text that is too long', [{ ...yesno, text: 'x'.repeat(4001) }], 'questionText'],
    ['a kind that there is not', [{ ...yesno, type: 'box' }], 'questionType'],
    ['a choice with one option', [{ ...choice, options: ['open'] }], 'questionOptions'],
    [
      'a choice with one option beside unknown',
      [{ ...choice, options: ['a', 'unknown'] }],
      'questionOptions',
    ],
    [
      'a choice with an option that is too long',
      [{ ...choice, options: ['a', 'x'.repeat(65)] }],
      'questionOptions',
    ],
    ['a choice with one twice', [{ ...choice, options: ['a', 'a'] }], 'questionOptionTwice'],
    ['a choice with a strange yes', [{ ...choice, yes: ['ajar'] }], 'questionYes'],
    ['a count from nothing on', [{ ...count, atLeast: 0 }], 'questionCount'],
    ['a count from a half on', [{ ...count, atLeast: 1.5 }], 'questionCount'],
  ];
  for (const [name, questions, key] of cases) {
    test(`${key ? 'finds fault with' : 'takes'} ${name}, as the runtime does`, () => {
      const value = typeof questions === 'string' ? questions : JSON.stringify(questions);
      const found = validate.call({ asks: 'list', _: (text: string) => text }, value, {});
      assert.equal(found, key === null ? true : `vision-llm.error.${key}`);
      const problems: string[] = [];
      questionsOf({ asks: 'list', rule: '', prompt: '', questions: value }, (text) => problems.push(text));
      assert.equal(problems.length > 0, key !== null, problems.join('; '));
    });
  }

  test('does not look at the list where one question is asked, nor at what an environment variable holds', () => {
    assert.equal(validate.call({ asks: 'one' }, '[{'), true);
    // biome-ignore lint/suspicious/noTemplateCurlyInString: Node-RED fills it in
    assert.equal(validate.call({ asks: 'list' }, '${QUESTIONS}'), true);
  });
});
