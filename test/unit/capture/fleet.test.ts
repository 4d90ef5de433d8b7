import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  type FleetEntry,
  type FleetMember,
  fleetEntries,
  MAX_FLEET,
  planFleet,
} from '../../../src/capture/fleet';
import { CameraError, ConfigError } from '../../../src/shared/errors';

/** A camera whose address is all that decides. */
function read(entry: FleetEntry, id: string): FleetMember {
  const url = String(entry.url ?? '');
  if (url === '') throw new CameraError('CAMERA_URL', 'It has no address.', { advice: 'Give it one.' });
  if (url === 'odd') throw new ConfigError('CONFIG_INVALID', 'Its fps is wrong.');
  return { id, key: url };
}

const plan = (before: FleetMember[], entries: unknown[]) => planFleet(before, entries, read);
const ids = (members: FleetMember[]) => members.map(({ id }) => id);

describe('a list of cameras', () => {
  it('starts all of a first list, in its order', () => {
    const { start, stop, keep, problems } = plan(
      [],
      [
        { name: 'B', url: '1' },
        { name: 'A', url: '2' },
      ],
    );
    assert.deepEqual([ids(start), stop, keep, problems], [['B', 'A'], [], [], []]);
  });

  it('touches only what has changed: also where the order is another', () => {
    const before = [
      { id: 'A', key: '1' },
      { id: 'B', key: '2' },
      { id: 'C', key: '3' },
    ];
    const entries = [
      { id: 'D', url: '4' },
      { id: 'C', url: 'new' },
      { id: 'A', url: '1' },
    ];
    const { start, stop, keep } = plan(before, entries);
    assert.deepEqual([ids(start), ids(stop), ids(keep)], [['D', 'C'], ['B', 'C'], ['A']]);
    assert.equal(keep[0], before[0], 'the one that runs, not its double');
  });

  it('takes the name for the id where there is none, and keeps the id when the name changes', () => {
    assert.deepEqual(ids(plan([], [{ name: 'Gate', url: '1' }]).start), ['Gate']);
    assert.deepEqual(ids(plan([], [{ id: 7, name: 'Gate', url: '1' }]).start), ['7']);
  });

  it('stops a camera whose entry has become unusable, and says why', () => {
    const { stop, problems } = plan([{ id: 'A', key: '1' }], [{ name: 'A', url: '' }]);
    assert.deepEqual(ids(stop), ['A']);
    assert.deepEqual(
      problems.map(({ entry, name, error }) => [entry, name, error.code, error.message, error.cause.advice]),
      [
        [
          1,
          'A',
          'CAMERA_FLEET',
          'Entry 1 of the list, "A", cannot be used: It has no address.',
          'Give it one.',
        ],
      ],
    );
  });

  /** What is wrong · entry · what is said. */
  const BAD: [string, unknown, RegExp][] = [
    ['is no object', 'rtsp://cam', /^Entry 2 of the list cannot be used: It is not an object/],
    ['is a list', [], /not an object/],
    ['is null', null, /not an object/],
    ['has no name', { url: '1' }, /neither a name nor an id/],
    ['has an object for a name', { name: {}, url: '1' }, /neither a name nor an id/],
    ['holds a password', { name: 'X', url: '1', password: 's3cret' }, /"X", cannot .* holds a password/],
    ['holds a user', { name: 'X', url: '1', user: 'admin' }, /holds a user/],
    ['names a program', { name: 'X', url: '1', ffmpegPath: '/bin/sh' }, /names an ffmpeg/],
    ['has the id of another', { name: 'X', id: 'A', url: '1' }, /The id "A" is there twice/],
    ['has a wrong setting', { name: 'X', url: 'odd' }, /Its fps is wrong/],
  ];
  for (const [what, bad, message] of BAD) {
    it(`leaves out an entry that ${what}, and runs the rest`, () => {
      const { start, problems } = plan([], [{ name: 'A', url: '1' }, bad, { name: 'C', url: '3' }]);
      assert.deepEqual(ids(start), ['A', 'C']);
      assert.deepEqual(
        [problems.length, problems[0]?.entry, problems[0]?.error.code],
        [1, 2, 'CAMERA_FLEET'],
      );
      assert.match(problems[0]?.error.message ?? '', message);
      assert.doesNotMatch(JSON.stringify(problems), /s3cret/);
    });
  }

  it('runs the first 500 of a longer one, and says so', () => {
    const entries = Array.from({ length: MAX_FLEET + 3 }, (_, n) => ({ name: `n${n}`, url: '1' }));
    const { start, problems } = plan([], entries);
    assert.equal(start.length, 500);
    assert.match(problems[0]?.error.message ?? '', /503 cameras; only the first 500/);
  });

  it('must be a list', () => {
    assert.deepEqual(fleetEntries([]), []);
    for (const value of [undefined, null, {}, 'x', 5]) {
      assert.throws(() => fleetEntries(value), { code: 'CAMERA_FLEET' });
    }
  });
});
