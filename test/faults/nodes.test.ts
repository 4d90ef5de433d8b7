import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { after, afterEach, before, describe, it } from 'node:test';
import { type EncodedVideo, SimulatedCamera } from '../../src/simulator';
import { endFlow, Flow } from '../fixtures/camera-flow';
import { FFMPEG } from '../fixtures/camera-watch';
import { processesWith } from '../fixtures/processes';
import { seeded } from '../fixtures/seeded';
import { helper, useServer } from '../fixtures/test-helper';
import { waitFor } from '../fixtures/wait';
import { measured, PATIENCE_MS, pass, scaled } from './scale';
import { encoded } from './stage';

const TIMEOUT = { timeout: 280_000 };
/** Pictures of this width are those of this file alone. */
const WIDTH = 334;
const OURS = `min(${WIDTH},iw)`;

/** What no one may get to see: as it is, as in an address, as Basic sends it. */
const PASSWORD = 'Gr33n/d00r?#%ä';
const USER = 'viewer';
const SECRETS = [
  PASSWORD,
  encodeURIComponent(PASSWORD),
  Buffer.from(`${USER}:${PASSWORD}`).toString('base64'),
];

function hits(text: string): string[] {
  return SECRETS.filter((secret) => text.includes(secret));
}

/** Command lines and environments of all processes but this one, whose source they are in. */
function processes(): string {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .flatMap((pid) => {
      try {
        return [readFileSync(`/proc/${pid}/cmdline`, 'utf8'), readFileSync(`/proc/${pid}/environ`, 'utf8')];
      } catch {
        return [];
      }
    })
    .join('\n');
}

describe('in Node-RED', { skip: process.platform === 'linux' ? false : 'Linux only' }, () => {
  useServer();
  const cameras: SimulatedCamera[] = [];
  let video: EncodedVideo;
  before(async () => {
    video = await encoded();
  });
  afterEach(() => helper.unload());
  after(() => Promise.all(cameras.map((camera) => camera.stop())));

  async function cameraWith(password: string, host = '127.0.0.1'): Promise<SimulatedCamera> {
    const camera = new SimulatedCamera({ video, host, auth: 'basic', user: USER, password });
    cameras.push(camera);
    await camera.start();
    return camera;
  }

  it(
    '#25 credentials: in no log, message, status, error or process, while it plays, fails and is refused',
    TIMEOUT,
    async () => {
      const camera = await cameraWith(PASSWORD);
      const settings = { kind: 'rtsp', url: camera.url, width: WIDTH, ffmpegPath: FFMPEG };
      const flow = await Flow.load(settings, { credentials: { user: USER, password: PASSWORD } });
      await flow.live(2);
      const playing = processes();
      assert.ok(playing.includes(OURS), 'its ffmpeg is among the processes');
      camera.cut('rst');
      await flow.live(flow.frames.length + 2);
      camera.fault = { kind: 'status', status: 500 };
      camera.cut();
      await waitFor('a failure', PATIENCE_MS, () => flow.statuses.some(({ fill }) => fill !== 'green'));
      await pass(1000);
      const told = [flow.everythingTold(), JSON.stringify(helper.log().args)];
      await endFlow(OURS);

      // On the same machine a log-in that has worked would be taken for a lack of sessions.
      const other = await cameraWith('another', '127.0.25.1');
      const refused = await Flow.load(
        { ...settings, url: other.url },
        { credentials: { user: USER, password: PASSWORD } },
      );
      await refused.error('CAMERA_AUTH');
      told.push(refused.everythingTold(), JSON.stringify(helper.log().args), processes());
      await endFlow(OURS);
      measured(25, 'places with a secret', hits([playing, ...told].join('\n')).length, '', 0);
    },
  );

  it(
    '#34 redeploy while connecting: nothing is left, and each close takes 3 s at the most',
    TIMEOUT,
    async () => {
      const camera = await cameraWith(PASSWORD);
      const random = seeded(34);
      const load = () =>
        Flow.load(
          { kind: 'rtsp', url: camera.url, width: WIDTH, ffmpegPath: FFMPEG },
          { credentials: { user: USER, password: PASSWORD } },
        );
      const deploys = scaled(8, 50);
      let longestMs = 0;
      for (let n = 0; n < deploys; n++) {
        await load();
        await pass(random() * 800);
        const from = performance.now();
        await helper.unload();
        longestMs = Math.max(longestMs, performance.now() - from);
      }
      measured(34, `longest close of ${deploys}`, longestMs / 1000, 's', 3);
      // A stream goes on for 2 s, in case that it is the same after the deploy.
      await waitFor('the end of every ffmpeg', PATIENCE_MS, () => processesWith(OURS).length === 0);
      await waitFor('the end of every connection', PATIENCE_MS, () => camera.counters.connectionsOpen === 0);
      measured(34, 'sessions at once', camera.counters.sessionsMost, '', 1);
    },
  );
});
