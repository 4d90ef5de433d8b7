import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { childrenOf } from './proc';
import { serve } from './worker';

/** A real Node-RED in a process of its own, whose flows are deployed again and again. */

const ROOT = join(__dirname, '../../..');

interface Runtime {
  init(server: unknown, settings: object): void;
  start(): Promise<void>;
  stop(): Promise<void>;
  runtime: { flows: { setFlows(options: object): Promise<unknown> } };
}

const userDir = mkdtempSync(join(tmpdir(), 'bench-redeploy-'));
let red: Runtime | null = null;

function flowsWith(urls: string[], width: number): object[] {
  return [
    { id: 'tab', type: 'tab', label: 'bench' },
    ...urls.flatMap((url, n) => [
      { id: `cam${n}`, type: 'rtsp-camera', name: `Camera ${n}`, kind: 'rtsp', url, width },
      { id: `in${n}`, type: 'rtsp-in', z: 'tab', camera: `cam${n}`, wires: [[], [], []] },
    ]),
  ];
}

/** What is open in this process: descriptors, and what keeps its event loop going. */
function open(): { descriptors: number; resources: number; processes: number } {
  return {
    descriptors: readdirSync('/proc/self/fd').length,
    resources: process.getActiveResourcesInfo().length,
    processes: childrenOf(process.pid).length,
  };
}

serve(
  {
    async start(): Promise<void> {
      red = require('node-red') as Runtime;
      red.init(createServer(), {
        userDir,
        nodesDir: [join(ROOT, 'dist/nodes')],
        httpAdminRoot: false,
        httpNodeRoot: false,
        logging: { console: { level: 'fatal' } },
        telemetry: { enabled: false, updateNotification: false },
      });
      await red.start();
    },
    /** Deploys at random moments, now with changed settings and now without; then takes all away. */
    async deploy({ urls, deploys, seed }: { urls: string[]; deploys: number; seed: number }) {
      const flows = red?.runtime.flows;
      if (!flows) throw new Error('Node-RED does not run.');
      const set = (list: object[]) =>
        flows.setFlows({ flows: { flows: list }, deploymentType: 'full', user: null, req: {} });
      // Once for what is loaded and opened only once.
      await set(flowsWith(urls, 640));
      await sleep(3000);
      await set([]);
      await sleep(6000);
      const before = open();
      let state = seed;
      const random = () => {
        state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
        return state / 2 ** 31;
      };
      for (let n = 0; n < deploys; n++) {
        await set(flowsWith(urls, random() < 0.5 ? 640 : 320));
        await sleep(random() * 600);
      }
      await set([]);
      await sleep(6000);
      return { before, after: open() };
    },
  },
  async () => {
    await red?.stop();
    rmSync(userDir, { recursive: true, force: true });
  },
);
