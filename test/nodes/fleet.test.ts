import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { CameraWatch } from '../../nodes/lib/camera-watch';
import { Fleet, type FleetOptions } from '../../nodes/lib/fleet';
import { CameraError, type StageError } from '../../src/shared/errors';
import { FakeClock } from '../fixtures/fake-clock';

/** A fleet whose cameras only note what is done with them. */
function fleet(read: FleetOptions['read'] = null) {
  const clock = new FakeClock();
  const done: string[] = [];
  const errors: StageError[] = [];
  const made = new Fleet({
    clock,
    read,
    reader: () => (entry, id) => {
      if (entry.bad) throw new CameraError('CAMERA_URL', `It is bad: ${entry.bad}.`);
      const profile = { name: String(entry.name), description: '', timeZone: '' };
      const camera = { profile, session: null, still: null, problem: null };
      return { id, key: JSON.stringify(entry), camera };
    },
    watch: ({ id, camera }) =>
      ({
        camera,
        start: () => done.push(`start ${id}`),
        stop: () => done.push(`stop ${id}`),
        close: (atOnce: boolean) => done.push(`close ${id}${atOnce ? ' at once' : ''}`),
      }) as unknown as CameraWatch,
    onError: (error) => errors.push(error),
    onChange: () => {},
  });
  const since = () => done.splice(0);
  return { fleet: made, clock, since, errors };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('a fleet', () => {
  it('opens and closes only the cameras whose entries changed', () => {
    const { fleet: cameras, since } = fleet();
    cameras.give([{ name: 'A' }, { name: 'B' }, { name: 'C' }]);
    assert.deepEqual(since(), ['start A', 'start B', 'start C']);
    cameras.give([{ name: 'C', fps: 5 }, { name: 'A' }]);
    // The stream of C goes on where only what is around it has changed; nobody comes back for that of B.
    assert.deepEqual(since(), ['stop B', 'close B at once', 'close C', 'start C']);
    cameras.give([{ name: 'A' }, { name: 'C', fps: 5 }]);
    assert.deepEqual(since(), []);
  });

  it('finds a camera by its id first, and then by its name', () => {
    const { fleet: cameras } = fleet();
    cameras.give([
      { id: 'x', name: 'y' },
      { id: 'y', name: 'z' },
    ]);
    assert.equal(cameras.find('y')?.camera.profile.name, 'z');
    assert.equal(cameras.find('z')?.camera.profile.name, 'z');
    assert.equal(cameras.find('nobody'), null);
  });

  it('reads its list again every 30 s, and tells the same trouble once', async () => {
    const lists: unknown[][] = [
      [{ name: 'A' }, { name: 'B', bad: 'yes' }],
      [{ name: 'A' }, { name: 'B', bad: 'yes' }],
      [{ name: 'A' }, { name: 'B', bad: 'yes' }, { name: 'C', bad: 'too' }],
    ];
    const { fleet: cameras, clock, since, errors } = fleet(async () => lists.shift() ?? []);
    cameras.start();
    await settled();
    assert.deepEqual(since(), ['start A']);
    for (let n = 0; n < 2; n++) {
      clock.advance(30_000);
      await settled();
    }
    assert.deepEqual(since(), []);
    assert.deepEqual(
      errors.map(({ message }) => message),
      [
        'Entry 2 of the list, "B", cannot be used: It is bad: yes.',
        'Entry 3 of the list, "C", cannot be used: It is bad: too.',
      ],
    );
    cameras.close(false);
  });

  it('goes on with the last list where it cannot be read, and says so once', async () => {
    const answers = [() => [{ name: 'A' }], fail, fail, () => [{ name: 'A' }], fail];
    function fail(): never {
      throw new CameraError('CAMERA_FLEET', 'The list is not there.');
    }
    const { fleet: cameras, clock, since, errors } = fleet(async () => (answers.shift() ?? fail)());
    cameras.start();
    for (let n = 0; n < 4; n++) {
      await settled();
      clock.advance(30_000);
    }
    await settled();
    assert.deepEqual(since(), ['start A']);
    assert.equal(errors.length, 2, 'once, and once more after it was well in between');
    cameras.close(false);
  });

  it('tells all again where a user asks for it', async () => {
    const { fleet: cameras, errors } = fleet(async () => [{ name: 'B', bad: 'yes' }]);
    cameras.start();
    await settled();
    await cameras.reload();
    assert.equal(errors.length, 2);
    cameras.give([{ name: 'B', bad: 'yes' }]);
    assert.equal(errors.length, 3);
    cameras.close(false);
  });

  it('looks again at a list that came by message: what its entries refer to may have changed', async () => {
    const { fleet: cameras, clock, since } = fleet();
    cameras.start();
    cameras.give([{ name: 'A' }]);
    clock.advance(30_000);
    await settled();
    assert.deepEqual(since(), ['start A']);
    cameras.close(false);
  });

  it('that is closed opens nothing any more, and leaves no timer', async () => {
    let answer: (list: unknown[]) => void = () => {};
    const {
      fleet: cameras,
      clock,
      since,
    } = fleet(
      () =>
        new Promise((resolve) => {
          answer = resolve;
        }),
    );
    cameras.start();
    cameras.close(true);
    answer([{ name: 'A' }]);
    await settled();
    assert.deepEqual(since(), []);
    assert.equal(clock.pending, 0);
  });
});
