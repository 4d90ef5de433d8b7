import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Node } from 'node-red';
import { StatusLine } from '../../nodes/lib/status';
import { FakeClock } from '../fixtures/fake-clock';

function statusLine() {
  const clock = new FakeClock(0);
  const sent: (string | undefined)[] = [];
  const node = { status: ({ text }: { text?: string }) => sent.push(text) } as unknown as Node;
  return { clock, sent, line: new StatusLine(node, clock) };
}

test('a line is worded when it is sent: with each frame set, once a second asked for', () => {
  const { clock, sent, line } = statusLine();
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

test('a line that stays the same is worded once a second, too', () => {
  const { clock, sent, line } = statusLine();
  let worded = 0;
  for (let frame = 1; frame <= 50; frame++) {
    line.set('grey', 'ring', () => {
      worded += 1;
      return 'nothing';
    });
    clock.advance(50);
  }
  assert.deepEqual(sent, ['nothing']);
  assert.equal(worded, 3);
  line.close();
});
