import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type OpeningEvent,
  type OpeningOutput,
  type OpeningState,
  openings,
} from '../../../src/capture/opening';
import { DeciderDrive } from '../../fixtures/decider-drive';

const SECOND = 1000;
const MINUTE = 60 * SECOND;

/** With words for what happens to an opening. */
class Drive extends DeciderDrive<OpeningState, OpeningEvent, OpeningOutput> {
  constructor(cores = 2) {
    super(openings(cores), 1_000_000);
  }

  ask(id: number, host = 'nvr', login = '', byUser = false): this {
    return this.event({ type: 'ask', id, host, login, byUser });
  }

  ended(id: number, code: 'CAMERA_BUSY' | 'CAMERA_AUTH' | 'CAMERA_LOST' | null = null): this {
    return this.event({ type: 'ended', id, code });
  }

  settled(id: number): this {
    return this.event({ type: 'settled', id });
  }

  /** Ids that came out with this type since the last time. */
  taken(type: OpeningOutput['type']): number[] {
    const ids = this.outputs.filter((output) => output.type === type).map(({ id }) => id);
    this.outputs = this.outputs.filter((output) => output.type !== type);
    return ids;
  }

  judged(): { code: string; waitMs: number } | null {
    const found = this.outputs.find((output) => output.type === 'judged');
    this.outputs = [];
    return found?.type === 'judged' ? { code: found.code, waitMs: found.waitMs } : null;
  }
}

test('two cameras of a host open at once, the next ones in their order as these get to their video', () => {
  const it = new Drive();
  for (const id of [1, 2, 3, 4]) it.ask(id);
  assert.deepEqual(it.taken('grant'), [1, 2]);
  it.settled(2);
  assert.deepEqual(it.taken('grant'), [3]);
  it.ended(1, 'CAMERA_LOST');
  assert.deepEqual(it.taken('grant'), [4]);
});

test('hosts do not wait for each other, and recordings for nobody', () => {
  const it = new Drive().ask(1, 'a').ask(2, 'a').ask(3, 'b').ask(4, '').ask(5, '').ask(6, '');
  assert.deepEqual(it.taken('grant'), [1, 2, 3, 4, 5, 6]);
});

test('one that has not come to its video after 15 s keeps nobody back', () => {
  const it = new Drive().ask(1).ask(2).ask(3);
  it.taken('grant');
  it.pass(15 * SECOND - 1);
  assert.deepEqual(it.taken('grant'), []);
  it.pass(1);
  assert.deepEqual(it.taken('grant'), [3]);
});

test('a host without a session left is asked by nobody for 65 s, then by one at a time until one succeeds', () => {
  const it = new Drive().ask(1).ended(1, 'CAMERA_BUSY').ask(2).ask(3).ask(4).ask(5, 'other');
  assert.deepEqual(it.taken('grant'), [1, 5]);
  it.pass(65 * SECOND - 1);
  assert.deepEqual(it.taken('grant'), []);
  it.pass(1);
  assert.deepEqual(it.taken('grant'), [2]);
  it.settled(2);
  assert.deepEqual(it.taken('grant'), [3, 4]);
});

test('a login that has never worked is tried by one camera at a time', () => {
  const it = new Drive().ask(1, 'nvr', 'L').ask(2, 'nvr', 'L').ask(3, 'nvr', 'other');
  assert.deepEqual(it.taken('grant'), [1, 3]);
  it.settled(1);
  assert.deepEqual(it.taken('grant'), [2]);
});

test('sixteen channels with a wrong password make one try in five minutes, then fewer up to one an hour', () => {
  const it = new Drive();
  const tries: number[] = [];
  let next = 0;
  const askAll = () => {
    for (let channel = 0; channel < 16; channel++) it.ask(++next, 'nvr', 'L');
  };
  const start = it.now;
  while (it.now - start < 4 * 60 * MINUTE) {
    askAll();
    for (const id of it.taken('grant')) {
      tries.push((it.now - start) / MINUTE);
      it.ended(id, 'CAMERA_AUTH');
    }
    assert.equal(it.state?.openings.length, 0, 'those behind it are refused, not kept');
    it.pass(MINUTE);
  }
  assert.deepEqual(tries, [0, 5, 15, 35, 75, 135, 195]);
});

