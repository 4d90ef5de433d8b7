import assert from 'node:assert/strict';
import { it } from 'node:test';
import { isSameTarget } from '../../../src/shared/same-target';

const cases: [string, string, boolean][] = [
  ['https://api.openai.com/v1', 'https://api.openai.com/v2/x', true],
  ['https://api.openai.com/v1', 'https://api.openai.com:443/v1', true],
  ['https://api.openai.com/v1', 'https://API.OpenAI.com/v1', true],
  ['https://api.openai.com/v1', 'http://api.openai.com/v1', false],
  ['https://api.openai.com/v1', 'https://api.openai.com:8443/v1', false],
  ['https://api.openai.com/v1', 'https://api.openai.com.evil.example/v1', false],
  ['https://api.openai.com/v1', 'https://api.openai.com@evil.example/v1', false],
  ['rtsp://cam/live', 'rtsp://cam:554/other', true],
  ['rtsp://cam/live', 'RTSP://CAM/live', true],
  ['rtsp://cam/live', 'rtsp://cam:8554/live', false],
  ['rtsp://cam/live', 'rtsps://cam/live', false],
  ['', '', false],
  ['nowhere', 'nowhere', false],
];
for (const [one, other, same] of cases) {
  it(`"${one}" and "${other}" are ${same ? 'the same server' : 'not the same server'}`, () => {
    assert.equal(isSameTarget(one, other), same);
    assert.equal(isSameTarget(other, one), same);
  });
}
