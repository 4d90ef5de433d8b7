// Runs the demo in this process, once everything is set up.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { cache, root, say } from './setup.mjs';

const require = createRequire(import.meta.url);
/** Longest wait of --once for an alert that is raised and cleared. */
const ONCE_MS = 120_000;
/** Somebody who stays this long loiters: shorter than in the example, so that there is something to see soon. */
const HOLD_S = 10;
const GAP_S = 6;
const SCENE = { emptyS: 8, walkS: 3, stayS: 18, loopS: 45 };

/** @param {{once: boolean, port: number}} options */
export async function runDemo({ once, port }) {
  const camera = process.env.CAMERA_URL ? null : await startCamera();
  const counts = { raised: 0, cleared: 0, frames: 0, calls: 0 };
  const RED = await startNodeRed(port);
  RED.hooks.add('onSend.demo', (events) => {
    // One message that is sent on two wires is two events.
    for (const port of new Set(events.map(({ source }) => source.port))) {
      count(
        events.find(({ source }) => source.port === port),
        counts,
      );
    }
  });
  await RED.runtime.flows.setFlows({
    flows: { flows: demoFlow(camera?.url) },
    deploymentType: 'full',
    req: {},
  });
  const address = RED.server.address();
  say(
    `\nThe editor: http://localhost:${address.port}\nThe camera: ${camera ? 'simulated, over RTSP' : 'yours'}`,
  );
  say(`The model: ${process.env.VISION_BASE_URL ? 'yours' : 'the built-in stand-in, which is no AI'}`);
  say(`Alert when somebody has been in view for ${HOLD_S} s. ${once ? '' : 'End with Ctrl-C.'}\n`);
  const code = await finished(once, counts);
  RED.hooks.remove('*.demo');
  await RED.stop();
  await camera?.stop();
  console.log(JSON.stringify(counts));
  process.exit(code);
}

/** Waits for Ctrl-C, or with `once` for the first alert that was raised and cleared. Gives the exit code. */
function finished(once, counts) {
  return new Promise((resolve) => {
    process.once('SIGINT', () => resolve(0));
    process.once('SIGTERM', () => resolve(0));
    if (!once) return;
    setTimeout(() => resolve(1), ONCE_MS);
    setInterval(() => counts.raised > 0 && counts.cleared > 0 && resolve(0), 200);
  });
}

function count({ source, msg }, counts) {
  const type = source.node?.type;
  const port = source.port;
  if (type === 'rtsp-in' && port === 0) counts.frames++;
  if (type === 'rtsp-in' && port === 1)
    say(`camera ${msg.payload.name}: ${msg.payload.state} ${msg.payload.reason}`);
  if (type === 'catch')
    say(`error ${msg.error.code ?? ''}: ${msg.error.message} ${msg.error.cause?.advice ?? ''}`);
  if (type === 'vision-llm' && port === 0) counts.calls += msg.vision.attempts;
  if (type !== 'alert-gate' || port !== 0) return;
  if (msg.alert.state in counts) counts[msg.alert.state]++;
  console.log(
    `${new Date().toLocaleTimeString()} ${msg.alert.state.toUpperCase()} ${JSON.stringify(msg.payload)}`,
  );
}

async function startCamera() {
  // The simulated camera is TypeScript.
  require('tsx/cjs/api').register();
  const { SimulatedCamera } = require('../src/simulator/index.ts');
  const { sceneSource } = require('../src/simulator/scene.ts');
  const camera = new SimulatedCamera({
    ffmpeg: ffmpegPath(),
    source: sceneSource(SCENE),
    user: 'demo',
    password: 'demo',
    auth: 'digest',
    sceneStart: 'session',
  });
  return { url: await camera.start(), stop: () => camera.stop() };
}

/** The scene is encoded before Node-RED runs, so ffmpeg is looked for here as well. */
function ffmpegPath() {
  const candidates = [process.env.FFMPEG_PATH, 'ffmpeg', bundled()].filter(Boolean);
  for (const path of candidates) {
    try {
      execFileSync(path, ['-version'], { stdio: 'ignore' });
      return path;
    } catch {
      // The next one.
    }
  }
  say('The simulated camera needs ffmpeg. Install it with your package manager, or set FFMPEG_PATH.');
  process.exit(1);
}

function bundled() {
  try {
    return require('ffmpeg-static');
  } catch {
    return null;
  }
}

async function startNodeRed(port) {
  const userDir = join(cache, 'demo');
  rmSync(userDir, { recursive: true, force: true });
  mkdirSync(join(userDir, 'node_modules/@video-to-llm'), { recursive: true });
  symlinkSync(root, join(userDir, 'node_modules/@video-to-llm/node-red'), 'junction');
  const RED = require('node-red');
  const server = createServer((request, response) => RED.httpAdmin(request, response));
  RED.init(server, {
    userDir,
    flowFile: 'flows.json',
    httpAdminRoot: '/',
    httpNodeRoot: false,
    credentialSecret: 'demo',
    telemetry: { enabled: false, updateNotification: false },
    editorTheme: { tours: false },
    logging: { console: { level: 'error', metrics: false, audit: false } },
  });
  await new Promise((resolve, reject) => {
    // Somebody else on the usual port: any other will do.
    server.once('error', () => server.listen(0, '127.0.0.1', resolve).once('error', reject));
    server.listen(port, '127.0.0.1', resolve);
  });
  await RED.start();
  return RED;
}

/** The example as it is shipped, with a camera and a model filled in, and without a place to send alerts to. */
function demoFlow(simulatedUrl) {
  const flow = JSON.parse(readFileSync(join(root, 'examples/01 Loitering.json'), 'utf8'));
  const { CAMERA_URL, VISION_BASE_URL, VISION_API_KEY, VISION_MODEL } = process.env;
  const change = {
    // Node-RED puts the variable in: a password in it is not written to the flow file.
    'rtsp-camera': () =>
      CAMERA_URL
        ? // biome-ignore lint/suspicious/noTemplateCurlyInString: this is how Node-RED names a variable.
          { name: 'Your camera', url: '${CAMERA_URL}' }
        : { name: 'Demo camera', url: simulatedUrl, credentials: { user: 'demo', password: 'demo' } },
    'vision-endpoint': () =>
      VISION_BASE_URL
        ? {
            name: 'Your model',
            preset: 'custom',
            baseUrl: VISION_BASE_URL,
            model: VISION_MODEL ?? '',
            credentials: { apiKey: VISION_API_KEY ?? '' },
          }
        : { name: 'Built-in stand-in', preset: 'standin', baseUrl: '', model: '' },
    'temporal-window': () => ({ holdS: String(HOLD_S), gapS: String(GAP_S) }),
    // There is nobody to confirm what is printed.
    'alert-gate': () => ({ delivery: 'assume', channels: '' }),
    'mqtt out': () => ({ d: true }),
    'http request': () => ({ d: true }),
  };
  return flow.map((node) => ({ ...node, ...change[node.type]?.() }));
}
