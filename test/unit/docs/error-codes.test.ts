import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';

const ROOT = join(__dirname, '../../..');
/** The stages that tell errors, and the hints about questions. A code is `STAGE_WHAT`. */
const CODE = /\b(?:CONFIG|INPUT|CAMERA|ENCODE|VISION|ALERT|STORE|PROMPT)_[A-Z][A-Z_]*[A-Z]\b/g;

function textOf(folders: string[], ending: string): string {
  return folders
    .flatMap((folder) =>
      readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
        .filter((name) => name.endsWith(ending))
        .map((name) => readFileSync(join(ROOT, folder, name), 'utf8')),
    )
    .join('\n');
}

/** Codes are texts in the code; names of constants are not. */
const inCode = new Set(
  [...textOf(['src', 'nodes'], '.ts').matchAll(/'([A-Z]+_[A-Z_]+)'/g)]
    .map(([, code = '']) => code)
    .filter((code) => code.match(CODE)?.[0] === code),
);
const inDocs = new Set(textOf(['docs'], '.md').match(CODE) ?? []);

describe('the codes of errors', () => {
  test('are many: the test finds them', () => {
    for (const code of ['CAMERA_AUTH', 'VISION_QUOTA', 'STORE_FULL', 'ALERT_UNKNOWN', 'INPUT_COMMAND'])
      assert.ok(inCode.has(code), code);
  });

  test('are all on a page of docs/, with what to do', () => {
    assert.deepEqual(
      [...inCode].filter((code) => !inDocs.has(code)),
      [],
    );
  });

  test('are all in the code: docs/ tells of none that can never come', () => {
    assert.deepEqual(
      [...inDocs].filter((code) => !inCode.has(code)),
      [],
    );
  });
});
