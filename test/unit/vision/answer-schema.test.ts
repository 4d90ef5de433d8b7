import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { VisionError } from '../../../src/shared/errors';
import { BUILT_IN_SCHEMA, compileSchema } from '../../../src/vision/answer-schema';

describe('compileSchema', () => {
  it('takes the built-in schema for an empty text', () => {
    assert.equal(compileSchema(' ').schema, BUILT_IN_SCHEMA);
  });

  it('says which field does not match', () => {
    const { mismatch } = compileSchema('');
    assert.equal(mismatch({ verdict: 'yes', confidence: 1, reason: '' }), null);
    assert.match(String(mismatch({ verdict: 'perhaps', confidence: 1, reason: '' })), /verdict/);
  });

  it('takes schemas of newer drafts, unknown keywords and formats', () => {
    const text = JSON.stringify({
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      type: 'object',
      properties: {
        at: { type: 'string', format: 'date-time' },
        list: { prefixItems: [{ type: 'string' }] },
      },
      'x-note': 1,
    });
    assert.equal(compileSchema(text).mismatch({ at: 'noon', list: ['a'] }), null);
    assert.notEqual(compileSchema(text).mismatch({ list: [1] }), null);
  });

  const wrong: [string, string, RegExp][] = [
    ['no JSON', '{verdict: yes}', /not valid JSON/],
    ['no object', '["a"]', /not a JSON object/],
    ['not that of an object', '{"type": "string"}', /must be that of an object/],
    [
      'no JSON Schema',
      '{"type": "object", "properties": {"a": {"type": "text"}}}',
      /not a valid JSON Schema/,
    ],
    [
      'a reference to elsewhere',
      '{"type": "object", "properties": {"a": {"$ref": "https://x.example/y"}}}',
      /not a valid JSON Schema/,
    ],
    ['asynchronous', '{"type": "object", "$async": true}', /async/],
    ['endless', `{"type": "object", "title": "${'x'.repeat(20_000)}"}`, /more than 20000/],
  ];
  for (const [name, text, message] of wrong) {
    it(`refuses a schema that is ${name}`, () => {
      assert.throws(
        () => compileSchema(text),
        (error) =>
          error instanceof VisionError && error.code === 'VISION_SCHEMA' && message.test(error.message),
      );
    });
  }
});
