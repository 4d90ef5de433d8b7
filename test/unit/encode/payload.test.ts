import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { payloadOf } from '../../../src/encode/payload';

const data = Buffer.from([0xff, 0xd8, 0xff]);
const picture = { data, type: 'image/jpeg', width: 1, height: 1, bytes: 3, tokens: 1, masked: false };

describe('payloadOf', () => {
  it('gives the Buffer itself, base64 text, or a data URI', () => {
    assert.equal(payloadOf(picture, 'buffer'), data);
    assert.equal(payloadOf(picture, 'base64'), '/9j/');
    assert.equal(payloadOf(picture, 'datauri'), 'data:image/jpeg;base64,/9j/');
  });

  it('gives a list where several pictures are sent apart', () => {
    const several = { ...picture, series: [picture, picture] };
    assert.deepEqual(payloadOf(several, 'base64'), ['/9j/', '/9j/']);
  });
});
