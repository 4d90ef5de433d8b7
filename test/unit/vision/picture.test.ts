import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { VisionError } from '../../../src/shared/errors';
import { pictureOf } from '../../../src/vision/picture';

const jpeg = Buffer.from([0xff, 0xd8, 0xff, 0xe0, 1]);
const png = Buffer.from('\x89PNG\r\n\x1a\n....', 'latin1');
const webp = Buffer.from('RIFF\0\0\0\0WEBPVP8 ', 'latin1');

describe('pictureOf', () => {
  it('takes the encoded picture before the payload', () => {
    assert.deepEqual(pictureOf({ picture: { data: png }, payload: jpeg }), { data: png, type: 'image/png' });
  });

  it('takes a Buffer payload for what its first bytes say', () => {
    assert.deepEqual(
      [jpeg, png, webp].map((payload) => pictureOf({ payload }).type),
      ['image/jpeg', 'image/png', 'image/webp'],
    );
  });

  it('takes a data URI', () => {
    const payload = `data:image/jpeg;base64,${jpeg.toString('base64')}`;
    assert.deepEqual(pictureOf({ payload }), { data: jpeg, type: 'image/jpeg' });
  });

  const wrong: [string, unknown][] = [
    ['nothing', undefined],
    ['text', 'hello'],
    ['an empty Buffer', Buffer.alloc(0)],
    ['raw pixels', Buffer.alloc(300)],
    ['a data URI that lies', `data:image/jpeg;base64,${Buffer.from('no picture').toString('base64')}`],
    ['an address', 'https://example.com/a.jpg'],
  ];
  for (const [name, payload] of wrong) {
    it(`refuses ${name}`, () => {
      assert.throws(
        () => pictureOf({ payload }),
        (error) => error instanceof VisionError && error.code === 'VISION_NO_PICTURE',
      );
    });
  }

  it('refuses a picture that no server takes', () => {
    const payload = Buffer.concat([jpeg, Buffer.alloc(20_000_000)]);
    assert.throws(
      () => pictureOf({ payload }),
      (error) => error instanceof VisionError && error.code === 'VISION_TOO_LARGE',
    );
  });
});
