import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { NOT_REPRODUCED, NOTES, ROWS } from './catalogue';

/** Numbers of the rows that the tests of this folder have in their names. */
function testedRows(): Set<number> {
  const files = readdirSync(__dirname).filter((name) => name.endsWith('.test.ts'));
  const text = files.map((name) => readFileSync(join(__dirname, name), 'utf8')).join('\n');
  // Two names are made from a table of rows 2 and 3.
  const named = [...text.matchAll(/['`]#(\d\d) /g)].map(([, row]) => Number(row));
  return new Set([...named, ...(text.includes('`#0' + '$' + '{row} ') ? [2, 3] : [])]);
}

test('every row of the catalogue is tested, or listed with the reason why it is not', () => {
  const tested = testedRows();
  const rows = Array.from({ length: 45 }, (_, n) => n + 1);
  assert.deepEqual(Object.keys(ROWS).map(Number), rows);
  for (const row of rows) {
    assert.notEqual(tested.has(row), row in NOT_REPRODUCED, `row ${row}: tested or listed, and not both`);
  }
  for (const row of Object.keys(NOTES)) assert.ok(tested.has(Number(row)), `the note of row ${row}`);
});
