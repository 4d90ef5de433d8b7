import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import sharp from 'sharp';
import { labelsSvg } from '../../../src/encode/time-label';

/** Draws labels and tells which columns and rows of pixels they touch. */
async function drawn(cell: { width: number; height: number }, text: string) {
  const svg = labelsSvg(cell, cell, [{ left: 0, top: 0, text }]);
  const { data, info } = await sharp(svg).ensureAlpha().raw().toBuffer({ resolveWithObject: true });
  let right = 0;
  let bottom = 0;
  let white = 0;
  for (let i = 0; i < data.length; i += 4) {
    if ((data[i + 3] as number) < 128) continue;
    right = Math.max(right, (i / 4) % info.width);
    bottom = Math.max(bottom, Math.floor(i / 4 / info.width));
    if ((data[i] as number) > 200) white += 1;
  }
  return { right, bottom, white, info };
}

describe('labelsSvg', () => {
  it('draws every figure of a time, and each one differently', async () => {
    const pixels = new Set<string>();
    for (const character of '0123456789-: ') {
      const svg = labelsSvg({ width: 40, height: 400 }, { width: 400, height: 400 }, [
        { left: 0, top: 0, text: character },
      ]);
      pixels.add((await sharp(svg).raw().toBuffer()).toString('base64'));
    }
    assert.equal(pixels.size, 13);
  });

  it('needs no font', () => {
    const svg = labelsSvg({ width: 9, height: 9 }, { width: 9, height: 9 }, [
      { left: 0, top: 0, text: '12:00' },
    ]);
    assert.doesNotMatch(svg.toString(), /<text|font/);
  });

  it('stays within a narrow cell', async () => {
    const { right, info } = await drawn({ width: 60, height: 300 }, '2026-11-22 08:12:05');
    assert.ok(right < info.width);
    assert.ok(right > 0.9 * (info.width - 1), `the label uses the room that there is: ${right}`);
  });

  it('is at least 9 pixels high where the cell has room for it, and covers little of a large one', async () => {
    const small = await drawn({ width: 213, height: 120 }, '2026-11-22 08:12:05');
    assert.ok(small.bottom >= 9, `${small.bottom}`);
    const large = await drawn({ width: 1920, height: 1080 }, '2026-11-22 08:12:05');
    assert.ok(large.bottom <= 0.05 * 1080, `${large.bottom}`);
    assert.ok(large.white > 500);
  });
});
