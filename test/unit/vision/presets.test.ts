import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { baseUrlProblem } from '../../../src/vision/base-url';
import { PRESETS, presets } from '../../../src/vision/presets';

it('the dialog fills in what the presets say', () => {
  const html = readFileSync(join(__dirname, '../../../nodes/vision-endpoint.html'), 'utf8');
  const table = /const presets = (\{[\s\S]*?\});/.exec(html)?.[1] ?? assert.fail('no table in the dialog');
  const inDialog = Object.entries(JSON.parse(table) as Record<string, Record<string, unknown>>);
  assert.deepEqual(
    Object.fromEntries(
      inDialog.map(([name, { baseUrl, needsKey, local }]) => [name, { baseUrl, needsKey, local }]),
    ),
    Object.fromEntries(
      PRESETS.map((name) => {
        const { baseUrl, needsKey, local } = presets[name];
        return [name, { baseUrl, needsKey, local }];
      }),
    ),
  );
  const select = /<select id="node-config-input-preset">[\s\S]*?<\/select>/.exec(html)?.[0] ?? '';
  const choices = [...select.matchAll(/<option value="(\w+)"/g)].map(([, name]) => name);
  assert.deepEqual(choices, [...PRESETS]);
});

it('the address of every preset can be used as it is', () => {
  for (const { baseUrl } of Object.values(presets))
    if (baseUrl !== '') assert.equal(baseUrlProblem(baseUrl), null);
});