test('those that are refused hear for how long', () => {
  const it = new Drive().ask(1, 'nvr', 'L').ended(1, 'CAMERA_AUTH');
  assert.deepEqual(it.judged(), { code: 'CAMERA_AUTH', waitMs: 5 * MINUTE });
  it.pass(MINUTE).ask(2, 'nvr', 'L');
  assert.deepEqual(it.outputs, [{ type: 'refuse', id: 2, waitMs: 4 * MINUTE }]);
});

test('a user who asks is let in at once, and another login too', () => {
  const it = new Drive().ask(1, 'nvr', 'L').ended(1, 'CAMERA_AUTH').ask(2, 'nvr', 'L', true);
  assert.deepEqual(it.taken('grant'), [1, 2]);
  it.ended(2, 'CAMERA_AUTH').ask(3, 'nvr', 'new');
  assert.deepEqual(it.taken('grant'), [3]);
});

test('a password that worked within the hour and is refused twice means: no session left', () => {
  const it = new Drive().ask(1, 'nvr', 'L').settled(1).ended(1, 'CAMERA_LOST');
  for (const id of [2, 3]) {
    it.ask(id, 'nvr', 'L').ended(id, 'CAMERA_AUTH');
    assert.deepEqual(it.judged(), { code: 'CAMERA_BUSY', waitMs: 65 * SECOND });
    it.pass(65 * SECOND);
  }
  it.ask(4, 'nvr', 'L').ended(4, 'CAMERA_AUTH');
  assert.deepEqual(it.judged(), { code: 'CAMERA_AUTH', waitMs: 5 * MINUTE });
});

test('a password that worked long ago and is refused is wrong', () => {
  const it = new Drive()
    .ask(1, 'nvr', 'L')
    .settled(1)
    .ended(1)
    .pass(61 * MINUTE);
  it.ask(2, 'nvr', 'L').ended(2, 'CAMERA_AUTH');
  assert.equal(it.judged()?.code, 'CAMERA_AUTH');
});

test('a camera that wants a password and has none keeps no other back', () => {
  const it = new Drive().ask(1, 'nvr', '').ended(1, 'CAMERA_AUTH').ask(2, 'nvr', '');
  assert.deepEqual(it.taken('grant'), [1, 2]);
});

test('processes are started no faster than four a second and core', () => {
  const it = new Drive(2);
  for (let id = 1; id <= 40; id++) it.ask(id, '').event({ type: 'ready', id });
  assert.equal(it.taken('spawn').length, 8);
  it.pass(SECOND);
  assert.equal(it.taken('spawn').length, 8);
  it.pass(3 * SECOND);
  assert.equal(it.taken('spawn').length, 24);
});

test('of 500 cameras on machines of their own none waits long for its process, some being switched off', () => {
  const it = new Drive();
  const connectedAt = new Map<number, number>();
  const waits: number[] = [];
  const isOff = (id: number) => id % 5 === 0;
  for (let id = 1; id <= 500; id++) it.ask(id, `camera-${id}`);
  const startedAt = it.now;
  while (waits.length < 400 && it.now - startedAt < 3 * MINUTE) {
    for (const id of it.taken('grant')) {
      connectedAt.set(id, it.now);
      if (!isOff(id)) it.event({ type: 'ready', id });
    }
    for (const id of it.taken('spawn')) {
      waits.push(it.now - (connectedAt.get(id) ?? 0));
      it.settled(id);
    }
    // What is switched off is given up after 5 s.
    for (const [id, at] of connectedAt)
      if (isOff(id) && it.now - at >= 5 * SECOND) {
        connectedAt.delete(id);
        it.ended(id, 'CAMERA_LOST');
      }
    it.pass(100);
  }
  assert.equal(waits.length, 400);
  assert.ok(Math.max(...waits) <= 5 * SECOND, `${Math.max(...waits)} ms`);
  assert.ok(it.now - startedAt < 80 * SECOND, `${it.now - startedAt} ms for all`);
});

test('a user who asks is let in although many others wait for their processes', () => {
  const it = new Drive();
  for (let id = 1; id <= 100; id++) it.ask(id, `camera-${id}`);
  assert.ok(!it.taken('grant').includes(100));
  it.ask(101, 'camera-101', '', true);
  assert.deepEqual(it.taken('grant'), [101]);
});

test('nothing is kept of those that have ended, and no more than 1000 logins are remembered', () => {
  const it = new Drive();
  for (let id = 1; id <= 1500; id++) it.ask(id, `h${id}`, `L${id}`).settled(id).ended(id);
  assert.equal(it.state?.openings.length, 0);
  assert.equal(it.state?.logins.size, 1000);
  assert.equal(it.state?.hosts.size, 0);
});
