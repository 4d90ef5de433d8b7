import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { BUILT_IN_SCHEMA, compileSchema } from '../../../src/vision/answer-schema';
import { standInAnswer } from '../../../src/vision/stand-in-answer';

const fields = { verdictField: 'verdict', confidenceField: 'confidence' };

describe("the stand-in's answer", () => {
  for (const verdict of ['yes', 'no', 'unknown'] as const) {
    it(`says ${verdict} in the built-in schema`, () => {
      const answer = standInAnswer({ schema: BUILT_IN_SCHEMA, ...fields }, verdict, 'Stand-in.');
      assert.equal(answer.verdict, verdict);
      assert.equal(answer.reason, 'Stand-in.');
      assert.equal(compileSchema('').mismatch(answer), null);
    });
  }

  it('fits any schema, by type', () => {
    const schema = {
      type: 'object',
      properties: {
        verdict: { type: 'boolean' },
        confidence: { type: 'integer', maximum: 100 },
        count: { type: 'integer', minimum: 0 },
        colour: { enum: ['red', 'green'] },
        note: { type: 'string', maxLength: 5 },
        plates: { type: 'array', items: { type: 'string' } },
        where: { type: 'object', properties: { zone: { type: ['string', 'null'] } } },
        helmet: { type: 'boolean' },
        kind: { const: 'scene' },
      },
    };
    const answer = standInAnswer({ schema, ...fields }, 'yes', 'Stand-in.');
    assert.deepEqual(answer, {
      verdict: true,
      confidence: 90,
      count: 1,
      colour: 'red',
      note: 'Stand',
      plates: [],
      where: { zone: 'Stand-in.' },
      helmet: true,
      kind: 'scene',
    });
    assert.equal(compileSchema(JSON.stringify(schema)).mismatch(answer), null);
  });

  it('says null where a boolean cannot say unknown', () => {
    const schema = { type: 'object', properties: { verdict: { type: 'boolean' } } };
    assert.equal(standInAnswer({ schema, ...fields }, 'unknown', '').verdict, null);
  });

  it('comes to an end with a schema that does not', () => {
    const schema: Record<string, unknown> = { type: 'object' };
    schema.properties = { again: schema };
    assert.equal(typeof standInAnswer({ schema, ...fields }, 'yes', ''), 'object');
  });
});
