import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { DropCount } from '../../../src/encode/drops';

describe('DropCount', () => {
  it('counts frames by reason, and names no reason without any', () => {
    const drops = new DropCount();
    drops.add('too-old', 3);
    drops.add('busy');
    drops.add('busy', 2);
    drops.add('reset', 0);
    assert.deepEqual(drops.entries(), [
      ['busy', 3],
      ['too-old', 3],
    ]);
  });
});
