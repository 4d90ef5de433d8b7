import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';

import visionLlm = require('../../nodes/vision-llm');

import { GUARD_HEADER } from '../../nodes/lib/guarded-endpoint';
import type { NodeFinding } from '../../src/vision/node-lint';
import { catalogText } from '../fixtures/node-html';
import { helper, useServer } from '../fixtures/test-helper';

/** The part of supertest that is used. */
interface Asked {
  set(headers: Record<string, string>): Asked;
  send(body: object): Promise<{ status: number; body: { hints: NodeFinding[] } }>;
}

useServer();
beforeEach(() => helper.load([visionLlm], []));
afterEach(() => helper.unload());

async function hints(typed: object, headers: Record<string, string> = { [GUARD_HEADER]: '1' }) {
  const { request } = helper as unknown as { request(): { post(path: string): Asked } };
  return request
    .call(helper)
    .post('/video-to-llm/vision-llm/hints')
    .set({ 'sec-fetch-site': 'same-origin', ...headers })
    .send(typed);
}
const codesOf = async (typed: object) =>
  (await hints(typed)).body.hints.map(({ rule, code }) => `${rule} ${code}`);

describe('the hints in the dialog of vision-llm', () => {
  it('are those about what is typed, and have a text in the catalog', async () => {
    const prompt = 'Is the gate not closed? Is a person in zone B? Answer yes or no.';
    const found = await codesOf({ asks: 'one', rule: 'gate', prompt, zones: ['A: 0,0 1,0 1,1', ''] });
    assert.deepEqual(found, [
      'gate PROMPT_TWO_QUESTIONS',
      'gate PROMPT_NEGATED',
      'gate PROMPT_NO_UNKNOWN',
      'gate PROMPT_UNKNOWN_ZONE',
    ]);
    for (const code of found.map((one) => one.split(' ')[1]))
      assert.match(String(catalogText('vision-llm', `vision-llm.hint.${code}`)), /\.$/, code);
  });

  it('are those about each question of a list', async () => {
    const questions = JSON.stringify([
      { name: 'smoke', text: 'Is there smoke?', type: 'yesno' },
      { name: 'gate', text: 'Is there no guard?', type: 'yesno' },
    ]);
    assert.deepEqual(await codesOf({ asks: 'list', questions, prompt: 'Is it not?' }), [
      'gate PROMPT_NEGATED',
    ]);
  });

  it('look for no zone where zones may come by message', async () => {
    assert.deepEqual(await codesOf({ prompt: 'Is a person in zone B?', zones: null }), []);
    assert.deepEqual(await codesOf({ prompt: 'Is a person in zone B?' }), []);
  });

  it('are not given to another page', async () => {
    assert.equal((await hints({ prompt: 'Is it?' }, {})).status, 403);
  });
});
