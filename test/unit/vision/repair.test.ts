import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { VisionError } from '../../../src/shared/errors';
import type { Usage } from '../../../src/shared/messages';
import type { CallResult } from '../../../src/vision/call';
import { type Answered, Repairs } from '../../../src/vision/repair';

const TIMEOUT_MS = 45_000;
const bill: Usage = { input: 400, output: 40 };
const failed: CallResult = {
  ...{ kind: 'failed', error: new VisionError('VISION_TIMEOUT', 'No answer.'), standing: false },
  ...{ latencyMs: 300, attempts: 1 },
};

describe('Repairs', () => {
  it('leaves an answer alone in which nothing is wrong, or nothing that asking again can mend', async () => {
    for (const text of ['', 'refused']) {
      const first = answered(text);
      assert.equal(await ask(new Repairs(), first, answered('')).result, first);
    }
  });

  it('takes the second answer where less of it is wrong, with time, attempts and usage of both', async () => {
    const { result } = ask(new Repairs(), answered('xx'), answered('x'));
    assert.deepEqual(await result, {
      ...answered('x', { input: 800, output: 80 }),
      ...{ latencyMs: 400, attempts: 2 },
    });
  });

  for (const [name, second] of [
    ['no better', answered('xx')],
    ['a refusal', answered('refused')],
  ] as const) {
    it(`stays with the first answer where the second is ${name}, and counts what both took`, async () => {
      const { result } = ask(new Repairs(), answered('xx'), second);
      const usage = { input: 800, output: 80 };
      assert.deepEqual(await result, { ...answered('xx', usage), latencyMs: 400, attempts: 2 });
    });
  }

  it('stays with the first answer where no second one comes', async () => {
    const { result } = ask(new Repairs(), answered('xx'), failed);
    assert.deepEqual(await result, { ...answered('xx'), latencyMs: 500, attempts: 2 });
  });

  it('asks within the time that is left, and not where too little is', async () => {
    const late = (latencyMs: number) => ask(new Repairs(), { ...answered('x'), latencyMs }, answered(''));
    const enough = late(40_000);
    await enough.result;
    assert.deepEqual(enough.asked, [5_000]);
    const little = late(44_500);
    await little.result;
    assert.deepEqual(little.asked, []);
  });

  it('gives a model up after three repairs that were no use, until it is right by itself', async () => {
    const repairs = new Repairs();
    const counts: number[] = [];
    for (const text of ['x', 'x', 'x', 'x', '', 'x']) {
      const { result, asked } = ask(repairs, answered(text), answered('x'));
      await result;
      counts.push(asked.length);
    }
    assert.deepEqual(counts, [1, 1, 1, 0, 0, 1]);
  });

  it('counts each model by itself, and forgets them where there are too many', async () => {
    const repairs = new Repairs();
    const fails = async (model: string) => {
      const { result, asked } = ask(repairs, answered('x'), answered('x'), model);
      await result;
      return asked.length;
    };
    for (let i = 0; i < 3; i++) await fails('bad');
    assert.deepEqual([await fails('bad'), await fails('other')], [0, 1]);
    for (let i = 0; i < 100; i++) await fails(`made up ${i}`);
    assert.equal(await fails('bad'), 1);
  });
});

/** Each x in the text is an answer that is off its form; a refusal is one that is wrong for good. */
function flaws({ text }: { text: string }) {
  if (text === 'refused') return { count: 9, mayHelp: false };
  return { count: text.length, mayHelp: text.length > 0 };
}

function ask(repairs: Repairs, first: Answered, second: CallResult, model = 'm') {
  const asked: number[] = [];
  const askAgain = async (leftMs: number) => {
    asked.push(leftMs);
    return second;
  };
  const parts = { flaws, askAgain };
  return { result: repairs.of(first, model, TIMEOUT_MS, parts), asked };
}

function answered(text: string, usage = bill): Answered {
  const reply = { text, finish: 'stop' as const, refusal: null, model: 'm', usage };
  return { kind: 'answered', reply, latencyMs: 200, attempts: 1 };
}
