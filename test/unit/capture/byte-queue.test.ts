import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ByteQueue } from '../../../src/capture/byte-queue';

test('bytes are taken in other pieces than they came, in order', () => {
  const queue = new ByteQueue();
  for (const text of ['ab', '', 'cdef', 'g']) queue.push(Buffer.from(text));
  assert.equal(queue.length, 7);
  assert.equal(queue.take(3)?.toString(), 'abc');
  assert.equal(queue.take(1)?.toString(), 'd');
  assert.equal(queue.length, 3);
  assert.equal(queue.take(3)?.toString(), 'efg');
  assert.equal(queue.length, 0);
});

test('nothing is taken while too little is there', () => {
  const queue = new ByteQueue();
  queue.push(Buffer.from('ab'));
  assert.equal(queue.take(3), null);
  assert.equal(queue.length, 2);
  queue.push(Buffer.from('c'));
  assert.equal(queue.take(3)?.toString(), 'abc');
});

test('what is taken has memory of its own, so that a later write to the pipe buffer does not change it', () => {
  const queue = new ByteQueue();
  const chunk = Buffer.from('abcd');
  queue.push(chunk);
  const taken = queue.take(2);
  chunk.fill('x');
  assert.equal(taken?.toString(), 'ab');
  assert.equal(taken?.buffer.byteLength, 2, 'no larger pool is kept alive by a small picture');
});
