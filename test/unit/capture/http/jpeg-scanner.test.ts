import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { JpegScanner, MAX_PICTURE_BYTES } from '../../../../src/capture/http/jpeg-scanner';
import { fakeJpeg } from './relay-bench';

function scan(scanner: JpegScanner, bytes: Buffer, chunkBytes: number): Buffer[] {
  const found: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += chunkBytes) {
    found.push(...scanner.push(bytes.subarray(at, at + chunkBytes)));
  }
  return found;
}

describe('JpegScanner', () => {
  const [first, second] = [fakeJpeg(1), fakeJpeg(2, 300)];

  for (const chunkBytes of [1, 7, 64, 100_000]) {
    it(`finds each picture whole, whatever is between, in chunks of ${chunkBytes}`, () => {
      const junk = Buffer.from('\r\n--x\r\nContent-Length: 5\r\n\r\n');
      const bytes = Buffer.concat([junk, first, junk, second, first]);
      assert.deepEqual(scan(new JpegScanner(), bytes, chunkBytes), [first, second, first]);
    });
  }

  it('gives a picture with its last byte, not with the beginning of the next', () => {
    const scanner = new JpegScanner();
    assert.equal(scanner.push(first.subarray(0, -1)).length, 0);
    assert.deepEqual(scanner.push(first.subarray(-1)), [first]);
  });

  it('leaves a picture out that was cut off, and finds the next', () => {
    for (const cut of [3, 10, 20, 150, first.length - 1]) {
      // A cut segment may seem to be up to 64 KiB long.
      const rest = Array<Buffer>(120).fill(second);
      const bytes = Buffer.concat([first.subarray(0, cut), Buffer.from('\r\n--x\r\n\r\n'), ...rest]);
      const found = scan(new JpegScanner(), bytes, 50);
      assert.deepEqual(found.at(-1), second, `cut at ${cut}`);
    }
  });

  it('counts what is no picture, and anew after each picture', () => {
    const scanner = new JpegScanner();
    scanner.push(Buffer.alloc(1000, 0x20));
    assert.equal(scanner.skipped, 998);
    scanner.push(first);
    assert.equal(scanner.skipped, 0);
  });

  it('gives up a picture without end', () => {
    const scanner = new JpegScanner();
    scanner.push(first.subarray(0, 100));
    for (let bytes = 0; bytes <= MAX_PICTURE_BYTES; bytes += 1_000_000) {
      scanner.push(Buffer.alloc(1_000_000, 0x55));
    }
    assert.ok(scanner.skipped > MAX_PICTURE_BYTES);
    assert.deepEqual(scanner.push(first), [first]);
  });
});
