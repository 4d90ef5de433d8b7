import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { realParts, rtsp } from '../fixtures/camera-watch';
import { freePort } from '../fixtures/free-port';
import { waitFor } from '../fixtures/wait';
import { measured, PATIENCE_MS, pass, SCALE, scaled } from './scale';
import { encoded, GOP_S, goneAfter, Stage } from './stage';

const TIMEOUT = { timeout: 280_000 };

describe('a stream that is lost', { concurrency: scaled(16, 8) }, () => {
  const stage = new Stage();

  for (const how of ['fin', 'rst'] as const) {
    it(
      `#01 camera power-cycle, ${how.toUpperCase()} seen: lost within 1 s, frames soon after it is back`,
      TIMEOUT,
      async () => {
        const { camera, watch } = await stage.scene();
        await watch.live();
        const cutAt = performance.now();
        camera.cut(how);
        camera.fault = { kind: 'refuse' };
        measured(
          1,
          `lost (${how.toUpperCase()})`,
          ((await watch.phase('waiting', cutAt)).at - cutAt) / 1000,
          's',
          1,
        );
        await pass(SCALE.outageMs);
        const backAt = performance.now();
        camera.fault = { kind: 'none' };
        measured(
          1,
          `frames after its return (${how.toUpperCase()})`,
          ((await watch.more()) - backAt) / 1000,
          's',
          5 + GOP_S,
        );
        assert.ok(!watch.phases.some(({ phase }) => phase === 'failed' || phase === 'held'), 'nothing fatal');
        assert.equal(camera.counters.sessionsMost, 1);
      },
    );
  }

  /** Row 2 and 3: what still comes, the fault, and what the camera has. */
  const STALLS = [
    [2, 'silent stall: nothing comes any more', { kind: 'stall' }, {}],
    [3, 'video-only stall: RTCP goes on', { kind: 'stall-video' }, {}],
    [3, 'video-only stall: sound and RTCP go on', { kind: 'stall-video' }, { audio: true }],
    [3, 'video-only stall: bytes on a channel that nobody asked for', { kind: 'stall-junk' }, {}],
  ] as const;
  for (const [row, what, fault, options] of STALLS) {
    it(`#0${row} ${what}: noticed, the old ffmpeg gone, frames back`, TIMEOUT, async () => {
      const { camera, watch } = await stage.scene(options);
      await watch.live(2);
      const { ffmpeg } = watch;
      const from = performance.now();
      camera.fault = fault;
      const { at, code } = await watch.phase('stalled', from);
      measured(row, what.replace(/.*: /, 'detected, '), (at - from) / 1000, 's', SCALE.stallMs / 1000);
      assert.equal(code, 'CAMERA_STALLED');
      measured(row, 'old ffmpeg gone after', await goneAfter(ffmpeg), 's', 3);
      camera.fault = { kind: 'none' };
      await watch.more(2);
      assert.equal(camera.counters.sessionsMost, 1, 'never two sessions at once');
    });
  }

  it(
    '#04 accepts TCP, never answers: a time-out, and the slot is free for another camera',
    TIMEOUT,
    async () => {
      const parts = realParts();
      const mute = await stage.camera({ fault: { kind: 'noreply' } });
      const firstFrameMs = scaled(4000, 30_000);
      const from = performance.now();
      const watches = [1, 2].map(() => stage.watch(rtsp(mute.url), { firstFrameMs }, parts));
      const good = await stage.camera();
      const third = stage.watch(rtsp(good.url), {}, parts);
      // Two at once a host: the third one comes in when the first two have used up their time.
      await waitFor('the third camera', PATIENCE_MS, () => good.counters.connections > 0);
      measured(4, 'slot freed after', (performance.now() - from) / 1000, 's', 15.5);
      await third.live();
      for (const one of watches)
        assert.match((await one.error('CAMERA_STALLED')).message, /No picture came within/);
      mute.fault = { kind: 'none' };
      await watches[0]?.more();
    },
  );

  it('#04 resets each connection: told at once, and not as a time-out', TIMEOUT, async () => {
    const { watch } = await stage.scene({ fault: { kind: 'reset' } });
    const from = performance.now();
    const { at, code } = await watch.phase('waiting');
    measured(4, 'reset seen', (at - from) / 1000, 's', 1);
    assert.ok(['CAMERA_NETWORK', 'CAMERA_PROTOCOL', 'CAMERA_LOST'].includes(code), code);
  });

  it(
    '#05 host down: a closed port is told as the network, costs no ffmpeg, and is tried again for ever',
    TIMEOUT,
    async () => {
      const watch = stage.watch(rtsp(`rtsp://127.0.0.1:${await freePort()}/live`));
      await watch.error('CAMERA_NETWORK');
      await waitFor('a third try', PATIENCE_MS, () => watch.losses >= 3);
      assert.equal(watch.ffmpegs.length, 0);
      assert.ok(watch.phases.every(({ phase }) => phase !== 'failed'));
    },
  );

  it('#05 host down: a name that nobody knows is told as the network within 15 s', TIMEOUT, async () => {
    const from = performance.now();
    const watch = stage.watch(rtsp('rtsp://no-such-camera.invalid/live'));
    await watch.error('CAMERA_NETWORK');
    measured(5, 'unknown name told after', (performance.now() - from) / 1000, 's', 15);
    assert.equal(watch.ffmpegs.length, 0);
  });

  it('#10 stale session: an ffmpeg that is killed leaves no session behind', TIMEOUT, async () => {
    const { camera, watch } = await stage.scene({ maxSessions: 1, staleS: 20 });
    await watch.live();
    watch.ffmpeg.kill('SIGKILL');
    const from = performance.now();
    measured(10, 'frames after kill -9 of ffmpeg', ((await watch.more(2)) - from) / 1000, 's', 5 + GOP_S);
    assert.equal(camera.counters.sessionsRefused, 0);
  });

  it('#11 session timeout: a camera that ends silent sessions is kept awake', TIMEOUT, async () => {
    const { camera, watch } = await stage.scene({ sessionTimeoutS: scaled(6, 10), endsSilentSessions: true });
    await watch.live();
    await pass(scaled(7000, 60_000));
    await waitFor('keep-alives', PATIENCE_MS, () => camera.counters.keepalive >= 3);
    await watch.more();
    assert.equal(camera.counters.sessionsExpired, 0);
    assert.equal(watch.losses, 0);
    measured(11, 'keep-alives in the time', camera.counters.keepalive, '');
  });

  it('#20 very long GOP: a keyframe every 20 s causes no restart', TIMEOUT, async () => {
    const gopS = scaled(5, 20);
    const video = await encoded({ gop: gopS * 5, source: undefined });
    const { camera, watch } = await stage.scene({ video }, { silenceMs: 0 });
    await watch.live();
    await pass(scaled(11_000, 120_000));
    await waitFor('three frames', PATIENCE_MS, () => watch.frames.length >= 3);
    measured(20, `restarts with a GOP of ${gopS} s`, watch.losses, '', 0);
    assert.equal(camera.counters.play, 1);
  });

  it('#22 slow start: an answer that takes long is waited for', TIMEOUT, async () => {
    const { camera, watch } = await stage.scene({ fault: { kind: 'delay', ms: scaled(3000, 12_000) } });
    await watch.live();
    assert.deepEqual([watch.losses, camera.counters.describe], [0, 1]);
  });

  it('#22 slow start: a first keyframe that comes late is waited for', TIMEOUT, async () => {
    const { camera, watch } = await stage.scene({
      fault: { kind: 'late-keyframe', ms: scaled(6000, 25_000) },
    });
    const from = performance.now();
    await watch.more();
    measured(22, 'first frame', (performance.now() - from) / 1000, 's', SCALE.firstFrameMs / 1000);
    assert.deepEqual([watch.losses, camera.counters.play], [0, 1]);
  });

  it(
    '#39 endless short-lived sessions: pauses grow, and do not begin anew with each of them',
    TIMEOUT,
    async () => {
      const { camera, watch } = await stage.scene({ fault: { kind: 'close', atMs: 2000 } });
      const count = scaled(3, 8);
      await waitFor(
        `${count} sessions`,
        120_000,
        () => watch.phases.filter(({ phase }) => phase === 'connecting').length > count,
      );
      const pauses = watch.phases.flatMap(({ phase, at }, n) => {
        const next = watch.phases[n + 1];
        return phase === 'waiting' && next?.phase === 'connecting' ? [(next.at - at) / 1000] : [];
      });
      assert.ok((pauses[2] ?? 0) > (pauses[0] ?? 0) + 1, `pauses of ${pauses} s`);
      assert.ok(
        pauses.slice(3).every((pause) => pause > 3.8),
        `pauses of ${pauses} s`,
      );
      measured(39, 'sessions of 2 s in a minute at the most', Math.ceil(60 / ((pauses.at(-1) ?? 0) + 2)), '');
      assert.ok(camera.counters.sessionsMost === 1);
    },
  );
});
