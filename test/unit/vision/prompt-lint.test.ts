import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { lintNode } from '../../../src/vision/node-lint';
import { lintPrompt, type PromptLintCode } from '../../../src/vision/prompt-lint';

const TWO = 'PROMPT_TWO_QUESTIONS';
const NEGATED = 'PROMPT_NEGATED';
const FORCED = 'PROMPT_NO_UNKNOWN';
const ZONE = 'PROMPT_UNKNOWN_ZONE';

const asked = {
  system: '',
  schema: '',
  verdictField: 'verdict',
  confidenceField: 'confidence',
  isYesNo: true,
};
/** Drawn: gate, Dock 1. */
const codes = (prompt: string, more: object = {}) =>
  lintPrompt({ ...asked, prompt, ...more }, ['gate', 'Dock 1']).map(({ code }) => code);

/** Questions as integrators write them, and what is to be said about each. */
const PROMPTS: [prompt: string, ...codes: PromptLintCode[]][] = [
  // Loitering.
  ['Is there a person in the picture?'],
  ['Is there a person in the picture? Answer yes only if at least a part of a person can be seen.'],
  ['Is somebody standing or sitting at the entrance without going in or out?'],
  ['Loitering means to stay near the door without entering. Is anyone loitering at the door of {{camera}}?'],
  ['Is anyone loitering near the ATM? Ignore people who walk past and people who are using the machine.'],
  ['Is there a person who is standing near the gate and is the only one in the picture?'],
  [
    'Is the same person as before still at the gate? That is, does a person with the same clothes stand there?',
  ],
  ['Is anybody loitering? How long has this person been there?', TWO],
  ['Is there a person at the gate and is the gate open?', TWO],
  ['Is someone waiting at the bus stop and how many people are there?', TWO],
  ['Is there a car in the yard, and if so, what colour is it?', TWO],
  ['Check whether someone is in the yard and whether the light is on.', TWO],
  ["Isn't there anyone in the yard?", NEGATED],
  ['Is there nobody at the reception?', NEGATED],
  ['At the entrance, is there no guard?', NEGATED],
  // PPE.
  ['Is anyone in the picture without a safety helmet?'],
  ['Is there a worker who is not wearing a helmet?'],
  ['Is any worker in the hall not wearing a high-visibility vest?'],
  ['Are all workers in the picture wearing a helmet and a high-visibility vest?'],
  ['Does every person near the machine wear safety goggles? Do not count people behind the glass wall.'],
  [
    'Is there a person in the picture whose head is bare of a safety helmet, or who wears no high-visibility vest? ' +
      'Answer no if each person wears both, or if there is no person. Answer unknown if heads or clothes cannot be seen well enough.',
  ],
  ['Is the worker not wearing a helmet?', NEGATED],
  ['Is the worker wearing a helmet? Is he wearing gloves?', TWO],
  ['Does the person wear a helmet and does he wear a vest?', TWO],
  ['Are there no people without a helmet?', NEGATED],
  ['Is everyone wearing a helmet? Answer yes or no.', FORCED],
  ['You are a safety inspector. Reply only with "yes" or "no": is a helmet missing?', FORCED],
  // Queues.
  ['Are five or more people waiting in the queue?'],
  ['Is the queue at the checkout longer than the shelf next to it?'],
  ['Is there a queue at the counter? Staff behind the counter do not count.'],
  ['Is the checkout unattended while customers are waiting?'],
  ['Is there a queue? Answer yes if at least three people stand in a line, otherwise answer no.', FORCED],
  ['Is there a queue? Answer yes if three people wait, no otherwise, and unknown if you cannot tell.'],
  ['1. Is there a queue at till 1?\n2. Is there a queue at till 2?', TWO],
  ['Is no one at the checkout?', NEGATED],
  ['Is there a line of people? Only answer yes/no, nothing else.', FORCED],
  // Gates.
  ['Is the gate open?'],
  ['Is the gate open or not?'],
  ['Is the gate closed and not locked?'],
  ['Is the barrier up while no vehicle is near it?'],
  ['Is a vehicle parked in front of the "No parking" sign?'],
  ['Is there no-parking tape across the gate?'],
  ['Is a truck in the loading zone?'],
  ['Is a person in the zone "gate"?'],
  ['Is a person inside the "GATE" zone?'],
  ["Is someone standing in zone 'dock 1'?"],
  ['Is a person in the zone "Dock 2"?', ZONE],
  ['Is a forklift in zone B?', ZONE],
  ['Is a forklift in zone {{msg.zone}}?'],
  ['Is somebody in the restricted zone behind the yellow line?'],
  ['Does the sign read "Is anyone there? Ring the bell?"'],
  ['Is the gate not closed?', NEGATED],
  // Smoke and fire.
  ['Is there smoke or fire in the picture?'],
  ['Is smoke visible? Steam from the cooling tower and fog are not smoke.'],
  ['Is there smoke? Answer unknown if it may be fog.'],
  ['Look closely at the roof.\nIs smoke rising\nfrom the chimney?'],
  ['Is there smoke? Return true or false only.', FORCED],
  ['Is there smoke? You must always answer yes or no, never unknown.', FORCED],
  ['Is there smoke? Do not answer yes if you are unsure.'],
  ['Is there smoke or fire? Is somebody in danger?', TWO],
  ["Doesn't it look like fire?", NEGATED],
  // Other languages: only question marks.
  ['Ist eine Person im Bild? Antworte nur, was zu sehen ist.'],
  ['¿Hay una persona en la puerta? ¿Hay humo en la imagen?', TWO],
  ['Y a-t-il une personne près de la porte ?'],
];

