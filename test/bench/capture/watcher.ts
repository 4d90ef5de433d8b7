import { monitorEventLoopDelay } from 'node:perf_hooks';
import { prepareSpawn } from '../../../src/capture/children';
import type { SessionSettings } from '../../../src/capture/session';
import { realParts, rtsp, Watch } from '../../fixtures/camera-watch';
import { serve } from './worker';

/** Our side of the benchmark: as many cameras as are asked for, watched as the nodes do. */
const watches = new Map<string, Watch>();
const loop = monitorEventLoopDelay({ resolution: 10 });
const parts = realParts();
/** Wall clock of each frame's arrival, by camera: only the newest counts are needed. */
const seen = new Map<string, { count: number; lastAt: number }>();

serve(
  {
    async open({
      urls,
      decode,
    }: {
      urls: string[];
      decode?: Partial<SessionSettings['decode']>;
    }): Promise<void> {
      await prepareSpawn();
      for (const url of urls) {
        const watch = new Watch(url, parts, (frame) => {
          const { count = 0 } = seen.get(url) ?? {};
          // Frames themselves are dropped, as a flow would have dealt with them.
          seen.set(url, { count: count + 1, lastAt: Date.now() });
          return frame.jpeg.length > 0;
        });
        watch.open(rtsp(url), {
          decode: { mode: 'keyframes', fps: 2, maxWidthPx: 1280, masks: [], ...decode },
          firstFrameMs: 30_000,
        });
        watches.set(url, watch);
      }
    },
    async close({ urls }: { urls: string[] }): Promise<void> {
      await Promise.all(urls.map((url) => watches.get(url)?.stop()));
      for (const url of urls) watches.delete(url);
    },
    /** Frames and phases of each. */
    state({ urls }: { urls: string[] }) {
      return urls.map((url) => ({
        frames: seen.get(url)?.count ?? 0,
        lastFrameAt: seen.get(url)?.lastAt ?? 0,
        phases: watches.get(url)?.phases.map(({ phase, wall }) => ({ phase, at: wall })) ?? [],
      }));
    },
    cpuMs(): number {
      const { user, system } = process.cpuUsage();
      return (user + system) / 1000;
    },
    loopStart(): void {
      loop.reset();
      loop.enable();
    },
    /** The event loop's delay since, in milliseconds. */
    loopEnd(): { p50: number; p99: number; max: number } {
      loop.disable();
      // What the meter's own timer takes belongs to nobody.
      const ms = (ns: number) => Math.max(0, ns / 1e6 - 10);
      return { p50: ms(loop.percentile(50)), p99: ms(loop.percentile(99)), max: ms(loop.max) };
    },
    gc(): void {
      global.gc?.();
    },
  },
  () => Promise.all([...watches.values()].map((watch) => watch.stop())),
);
