import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { redactKeys } from '../../../src/vision/redact-keys';

const secret = 'my-very(own)+key.42';

describe('redactKeys', () => {
  const cases: [string, string][] = [
    [`the key ${secret} is wrong`, 'the key *** is wrong'],
    ['masked: my-v********.42 is wrong', 'masked: *** is wrong'],
    ['Incorrect API key provided: sk-ab***yz.', 'Incorrect API key provided: ***'],
    ['Authorization: Bearer abc.def', 'Authorization: *** ***'],
    ['{"api_key":"abc","model":"m"}', '{"api_key":"***","model":"m"}'],
    ['sk-proj-abcdefgh and AIzaSyA1234567', '*** and ***'],
  ];
  for (const [text, clean] of cases) {
    it(`makes "${clean}"`, () => assert.equal(redactKeys(text, secret), clean));
  }

  it('leaves other words alone', () => {
    const text = 'the task-force asked for max_tokens=300 and 4.42 risk, keyframes, my-view';
    assert.equal(redactKeys(text, secret), text);
  });
});
