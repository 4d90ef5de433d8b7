import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { questionsOf } from '../../../src/vision/questions';

const helmet = { name: 'helmet', text: 'Is somebody without a helmet?', type: 'yesno' };
const plain = { options: [], yes: [], atLeast: 1 };

describe('questionsOf', () => {
  it('gives the rule and the prompt as the only question where one is asked', () => {
    const settings = {
      asks: 'one' as const,
      rule: 'person',
      prompt: 'Is a person there?',
      questions: [helmet],
    };
    assert.deepEqual(questionsOf(settings), [
      { name: 'person', text: 'Is a person there?', type: 'yesno', ...plain },
    ]);
  });

  it('gives the questions of a list in their order, each with what its type needs', () => {
    const { questions, problems } = read([
      helmet,
      { name: 'people', text: 'How many?', type: 'count', atLeast: '3', options: ['left over'] },
      {
        name: 'gate',
        text: 'The gate?',
        type: 'choice',
        options: ['open', ' ajar', 'shut'],
        yes: ['open', 'ajar'],
      },
      { name: 'plate', text: 'Which plate?', type: 'text' },
    ]);
    assert.deepEqual(problems, []);
    assert.deepEqual(questions, [
      { ...helmet, ...plain },
      { name: 'people', text: 'How many?', type: 'count', ...plain, atLeast: 3 },
      {
        name: 'gate',
        text: 'The gate?',
        type: 'choice',
        options: ['open', 'ajar', 'shut'],
        yes: ['open', 'ajar'],
        atLeast: 1,
      },
      { name: 'plate', text: 'Which plate?', type: 'text', ...plain },
    ]);
  });

  it('takes a list as JSON text, as the dialog keeps it', () => {
    assert.deepEqual(read(JSON.stringify([helmet])).questions, [{ ...helmet, ...plain }]);
  });

  it('takes the first option of a choice for yes where none is named', () => {
    const [gate] = read([
      { name: 'gate', text: 'The gate?', type: 'choice', options: ['open', 'shut'] },
    ]).questions;
    assert.deepEqual(gate?.yes, ['open']);
  });

  it('leaves "unknown" out of the options: every choice allows it', () => {
    const options = ['open', 'shut', 'Unknown'];
    const { questions, problems } = read([{ name: 'gate', text: 'The gate?', type: 'choice', options }]);
    assert.deepEqual([questions[0]?.options, problems], [['open', 'shut'], []]);
  });

  describe('tells of', () => {
    const choice = { name: 'gate', text: 'The gate?', type: 'choice', options: ['open', 'shut'] };
    const cases: [string, unknown, string][] = [
      ['an empty list', [], 'the list of questions is empty'],
      ['no list', '', 'the list of questions is empty'],
      ['text that is no JSON', '[', 'questions is not a list in JSON'],
      ['JSON that is no list', '{}', 'questions is not a list in JSON'],
      ['two of one name', [helmet, { ...helmet, text: 'Another?' }], 'two questions are called "helmet"'],
      ['no name', [{ ...helmet, name: ' ' }], 'question 1 has no name'],
      ['an empty text', [{ ...helmet, text: ' ' }], 'the question "helmet" has no text'],
      ['an entry that is no question', [helmet, 7], 'question 2 has no name; question 2 has no text'],
      [
        'a name of two lines',
        [{ ...helmet, name: 'a\nb' }],
        'the question "a\nb" has a name that is not one line of at most 64 characters',
      ],
      [
        'another type',
        [{ ...helmet, type: 'box' }],
        'the question "helmet" has a type that is none of yesno, count, choice, text',
      ],
      [
        'a choice without options',
        [{ ...choice, options: [] }],
        'the question "gate" is a choice with less than two options',
      ],
      ['an option twice', [{ ...choice, options: ['a', 'a'] }], 'the question "gate" has an option twice'],
      [
        'a yes that is no option',
        [{ ...choice, yes: ['ajar'] }],
        'the question "gate" has "ajar" for yes, which is not one of its options',
      ],
      [
        'a count that is yes from 0 on',
        [{ name: 'n', text: 'How many?', type: 'count', atLeast: 0 }],
        'the question "n" is yes from a number on that is not a whole one from 1 to 1000000',
      ],
      [
        'more than twenty',
        Array.from({ length: 21 }, (_, i) => ({ ...helmet, name: `q${i}` })),
        'the list has more than 20 questions',
      ],
    ];
    for (const [name, questions, told] of cases)
      it(name, () => assert.equal(read(questions).problems.join('; '), told));
  });
});

function read(questions: unknown) {
  const problems: string[] = [];
  const found = questionsOf({ asks: 'list', rule: '', prompt: '', questions }, (text) => problems.push(text));
  return { questions: found, problems };
}
