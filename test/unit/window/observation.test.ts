import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ruleKey } from '../../../src/shared/rule-key';
import { type Answer, observationOf } from '../../../src/window/observation';
import { visionInfo } from '../../fixtures/vision-info';

const VISION = visionInfo({ confidence: 0.7, rule: 'ppe' });

function read(changes: Partial<Answer> = {}, minConfidence = 0) {
  const answer: Answer = {
    camera: 'cam-1',
    topic: 'Gate',
    payload: { reason: 'no\u0007 helmet\n' },
    frame: { id: 'f1', time: 5000, age: 100 },
    vision: VISION,
    selection: undefined,
    ...changes,
  };
  return observationOf(answer, minConfidence, 777);
}

describe('an answer as an observation', () => {
  it('has the time and the id of its frame', () => {
    const { id, observation, subject, latencyMs, reason } = read();
    assert.equal(id, 'f1');
    assert.deepEqual(observation, { t: 5000, verdict: 'yes', confidence: 0.7, paced: true, unseen: false });
    assert.deepEqual(subject, {
      key: 'cam-1/ppe',
      camera: 'cam-1',
      rule: 'ppe',
      name: '',
      topic: 'Gate',
      profile: null,
    });
    assert.equal(latencyMs, 1000);
    assert.equal(reason, 'no helmet');
  });

  it('is of now where its frame has no time that a date can be made of', () => {
    for (const time of [undefined, Number.NaN, 1e300, '5' as unknown as number]) {
      assert.equal(read({ frame: { time } }).observation.t, 777);
    }
  });

  it('counts as unknown where the model is not sure enough', () => {
    assert.equal(read({}, 0.7).observation.verdict, 'yes');
    assert.equal(read({}, 0.71).observation.verdict, 'unknown');
    assert.equal(read({ vision: { ...VISION, confidence: null } }, 0.9).observation.verdict, 'yes');
  });

  it('is refused where there is no verdict', () => {
    const prose = { ...VISION, verdict: 'Yes, there is' as 'yes' };
    for (const vision of [undefined, prose])
      assert.throws(() => read({ vision }), { code: 'INPUT_NO_VERDICT' });
  });
});

describe('the key of a rule', () => {
  it('is readable', () => assert.equal(ruleKey('Gate 2', 'loitering'), 'Gate 2/loitering'));

  it('has one slash, is bounded, and differs for what differs', () => {
    const keys = [
      ['a/b', 'c'],
      ['a-b', 'c'],
      ['a', 'b/c'],
      ['x'.repeat(500), 'c'],
      [`${'x'.repeat(500)}y`, 'c'],
    ].map(([camera = '', rule = '']) => ruleKey(camera, rule));
    assert.equal(new Set(keys).size, keys.length);
    for (const key of keys) assert.match(key, /^[^/]{1,80}\/[^/]{1,80}$/);
  });
});