describe('the hints about a question', () => {
  for (const [prompt, ...expected] of PROMPTS) {
    const name = prompt.replaceAll('\n', ' ').slice(0, 90);
    it(`${expected.length === 0 ? 'find nothing in' : `say ${expected} of`} "${name}"`, () => {
      assert.deepEqual(codes(prompt), expected);
    });
  }

  it('say what they are about, and what to do', () => {
    const [two, zone] = lintPrompt(
      {
        ...asked,
        prompt: 'Is a person in zone C? Is there smoke in the hall behind the gate with the red frame on it?',
      },
      [],
    );
    assert.equal(two?.found, 'Is there smoke in the hall behind the gate with the red fra…');
    assert.equal(zone?.found, 'C');
    assert.match(zone?.message ?? '', /"C"/);
    for (const { advice } of [two, zone] as { advice: string }[]) assert.match(advice, /\.$/);
  });

  it('look for no zone where it is not known which are drawn', () => {
    assert.deepEqual(lintPrompt({ ...asked, prompt: 'Is a person in zone C?' }, null), []);
  });

  it('leave a negation alone where the answer is not yes or no', () => {
    assert.deepEqual(codes('Is the gate not closed?', { isYesNo: false }), []);
  });

  it('come to an end in a text that is made to take long', () => {
    for (const part of ['is ', ' and is', 'a?', 'only ', 'zone ', '{{', 'not ', 'a_', '"a" ', ', ']) {
      const prompt = `zone ${part.repeat(30_000)}`;
      assert.ok(codes(prompt, { system: prompt }).length <= 4, part);
    }
  });
});

describe('the hints about an answer schema', () => {
  const of = (verdict: object, more: object = {}) =>
    codes('Is there smoke?', {
      schema: JSON.stringify({ type: 'object', properties: { verdict, ...more } }),
    });

  const table: [name: string, verdict: object, codes: PromptLintCode[]][] = [
    ['yes and no alone', { enum: ['yes', 'no'] }, [FORCED]],
    ['yes, no and unknown', { type: 'string', enum: ['yes', 'no', 'unknown'] }, []],
    ['a boolean', { type: 'boolean' }, [FORCED]],
    ['a boolean or null', { type: ['boolean', 'null'] }, []],
    ['null by anyOf', { anyOf: [{ type: 'boolean' }, { type: 'null' }] }, []],
    ['a free text', { type: 'string' }, []],
    ['a reference', { $ref: '#/$defs/verdict' }, []],
  ];
  for (const [name, verdict, expected] of table) {
    it(`${expected.length === 0 ? 'find nothing in' : 'find that nothing can be unknown in'} ${name}`, () => {
      assert.deepEqual(of(verdict), expected);
    });
  }

  it('find nothing where there is no schema, none that can be read, or no verdict', () => {
    for (const schema of [
      '',
      '{"type": "obj',
      '[]',
      'null',
      '{}',
      '{"properties": {"count": {"type": "boolean"}}}',
    ])
      assert.deepEqual(codes('How many people are there?', { schema }), [], schema);
  });

  it('let a question ask for more where the schema has fields for it', () => {
    const two = 'Is there a person? How many people are there?';
    const withCount = JSON.stringify({
      properties: { verdict: { type: ['boolean', 'null'] }, count: { type: 'integer' } },
    });
    assert.deepEqual(codes(two, { schema: withCount }), []);
    const withReason = JSON.stringify({
      properties: { verdict: { type: ['boolean', 'null'] }, reason: { type: 'string' } },
    });
    assert.deepEqual(codes(two, { schema: withReason }), [TWO]);
  });

  it('heed the system text', () => {
    assert.deepEqual(codes('Is there smoke?', { system: 'Always answer yes or no.' }), [FORCED]);
    assert.deepEqual(
      codes('Is there smoke? Answer yes or no.', { system: 'Say unknown where it is dark.' }),
      [],
    );
  });
});

describe('the hints about a node', () => {
  it('are about its question', () => {
    const found = lintNode({ rule: 'gate', prompt: 'Is the gate not closed?', schema: '' }, null);
    assert.deepEqual(
      found.map(({ rule, code }) => [rule, code]),
      [['gate', NEGATED]],
    );
  });

  it('are about each question of a list, which has its own schema', () => {
    const found = lintNode(
      {
        asks: 'list',
        prompt: 'Is it? Is it not? Isn’t it?',
        schema: '{"properties": {"verdict": {"type": "boolean"}}}',
        questions: [
          { name: 'smoke', text: 'Is there smoke?', type: 'yesno' },
          {
            name: 'gate',
            text: 'Is the gate open? Is it damaged by a car?',
            type: 'choice',
            options: ['a', 'b'],
          },
          { name: 'dock', text: 'Is somebody in zone D?', type: 'yesno' },
        ],
      },
      ['A'],
    );
    assert.deepEqual(
      found.map(({ rule, code }) => [rule, code]),
      [
        ['gate', TWO],
        ['dock', ZONE],
      ],
    );
  });

  it('take whatever an editor or an old flow holds', () => {
    for (const settings of [
      {},
      { prompt: null, schema: 5 },
      { asks: 'list', questions: '[{]' },
      { asks: 'list' },
    ])
      assert.deepEqual(lintNode(settings, []), []);
  });
});
