import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Node } from 'node-red';
import { StatusLine } from '../../nodes/lib/status';
import { FakeClock } from '../fixtures/fake-clock';

test('a line is worded when it is sent: with each frame set, once a second asked for', () => {
  const clock = new FakeClock(0);
  const sent: (string | undefined)[] = [];
  const node = { status: ({ text }: { text?: string }) => sent.push(text) } as unknown as Node;
  const line = new StatusLine(node, clock);
  let worded = 0;
  for (let frame = 1; frame <= 50; frame++) {
    line.set('green', 'dot', () => {
      worded += 1;
      return `${frame} frames`;
    });
    clock.advance(50);
  }
  assert.deepEqual(sent, ['1 frames', '20 frames', '40 frames']);
  assert.equal(worded, 3);
  line.close();
  clock.advance(5000);
  assert.deepEqual(sent.at(-1), undefined);
  assert.equal(worded, 3);
});
