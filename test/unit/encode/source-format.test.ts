import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { sourceFormat } from '../../../src/encode/source-format';
import { plainPicture } from './pictures';

describe('sourceFormat', () => {
  for (const format of ['jpeg', 'png', 'webp', 'gif', 'tiff', 'avif'] as const) {
    it(`knows ${format} by its first bytes`, async () => {
      const picture = await plainPicture({ width: 32, height: 16 }).toFormat(format).toBuffer();
      assert.equal(sourceFormat(picture), format);
    });
  }

  it('knows nothing else: no vector pictures, no PDF, no text, not even nothing', () => {
    for (const text of ['<svg xmlns="http://www.w3.org/2000/svg"/>', '%PDF-1.7', 'hello', '']) {
      assert.equal(sourceFormat(Buffer.from(text)), null, text);
    }
  });
});
