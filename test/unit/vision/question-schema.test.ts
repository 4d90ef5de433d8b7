import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { BUILT_IN_SCHEMA } from '../../../src/vision/answer-schema';
import { chatBody } from '../../../src/vision/chat-body';
import type { VisionRequest } from '../../../src/vision/client';
import { firstDialect } from '../../../src/vision/dialect';
import { presets } from '../../../src/vision/presets';
import { questionSchema } from '../../../src/vision/question-schema';
import { type Question, questionsOf } from '../../../src/vision/questions';

describe('questionSchema', () => {
  it('has a field a question, all of them required and nothing else allowed', () => {
    const { schema } = questionSchema(ask(['helmet', 'yesno'], ['people', 'count'], ['gate', 'choice']));
    assert.deepEqual(schema.required, ['helmet', 'people', 'gate']);
    assert.deepEqual([schema.type, schema.additionalProperties], ['object', false]);
  });

  it('asks for yes or no in the words of the built-in schema', () => {
    const { schema } = questionSchema(ask(['helmet', 'yesno']));
    assert.deepEqual((schema.properties as Record<string, unknown>).helmet, BUILT_IN_SCHEMA);
  });

  it('leaves room for "cannot tell" in every kind of answer, and names the part by its kind', () => {
    const { schema } = questionSchema(ask(['a', 'yesno'], ['b', 'count'], ['c', 'choice'], ['d', 'text']));
    const parts = Object.values(schema.properties as Record<string, { properties: object }>).map(
      ({ properties }) => Object.entries(properties)[0] as [string, { description: string; enum?: string[] }],
    );
    assert.deepEqual(
      parts.map(([name]) => name),
      ['verdict', 'count', 'choice', 'text'],
    );
    for (const [, { description }] of parts) assert.match(description, /where it cannot be told/);
    assert.deepEqual(parts[2]?.[1].enum, ['open', 'shut', 'unknown']);
  });

  it('may be sent as strict, and uses no keyword that strict servers have refused', () => {
    const { schema } = questionSchema(ask(['a', 'yesno'], ['b', 'count'], ['c', 'choice'], ['d', 'text']));
    const body = chatBody(requestWith(schema), firstDialect(presets.openai));
    const format = body.response_format as { json_schema: { strict: boolean } };
    assert.equal(format.json_schema.strict, true);
    const used = new Set(keywordsIn(schema));
    assert.deepEqual([...used].sort(), [
      'additionalProperties',
      'description',
      'enum',
      'properties',
      'required',
      'type',
    ]);
  });

  it('gives the fields numbers where a name is not one that all servers take', () => {
    const { schema, fields } = questionSchema(ask(['no helmet', 'yesno'], ['q1', 'yesno']));
    assert.deepEqual(Object.keys(schema.properties as object), ['q1', 'q2']);
    assert.deepEqual(
      fields.map(({ key, question }) => [key, question.name]),
      [
        ['q1', 'no helmet'],
        ['q2', 'q1'],
      ],
    );
  });
});

function ask(...questions: [string, Question['type']][]): Question[] {
  const list = questions.map(([name, type]) => ({ name, type, text: 'What?', options: ['open', 'shut'] }));
  return questionsOf({ asks: 'list', rule: '', prompt: '', questions: list });
}

/** The keywords of a schema, without the names of what it describes. */
function keywordsIn(schema: Record<string, unknown>): string[] {
  const inside = Object.values((schema.properties ?? {}) as Record<string, Record<string, unknown>>);
  return [...Object.keys(schema), ...inside.flatMap(keywordsIn)];
}

function requestWith(schema: VisionRequest['schema']): VisionRequest {
  return {
    ...{ lane: 'l', time: 0, model: 'm', system: 's', prompt: 'p', schema, detail: 'auto' },
    ...{ verdictField: 'verdict', confidenceField: 'confidence', maxTokens: 300, temperature: null },
    ...{ reasoningEffort: '', picture: { data: Buffer.alloc(1), type: 'image/jpeg' } },
  };
}
