import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { sourceFrame } from '../../../src/encode/source-frame';
import { EncodeError } from '../../../src/shared/errors';
import { plainPicture } from './pictures';

const NOW = 1_700_000_000_000;
const profile = (timeZone: string) => ({ name: 'Gate', description: '', timeZone });
const jpeg = () => plainPicture({}).jpeg().toBuffer();

describe('sourceFrame', () => {
  it('takes time, time zone and masks from the frame', async () => {
    const frame = sourceFrame(
      await jpeg(),
      { time: 5000, masked: true, profile: profile('Asia/Tokyo') },
      undefined,
      NOW,
    );
    assert.equal(frame.time, 5000);
    assert.equal(frame.timeZone, 'Asia/Tokyo');
    assert.equal(frame.masked, true);
    assert.equal(frame.urgent, false);
  });

  it('takes a picture that nothing is known about as made now, in the time zone of the machine', async () => {
    const data = await jpeg();
    assert.deepEqual(sourceFrame(data, undefined, undefined, NOW), {
      data,
      time: NOW,
      timeZone: '',
      masked: false,
      urgent: false,
    });
  });

  it('takes a time that is beyond every calendar as none', async () => {
    for (const time of [1e300, 1.7e18, Number.NaN, Number.POSITIVE_INFINITY]) {
      assert.equal(sourceFrame(await jpeg(), { time }, undefined, NOW).time, NOW, String(time));
    }
  });

  it('uses the time zone of the machine where the camera names one that does not exist', async () => {
    assert.equal(sourceFrame(await jpeg(), { profile: profile('Mars/North') }, undefined, NOW).timeZone, '');
  });

  it('holds frames that start or end an event or answer a probe for urgent, and no others', async () => {
    const data = await jpeg();
    const urgent = (['start', 'motion', 'scene', 'interval', 'end', 'heartbeat', 'probe'] as const).filter(
      (reason) => sourceFrame(data, undefined, { reason }, NOW).urgent,
    );
    assert.deepEqual(urgent, ['start', 'end', 'probe']);
  });

  it('tells ENCODE_NOT_IMAGE for whatever is no picture', () => {
    for (const payload of [undefined, null, 'data:image/jpeg;base64,/9j/', 7, {}, [], Buffer.from('text')]) {
      assert.throws(
        () => sourceFrame(payload, undefined, undefined, NOW),
        (error) =>
          error instanceof EncodeError && error.code === 'ENCODE_NOT_IMAGE' && error.cause.advice !== '',
        String(payload),
      );
    }
  });
});
