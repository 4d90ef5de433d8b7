import { readdirSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { prepareSpawn } from '../../src/capture/children';
import { serve } from '../bench/capture/worker';
import { realParts, rtsp } from '../fixtures/camera-watch';
import { Watched } from './stage';

/** Watches cameras in a process of its own, which can be blocked, measured and killed. */
const watches: Watched[] = [];
const parts = realParts();
setFlagsFromString('--expose-gc');

serve(
  {
    async open({ urls, mode = 'keyframes' }: { urls: string[]; mode?: 'keyframes' | 'all' }): Promise<void> {
      await prepareSpawn();
      for (const url of urls) watches.push(opened(url, mode));
    },
    /** Of the first camera; frames are not kept, but counted. */
    state() {
      const [watch] = watches;
      return {
        frames: counts.get(watch?.camera ?? '') ?? 0,
        losses: watch?.losses ?? 0,
        pids: watches.flatMap(({ ffmpegs }) => ffmpegs.map(({ pid }) => pid ?? 0)),
        codes: watch?.phases.map(({ phase, code }) => `${phase} ${code}`) ?? [],
        told: watch?.told ?? [],
        health: watch?.health() ?? null,
      };
    },
    /** Nothing else happens in this process meanwhile. */
    block({ ms }: { ms: number }): void {
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
    },
    /** Opens cameras, waits for a frame of each, and ends it again. */
    async cycle({ urls, times }: { urls: string[]; times: number }): Promise<number> {
      await prepareSpawn();
      const each = urls.map(async (url) => {
        for (let n = 0; n < times; n++) {
          const watch = opened(url, 'keyframes');
          await watch.phase('live');
          await watch.stop();
          if (watch.losses > 0) throw new Error(`${url} was lost ${watch.losses} times.`);
        }
      });
      await Promise.all(each);
      return urls.length * times;
    },
    /** What this process holds on to. */
    held() {
      for (let n = 0; n < 3; n++) global.gc?.();
      return {
        descriptors: readdirSync('/proc/self/fd').length,
        resources: process.getActiveResourcesInfo().length,
        listeners: process.eventNames().reduce((sum, name) => sum + process.listenerCount(name), 0),
        heapMb: process.memoryUsage().heapUsed / 2 ** 20,
        rssMb: process.memoryUsage.rss() / 2 ** 20,
      };
    },
  },
  () => Promise.all(watches.map((watch) => watch.stop())),
);

const counts = new Map<string, number>();

function opened(url: string, mode: 'keyframes' | 'all'): Watched {
  const watch = new Watched(url, parts, (frame) => {
    counts.set(url, (counts.get(url) ?? 0) + 1);
    return frame.jpeg.length > 0;
  });
  return watch.open(rtsp(url), { decode: { mode, fps: 30, maxWidthPx: 640, masks: [] } });
}
