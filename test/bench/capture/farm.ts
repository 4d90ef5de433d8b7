import type { CameraFault } from '../../../src/simulator';
import { SimulatedCamera } from '../../../src/simulator';
import { type VideoName, video } from './videos';
import { serve } from './worker';

/** Simulated cameras, in a process of their own. */
const cameras: SimulatedCamera[] = [];

serve(
  {
    /** @returns their URLs */
    async start({ host, name, count }: { host: string; name: VideoName; count: number }): Promise<string[]> {
      const encoded = await video(name);
      const urls: string[] = [];
      for (let n = 0; n < count; n++) {
        const camera = new SimulatedCamera({ video: encoded, host });
        cameras.push(camera);
        urls.push(await camera.start());
      }
      return urls;
    },
    fault({ urls, fault }: { urls: string[]; fault: CameraFault }): void {
      for (const camera of of(urls)) camera.fault = fault;
    },
    cut({ urls }: { urls: string[] }): void {
      for (const camera of of(urls)) camera.cut('rst');
    },
    counters({ urls }: { urls: string[] }) {
      return of(urls).map(({ counters }) => counters);
    },
    cpuMs(): number {
      const { user, system } = process.cpuUsage();
      return (user + system) / 1000;
    },
    async stop({ urls }: { urls: string[] }): Promise<void> {
      for (const camera of of(urls)) {
        cameras.splice(cameras.indexOf(camera), 1);
        await camera.stop();
      }
    },
  },
  () => Promise.all(cameras.map((camera) => camera.stop())),
);

function of(urls: string[]): SimulatedCamera[] {
  const all = new Map(cameras.map((camera) => [camera.url, camera]));
  return urls.flatMap((url) => all.get(url) ?? []);
}
