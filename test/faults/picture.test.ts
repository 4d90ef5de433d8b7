import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import sharp from 'sharp';
import type { EncodedVideo } from '../../src/simulator';
import { waitFor } from '../fixtures/wait';
import { measured, PATIENCE_MS, pass, scaled, shortfall } from './scale';
import { encoded, FPS, GOP_S, Stage } from './stage';

const TIMEOUT = { timeout: 280_000 };
const ALL = { mode: 'all', fps: 30, maxWidthPx: 1280, masks: [] } as const;
const KEYFRAMES = { mode: 'keyframes', fps: 5, maxWidthPx: 1280, masks: [] } as const;

/** An H.265 video, or the reason why there is none. */
const h265: Promise<EncodedVideo | string> = encoded({ codec: 'h265' }).catch(
  (error: Error) => error.message,
);

describe('a picture that is wrong', { concurrency: scaled(12, 8) }, () => {
  const stage = new Stage();

  it('#13 codec change in the stream: one restart, and the new codec is told', TIMEOUT, async (t) => {
    const to = await h265;
    if (typeof to === 'string') return t.skip(to);
    const { camera, watch } = await stage.scene();
    await watch.live(2);
    assert.equal(watch.health()?.stream?.codec, 'h264');
    camera.fault = { kind: 'switch', to, closeAfterMs: 2000 };
    await waitFor('H.265', PATIENCE_MS, () => watch.health()?.stream?.codec === 'h265');
    await watch.more(2);
    measured(13, 'sessions for the change', camera.counters.play - 1, '', 1);
    assert.equal(watch.health()?.reconnects, 1);
  });

  it(
    '#14 resolution change in the stream: every picture can be decoded, and is as large as is told',
    TIMEOUT,
    async () => {
      const { camera, watch } = await stage.scene({}, { decode: KEYFRAMES });
      await watch.live(2);
      camera.fault = { kind: 'switch', to: await encoded({ width: 640, height: 480 }) };
      await watch.more(3);
      for (const { jpeg, info } of watch.frames) {
        const decoded = sharp(jpeg, { failOn: 'warning' }).raw().toBuffer({ resolveWithObject: true });
        const { info: size } = await decoded;
        assert.deepEqual([size.width, size.height], [info.width, info.height]);
      }
      assert.equal(watch.losses, 0);
    },
  );

  it('#14 resolution change in the stream: the new size is told', {
    ...TIMEOUT,
  }, async () => {
    const { camera, watch } = await stage.scene({}, { decode: KEYFRAMES });
    await watch.live(2);
    camera.fault = { kind: 'switch', to: await encoded({ width: 640, height: 480 }) };
    await watch.more(scaled(4, 20));
    assert.equal(watch.frames.at(-1)?.info.height, 480);
    assert.equal(watch.losses, 0);
  });

  it('#15 H.265: plays', TIMEOUT, async (t) => {
    const video = await h265;
    if (typeof video === 'string') return t.skip(video);
    const { watch } = await stage.scene({ video });
    await watch.live(3);
    assert.equal(watch.health()?.stream?.codec, 'h265');
    assert.deepEqual(watch.errors, []);
  });

  it('#17 no video: a camera with sound alone is told as such', TIMEOUT, async () => {
    const { watch } = await stage.scene({ audio: true, fault: { kind: 'quirk', name: 'audio-only' } });
    await watch.error('CAMERA_NO_VIDEO');
    await waitFor('the word', PATIENCE_MS, () => watch.told.includes('CAMERA_NO_VIDEO'));
  });

  it(
    '#17 no parameter sets, joined in the middle of a long GOP: read longer, and it plays',
    TIMEOUT,
    async () => {
      const video = await encoded({ gop: 6 * FPS, source: undefined });
      const { watch } = await stage.scene({
        video,
        midGop: true,
        fault: { kind: 'quirk', name: 'no-sprop' },
      });
      const from = performance.now();
      await watch.more();
      measured(17, 'first frame with a GOP of 6 s', (performance.now() - from) / 1000, 's');
      assert.ok(watch.errors.every(({ code }) => code === 'CAMERA_NO_VIDEO'));
    },
  );

  it('#18 corrupt pictures: counted and told, and the stream goes on', TIMEOUT, async () => {
    const { camera, watch } = await stage.scene({}, { decode: ALL });
    await watch.live(5);
    camera.fault = { kind: 'corrupt', percent: 60 };
    await waitFor('broken pictures', PATIENCE_MS, () => (watch.health()?.corruptionsPerMinute ?? 0) >= 30);
    await waitFor('the word', PATIENCE_MS, () => watch.told.at(-1) === 'CAMERA_POOR');
    measured(18, 'broken pictures a minute that were seen', watch.health()?.corruptionsPerMinute ?? 0, '');
    camera.fault = { kind: 'none' };
    await watch.more(5);
    assert.equal(watch.losses, 0);
  });

  /** Waits for frames that are still on their way; those that stay away are measured. */
  const least = (difference: () => number, most: number) =>
    waitFor('the last frames', PATIENCE_MS, () => difference() <= most).catch(() => {});

  /** What happens to the time stamps. */
  const CLOCKS = [
    ['a jump of an hour', { kind: 'jump', byS: 3600 }],
    ['a jump of 5 s back', { kind: 'jump', byS: -5 }],
    ['the wrap of 32 bits', { kind: 'wrap', afterMs: 3000 }],
  ] as const;
  for (const [what, fault] of CLOCKS) {
    it(`#19 time stamps: ${what} loses no frame and makes none, and time goes on`, TIMEOUT, async () => {
      const { camera, watch } = await stage.scene(fault.kind === 'wrap' ? { fault } : {}, { decode: ALL });
      await watch.live(2 * FPS);
      await watch.more(FPS);
      const count = () => ({
        sent: camera.counters.frames,
        got: watch.frames.length + (watch.health()?.dropped ?? 0),
      });
      const before = count();
      if (fault.kind === 'jump') camera.fault = fault;
      await pass(scaled(6000, 30_000));
      const difference = () => {
        const after = count();
        return Math.abs(after.sent - before.sent - (after.got - before.got));
      };
      // Some are always on their way, on a busy machine more of them for a moment.
      await least(difference, scaled(3, 1));
      measured(19, `frames more or less, ${what}`, difference(), '', scaled(3, 1));
      assert.equal(watch.losses, 0);
      const times = watch.frames.map(({ info }) => info.time);
      const steps = times.slice(1).map((time, n) => time - (times[n] ?? 0));
      assert.ok(
        steps.every((step) => step > 0),
        'time never goes back',
      );
      assert.ok(
        steps.every((step) => step < scaled(10_000, 3000)),
        `steps of up to ${Math.max(...steps)} ms`,
      );
    });
  }

  it('#21 B-frames: in the order in which they are shown, and none is lost', TIMEOUT, async () => {
    const video = await encoded({ bFrames: 2, gop: 2 * FPS });
    const { camera, watch } = await stage.scene({ video }, { decode: ALL });
    await watch.live(2 * FPS);
    // What was read to understand the stream comes at once, and only the newest of it counts.
    await watch.more(2 * FPS);
    const before = { sent: camera.counters.frames, got: watch.frames.length };
    await pass(scaled(5000, 20_000));
    const difference = () => {
      const sent = camera.counters.frames - before.sent;
      return Math.abs(sent - (watch.frames.length - before.got + (watch.health()?.dropped ?? 0)));
    };
    await least(difference, scaled(4, 2));
    measured(21, 'frames more or less', difference(), '', scaled(4, 2));
    const { pts } = watch;
    assert.ok(
      pts.every((ms, n) => n === 0 || ms > (pts[n - 1] ?? 0)),
      `${pts}`,
    );
  });

  it(
    '#40 frozen picture: told after the time that is set, and told again when it moves',
    TIMEOUT,
    async () => {
      const frozenMs = scaled(3000, 30_000);
      const { camera, watch } = await stage.scene({}, { health: { holdMs: 500, frozenMs } });
      await watch.live(3);
      camera.fault = { kind: 'frozen' };
      const from = performance.now();
      await waitFor('the word', frozenMs + PATIENCE_MS, () => watch.told.at(-1) === 'CAMERA_FROZEN');
      measured(40, 'told after', (performance.now() - from) / 1000, 's', frozenMs / 1000 + GOP_S + 2);
      assert.equal(watch.losses, 0, 'it is live all the time');
      camera.fault = { kind: 'none' };
      await waitFor('online again', PATIENCE_MS, () => watch.told.at(-1) === '');
    },
  );

  it('#41 growing latency: an ffmpeg that is too slow for its camera does not fall behind for good', {
    ...TIMEOUT,
    ...shortfall('what stands between camera and ffmpeg passes all on, however far ffmpeg is behind'),
  }, async () => {
    const video = await encoded({ fps: 30, gop: 30, bitrateKbps: 2000 });
    const { watch } = await stage.scene({ video }, { decode: ALL });
    await watch.live(30);
    await watch.more(60);
    const sent = ({ at, pts }: { at: number; pts: number }) => at - pts;
    const usual = Math.min(...watch.arrivals.slice(-30).map(sent));
    /** The longest delay since then, in seconds. */
    const delay = (since: number) =>
      Math.max(0, ...watch.arrivals.filter(({ at }) => at >= since).map((one) => sent(one) - usual)) / 1000;
    const { ffmpeg } = watch;
    // It runs for a fiftieth of the time.
    const slow = setInterval(() => {
      ffmpeg.kill('SIGSTOP');
      setTimeout(() => ffmpeg.kill('SIGCONT'), 490);
    }, 500);
    await pass(40_000);
    const slowDelay = delay(performance.now() - 10_000);
    clearInterval(slow);
    await pass(3000);
    measured(41, 'delay 2 s after it was slow', delay(performance.now() - 1000), 's', 2);
    measured(41, 'delay while it is slow', slowDelay, 's', 2);
  });
});
