// The demo command: Node-RED with the loitering flow, a simulated camera and the built-in stand-in.
// With CAMERA_URL, VISION_BASE_URL, VISION_API_KEY, VISION_MODEL it runs on your own.
import { parseArgs } from 'node:util';
import { build, ensureDependencies, ensureTool, root, say } from './setup.mjs';

process.chdir(root);
const { values } = parseArgs({
  options: { once: { type: 'boolean', default: false }, port: { type: 'string' } },
});
ensureDependencies();
build();
if (!ensureTool('ffmpeg'))
  say('No ffmpeg was found, and it could not be installed. The camera node will say how to get one.');
// Only now are there modules to load.
const { runDemo } = await import('./demo-run.mjs');
await runDemo({ once: values.once, port: Number(values.port ?? process.env.PORT ?? 1880) });
