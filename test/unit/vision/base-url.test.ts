import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { baseUrlProblem } from '../../../src/vision/base-url';

describe('a base URL', () => {
  it('may be any http or https address', () => {
    assert.equal(baseUrlProblem('http://127.0.0.1:11434/v1'), null);
    assert.equal(baseUrlProblem('https://api.openai.com/v1'), null);
  });

  for (const wrong of [
    '',
    'api.openai.com/v1',
    'ftp://host/v1',
    'https://u:secret@host/v1',
    'https://host/v1?key=secret',
  ]) {
    it(`"${wrong}" is refused, and a secret in it not repeated`, () => {
      assert.doesNotMatch(baseUrlProblem(wrong) ?? assert.fail('taken'), /secret/);
    });
  }
});
