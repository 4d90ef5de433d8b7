import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { gateEventOf, type Report } from '../../../src/alert/finding';
import type { WindowInfo } from '../../../src/shared/messages';

const EMPTY: Report = {
  camera: 'gate',
  topic: 'Gate 2',
  payload: undefined,
  frame: undefined,
  vision: undefined,
  window: undefined,
};

describe('a message for the gate', () => {
  it('without a window or an answer is an error that says what to wire', () => {
    for (const window of [undefined, {}, { state: 'firing' }, { state: 'on', key: 'a/b' }]) {
      const report = { ...EMPTY, window: window as WindowInfo | undefined };
      assert.throws(() => gateEventOf(report, 0), { code: 'INPUT_NO_WINDOW' });
    }
  });

  it('is read even where a window came over the net with odd values', () => {
    const window = { state: 'firing', key: 'a/b', since: 1e300, time: 'x', heldMs: null, reason: 7 };
    const event = gateEventOf({ ...EMPTY, window: window as unknown as WindowInfo }, 1234);
    assert.equal(event?.finding.since, null);
    assert.equal(event?.finding.time, 1234);
    assert.equal(event?.finding.camera, 'gate');
  });

  it('takes the name of the camera from its profile, else the topic, else the id', () => {
    const name = (changes: Partial<Report>) => {
      const window = { state: 'firing', key: 'gate/r', camera: 'gate', rule: 'r' } as WindowInfo;
      return gateEventOf({ ...EMPTY, window, ...changes }, 0)?.finding.cameraName;
    };
    const profile = { name: 'Main gate', description: '', timeZone: 'nowhere' };
    assert.equal(name({ frame: { profile } }), 'Main gate');
    assert.equal(name({}), 'Gate 2');
    assert.equal(name({ topic: undefined }), 'gate');
  });
});
