import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Encoder, type Outcome } from '../../../src/encode/encoder';
import type { Picture } from '../../../src/shared/messages';
import { frameOf } from './pictures';

const PICTURE: Picture = {
  data: Buffer.alloc(0),
  type: 'image/jpeg',
  width: 1,
  height: 1,
  bytes: 0,
  tokens: 1,
  masked: false,
};

/** An encoder whose pictures are finished by hand. */
function encoderByHand() {
  const running: { resolve(picture: Picture): void; reject(error: unknown): void }[] = [];
  const outcomes: string[] = [];
  const encoder = new Encoder<string>({
    maxRunning: 1,
    maxWaiting: 10,
    encode: () => new Promise((resolve, reject) => running.push({ resolve, reject })),
    onOutcome: (outcome) => outcomes.push(inWords(outcome)),
  });
  const push = (about: string) =>
    encoder.push({ camera: about.charAt(0), urgent: false, frames: [frameOf(Buffer.alloc(0))], about });
  return { encoder, push, running, outcomes };
}

function inWords(outcome: Outcome<string>): string {
  if (outcome.type === 'failed') return `${outcome.about} failed: ${outcome.error.message}`;
  return outcome.type === 'dropped' ? `${outcome.about} ${outcome.reason}` : `${outcome.about} made`;
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('Encoder', () => {
  it('makes pictures one after the other and tells each outcome once', async () => {
    const { push, running, outcomes } = encoderByHand();
    for (const about of ['a1', 'a2', 'a3']) push(about);
    assert.equal(running.length, 1);
    running[0]?.resolve(PICTURE);
    await settled();
    assert.equal(running.length, 2);
    running[1]?.resolve(PICTURE);
    await settled();
    assert.deepEqual(outcomes, ['a2 busy', 'a1 made', 'a3 made']);
  });

  it('goes on after a picture that failed, whatever was thrown', async () => {
    const { push, running, outcomes } = encoderByHand();
    push('a1');
    push('b1');
    running[0]?.reject('not an Error');
    await settled();
    running[1]?.resolve(PICTURE);
    await settled();
    assert.deepEqual(outcomes, ['a1 failed: not an Error', 'b1 made']);
  });

  it('ends every job when it is stopped, waits for what runs, and tells nothing afterwards', async () => {
    const { encoder, push, running, outcomes } = encoderByHand();
    push('a1');
    push('a2');
    let stopped = false;
    const stopping = encoder.stop(new AbortController().signal).then(() => {
      stopped = true;
    });
    assert.deepEqual(outcomes, ['a1 stopped', 'a2 stopped']);
    await settled();
    assert.equal(stopped, false);
    running[0]?.resolve(PICTURE);
    await stopping;
    push('a3');
    assert.deepEqual(outcomes, ['a1 stopped', 'a2 stopped', 'a3 stopped']);
    assert.equal(running.length, 1);
  });

  it('stops waiting for a picture that hangs when told', async () => {
    const { encoder, push } = encoderByHand();
    push('a1');
    const abort = new AbortController();
    const stopping = encoder.stop(abort.signal);
    abort.abort();
    await stopping;
  });
});
