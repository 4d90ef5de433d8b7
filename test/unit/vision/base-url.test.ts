import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { baseUrlProblem } from '../../../src/vision/base-url';

describe('a base URL', () => {
  it('may be any http or https address', () => {
    assert.equal(baseUrlProblem('http://127.0.0.1:11434/v1'), null);
    assert.equal(baseUrlProblem('https://api.openai.com/v1'), null);
  });

  it('of Azure is that of its v1 API, and what people paste in place of it is told', () => {
    for (const host of [
      'my.openai.azure.com',
      'my.services.ai.azure.com',
      'my.cognitiveservices.azure.com',
    ]) {
      assert.equal(baseUrlProblem(`https://${host}/openai/v1`), null);
      assert.equal(baseUrlProblem(`https://${host}/openai/v1/`), null);
      for (const path of ['', '/openai', '/openai/deployments/my-gpt', '/openai/v1?api-version=preview'])
        assert.match(baseUrlProblem(`https://${host}${path}`) ?? '', /openai\/v1 for Azure/, host + path);
    }
    assert.equal(baseUrlProblem('https://gateway.example.com/azure'), null);
  });

  it('ends before the name of the call', () => {
    assert.match(baseUrlProblem('https://host/v1/chat/completions') ?? '', /must end before/);
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
