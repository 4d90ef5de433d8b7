import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { commonPictureType, pictureType } from '../../../src/shared/picture';
import { plainPicture } from '../encode/pictures';

describe('pictureType', () => {
  for (const format of ['jpeg', 'png', 'webp', 'gif', 'tiff', 'avif'] as const) {
    it(`knows ${format} by its first bytes, and whether every model takes it`, async () => {
      const picture = await plainPicture({ width: 32, height: 16 }).toFormat(format).toBuffer();
      assert.equal(pictureType(picture), `image/${format}`);
      const common = ['jpeg', 'png', 'webp'].includes(format) ? `image/${format}` : null;
      assert.equal(commonPictureType(picture), common);
    });
  }

  it('knows nothing else: no vector pictures, no PDF, no text, not even nothing', () => {
    for (const text of ['<svg xmlns="http://www.w3.org/2000/svg"/>', '%PDF-1.7', 'hello', '']) {
      assert.equal(pictureType(Buffer.from(text)), null, text);
    }
  });
});
