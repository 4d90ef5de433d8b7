import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { Camera } from '../../nodes/lib/camera-settings';
import { CameraWatch } from '../../nodes/lib/camera-watch';
import type { Lease } from '../../src/capture/pool';
import type { SessionListener } from '../../src/capture/session';
import { CameraError } from '../../src/shared/errors';
import type { CameraHealth, FrameInfo } from '../../src/shared/messages';

const health = { id: 'gate', state: 'degraded', code: '' } as CameraHealth;
const camera: Camera = {
  profile: { name: 'Gate', description: '', timeZone: '' },
  session: null,
  still: null,
  problem: null,
};

it('frames are marked while their camera is told to be frozen, and only then', () => {
  const frames: FrameInfo[] = [];
  let session: SessionListener | null = null;
  const lease = {
    now: () => ({ phase: 'live', error: null, told: null }),
    health: () => health,
    release: () => {},
  } as unknown as Lease;
  const watch = new CameraWatch(
    camera,
    null,
    (listener) => {
      session = listener;
      return lease;
    },
    {
      onFrame: (_jpeg, frame) => void frames.push(frame),
      ...{ onHealth: () => {}, onError: () => {}, onChange: () => {} },
    },
  );
  watch.start();
  const stream = session as unknown as SessionListener;
  const next = () => {
    stream.onFrame({ jpeg: Buffer.alloc(0), info: { camera: 'gate' } as FrameInfo });
    return frames.at(-1)?.frozen;
  };
  assert.equal(next(), undefined);
  stream.onHealth(new CameraError('CAMERA_POOR', 'Packets are lost.', {}));
  assert.equal(next(), undefined);
  stream.onHealth(new CameraError('CAMERA_FROZEN', 'It stands still.', {}));
  assert.equal(next(), true);
  stream.onHealth(null);
  assert.equal(next(), undefined);
  watch.close(true);
});
