import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { realParts, rtsp } from '../fixtures/camera-watch';
import { waitFor } from '../fixtures/wait';
import { FarCamera, networkMissing, sweepNetworks } from './far-camera';
import { measured, PATIENCE_MS, pass, SCALE, scaled } from './scale';
import { goneAfter, Stage, type Watched } from './stage';

const TIMEOUT = { timeout: 280_000 };

/** From the opening over UDP to the next one. */
function secondsToTcp({ phases }: Watched): number {
  const lost = phases.findIndex(({ phase, code }) => phase === 'waiting' && code === 'CAMERA_UDP');
  const [before, after] = [phases[lost - 1], phases[lost + 1]];
  assert.deepEqual([before?.phase, after?.phase], ['connecting', 'connecting']);
  return ((after?.at ?? 0) - (before?.at ?? 0)) / 1000;
}

describe('without a network of its own', { concurrency: 4 }, () => {
  const stage = new Stage();

  it('#12 UDP blocked: the next opening asks for TCP, within 5 s', TIMEOUT, async () => {
    const { watch } = await stage.scene({ fault: { kind: 'udp-blocked' } }, {}, { transport: 'udp' });
    await watch.error('CAMERA_UDP');
    await watch.more();
    measured(12, 'TCP asked for after', secondsToTcp(watch), 's', 5);
  });
});

describe('at the end of a cable', { concurrency: 8, skip: networkMissing() }, () => {
  const stage = new Stage();
  const cameras: FarCamera[] = [];
  before(() => sweepNetworks());
  after(() => Promise.all(cameras.map((camera) => camera.stop())));

  async function far(): Promise<FarCamera> {
    const index = far.count++;
    const camera = await FarCamera.start(index);
    cameras.push(camera);
    return camera;
  }
  far.count = 0;

  it('#02 silent stall: the cable is cut: noticed, the old ffmpeg gone, frames back', TIMEOUT, async () => {
    const camera = await far();
    const watch = stage.watch(rtsp(camera.url));
    await watch.live(2);
    const { ffmpeg } = watch;
    const from = performance.now();
    camera.drop();
    const { at } = await watch.phase('stalled', from);
    measured(2, 'detected, cable cut', (at - from) / 1000, 's', SCALE.stallMs / 1000);
    measured(2, 'old ffmpeg gone after, cable cut', await goneAfter(ffmpeg), 's', 3);
    await pass(scaled(1000, 20_000));
    const back = performance.now();
    camera.mend();
    measured(2, 'frames after the cable was back', ((await watch.more()) - back) / 1000, 's');
  });

  it(
    '#02 silent stall: the process of the camera is stopped: noticed, and frames back',
    TIMEOUT,
    async () => {
      const camera = await far();
      const watch = stage.watch(rtsp(camera.url));
      await watch.live(2);
      const from = performance.now();
      process.kill(camera.pid, 'SIGSTOP');
      try {
        const { at } = await watch.phase('stalled', from);
        measured(2, 'detected, camera hangs', (at - from) / 1000, 's', SCALE.stallMs / 1000);
      } finally {
        process.kill(camera.pid, 'SIGCONT');
      }
      await watch.more(2);
    },
  );

  it(
    '#05 host down: packets to it are dropped: told as the network, and its slot is freed within 15 s',
    TIMEOUT,
    async () => {
      const camera = await far();
      camera.drop();
      const parts = realParts();
      const from = performance.now();
      const watch = stage.watch(rtsp(camera.url), { firstFrameMs: 30_000 }, parts);
      await watch.error('CAMERA_NETWORK');
      measured(5, 'no answer to SYN, told after', (performance.now() - from) / 1000, 's', 15);
      assert.equal(watch.ffmpegs.length, 0);
      camera.mend();
      await watch.more();
    },
  );

  it(
    '#12 UDP loss: 5 % of the packets are lost: counted, told, and the stream goes on',
    TIMEOUT,
    async () => {
      const camera = await far();
      const watch = stage.watch(rtsp(camera.url, { transport: 'udp' }), {
        decode: { mode: 'all', fps: 30, maxWidthPx: 640, masks: [] },
      });
      await watch.live(5);
      camera.drop('meta l4proto udp numgen random mod 100 < 5');
      await waitFor('losses', PATIENCE_MS, () => (watch.health()?.corruptionsPerMinute ?? 0) >= 3);
      await pass(scaled(2000, 30_000));
      measured(12, 'broken or lost a minute at 5 %', watch.health()?.corruptionsPerMinute ?? 0, '');
      await watch.more(5);
      assert.equal(watch.losses, 0);
    },
  );

  it('#12 UDP blocked: nothing gets through: TCP within 5 s', TIMEOUT, async () => {
    const camera = await far();
    camera.drop('meta l4proto udp');
    const watch = stage.watch(rtsp(camera.url, { transport: 'udp' }));
    await watch.error('CAMERA_UDP');
    await watch.more();
    measured(12, 'TCP asked for after (nftables)', secondsToTcp(watch), 's', 5);
  });

  it('#44 interface down: noticed, retried, and frames when it is up again', TIMEOUT, async () => {
    const camera = await far();
    const watch = stage.watch(rtsp(camera.url));
    await watch.live(2);
    const from = performance.now();
    camera.link('down');
    const { at } = await watch.phase('stalled', from);
    measured(44, 'detected', (at - from) / 1000, 's', SCALE.stallMs / 1000);
    await pass(scaled(1000, 22_000));
    const back = performance.now();
    camera.link('up');
    measured(44, 'frames after it was up', ((await watch.more()) - back) / 1000, 's');
  });
});
