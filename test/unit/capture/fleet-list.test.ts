import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readFleetList } from '../../../src/capture/fleet-list';

const GATE = { name: 'Gate', url: 'rtsp://192.168.1.20/a', fps: '2' };

describe('the file of a list of cameras', () => {
  it('is a JSON array', () => {
    assert.deepEqual(readFleetList(JSON.stringify([GATE])), [GATE]);
  });

  it('is CSV with the names of the fields in its first line', () => {
    assert.deepEqual(readFleetList('name,url,fps\nGate,rtsp://192.168.1.20/a,2\n'), [GATE]);
  });

  it('comes out of a spreadsheet as well: byte order mark, semicolons, CRLF, empty lines', () => {
    const text = '\uFEFFname ; url;fps\r\nGate;rtsp://192.168.1.20/a;2\r\n;;\r\n\r\n';
    assert.deepEqual(readFleetList(text), [GATE]);
  });

  it('may have cells in quotes, with what else would end them', () => {
    const text = 'name,description,fps\n"Gate, ""north""","two\nlines",2\nB,,';
    assert.deepEqual(readFleetList(text), [
      { name: 'Gate, "north"', description: 'two\nlines', fps: '2' },
      { name: 'B', description: '', fps: '' },
    ]);
  });

  it('may be empty, and then there is no camera', () => {
    for (const text of ['', '  \n', '[]']) assert.deepEqual(readFleetList(text), []);
  });

  it('that is broken JSON is told without repeating it', () => {
    assert.throws(
      () => readFleetList('[{"name": "Gate", "password": "s3cret" oops}]'),
      (error: Error & { code: string; cause: object }) =>
        error.code === 'CAMERA_FLEET' && !JSON.stringify([error.message, error.cause]).includes('s3cret'),
    );
  });

  for (const text of ['{"name": "Gate"}', 'a,b\n1,2', 'no list at all']) {
    it(`cannot be ${JSON.stringify(text)}`, () => {
      assert.throws(() => readFleetList(text), { code: 'CAMERA_FLEET' });
    });
  }
});
