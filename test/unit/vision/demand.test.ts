import assert from 'node:assert/strict';
import { it } from 'node:test';
import { demandWarning } from '../../../src/vision/demand';

const minute = { spanMs: 60_000, slots: 16, latencyMs: 5000 };

it('more pictures than slots over latency can serve are told, with what that means for a camera', () => {
  const text = demandWarning({ ...minute, pictures: 12_000, cameras: 200 }) ?? '';
  assert.match(text, /200 cameras send 12000 pictures a minute, but 16 calls at once of 5\.0 s serve 192/);
  assert.match(text, /every 63 s/);
});

it('what can be served is not told, nor what nobody knows', () => {
  assert.equal(demandWarning({ ...minute, pictures: 192, cameras: 4 }), null);
  assert.equal(demandWarning({ ...minute, pictures: 12_000, cameras: 4, latencyMs: null }), null);
});
