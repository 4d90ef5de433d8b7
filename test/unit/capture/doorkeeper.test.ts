import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Doorkeeper } from '../../../src/capture/doorkeeper';
import { SYSTEM_TRUST } from '../../../src/capture/source';
import { CameraError } from '../../../src/shared/errors';
import { FakeClock } from '../../fixtures/fake-clock';

const MINUTE = 60_000;
const REFUSED = new CameraError('CAMERA_AUTH', 'Refused.');

function camera(url: string, password = 's3cret') {
  return { kind: 'rtsp', url, user: 'admin', password, transport: 'tcp', tls: SYSTEM_TRUST } as const;
}

function start() {
  const clock = new FakeClock();
  return { clock, door: new Doorkeeper(clock, 2) };
}

/** What a ticket was told so far; undefined for nothing yet. */
async function told<T>(promise: Promise<T>): Promise<T | undefined> {
  let value: T | undefined;
  void promise.then((given) => {
    value = given;
  });
  for (let turn = 0; turn < 4; turn++) await Promise.resolve();
  return value;
}

test('a refused login says for how long it is not tried, and the channels beside it are told at once', async () => {
  const { door } = start();
  const first = door.ask(camera('rtsp://nvr/1'), false);
  const second = door.ask(camera('rtsp://NVR/2'), false);
  assert.equal(await told(first.mayConnect), null);
  assert.equal(await told(second.mayConnect), undefined, 'it waits for what comes of the first');
  const verdict = first.ended(REFUSED);
  assert.deepEqual([verdict?.error.code, verdict?.waitMs], ['CAMERA_AUTH', 5 * MINUTE]);
  assert.match(verdict?.error.cause.advice ?? '', /5 minutes/);
  const refusal = await told(second.mayConnect);
  assert.deepEqual([refusal?.error.code, refusal?.waitMs], ['CAMERA_AUTH', 5 * MINUTE]);
  assert.ok(!JSON.stringify([verdict, refusal]).includes('s3cret'));
});

test('another device behind the same address, and another password, are not kept back', async () => {
  const { door } = start();
  door.ask(camera('rtsp://site:5541/live'), false).ended(REFUSED);
  assert.equal(await told(door.ask(camera('rtsp://site:5542/live'), false).mayConnect), null);
  assert.equal(await told(door.ask(camera('rtsp://site:5541/live', 'corrected'), false).mayConnect), null);
});

test('a password that has just worked and is refused means that no session is left', async () => {
  const { door, clock } = start();
  const first = door.ask(camera('rtsp://nvr/1'), false);
  await told(first.mayConnect);
  first.settled();
  const second = door.ask(camera('rtsp://nvr/2'), false);
  await told(second.mayConnect);
  const verdict = second.ended(REFUSED);
  assert.deepEqual([verdict?.error.code, verdict?.waitMs], ['CAMERA_BUSY', 65_000]);
  const third = door.ask(camera('rtsp://nvr/3'), false);
  assert.equal(await told(third.mayConnect), undefined);
  clock.advance(65_000);
  assert.equal(await told(third.mayConnect), null);
});

test('what was stopped keeps nobody back, and leaves no timer', async () => {
  const { door, clock } = start();
  const tickets = [1, 2, 3].map((n) => door.ask(camera(`rtsp://nvr/${n}`, ''), false));
  for (const ticket of tickets) assert.equal(ticket.ended(null), null);
  assert.equal(clock.pending, 0);
});
