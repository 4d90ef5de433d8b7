import { asError, StageError } from '../shared/errors';
import { SimulatedCamera } from '../simulator';
import { type CameraCommand, readCameraArguments, USAGE } from './camera-options';
import { hasChanged, reportLine, together } from './camera-report';
import { type CameraVideos, makeVideos } from './camera-videos';
import { faultList } from './fault-list';
import { UsageError } from './usage-error';

const REPORT_MS = 1000;

/** The command `camera`: runs simulated cameras until SIGINT or SIGTERM. */
export async function run(args: string[]): Promise<number> {
  let command: ReturnType<typeof readCameraArguments>;
  try {
    command = readCameraArguments(args);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    process.stderr.write(`${error.message}\n--help shows all options.\n`);
    return 2;
  }
  if (command === 'help' || command === 'list') {
    print(command === 'help' ? USAGE.trimEnd() : faultList().trimEnd());
    return 0;
  }
  const end = untilTheEnd();
  try {
    return await runCameras(command, end.signal);
  } catch (error) {
    if (end.signal.aborted) return 0;
    process.stderr.write(`${wordsOf(asError(error))}\n`);
    return 1;
  } finally {
    end.release();
  }
}

async function runCameras(command: CameraCommand, signal: AbortSignal): Promise<number> {
  const videos = await makeVideos(command.video, command.faults, signal, print);
  const cameras = await startAll(command, videos, signal);
  const releases = [introduce(cameras, command), schedule(cameras, videos), report(cameras)];
  await new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
  for (const release of releases) release();
  await Promise.all(cameras.map((camera) => camera.stop()));
  return 0;
}

async function startAll(
  { behaviour, port, count }: CameraCommand,
  { video, faults }: CameraVideos,
  signal: AbortSignal,
): Promise<SimulatedCamera[]> {
  const [first] = faults;
  const fault = first?.atS === 0 ? first.fault : undefined;
  const cameras: SimulatedCamera[] = [];
  try {
    for (let index = 0; index < count && !signal.aborted; index += 1) {
      const camera = new SimulatedCamera({
        video,
        ...behaviour,
        port: port === 0 ? 0 : port + index,
        fault,
      });
      await camera.start();
      cameras.push(camera);
    }
  } catch (error) {
    await Promise.all(cameras.map((camera) => camera.stop()));
    throw error;
  }
  return cameras;
}

/** Says where the cameras are, and at the end what they have seen. */
function introduce(cameras: SimulatedCamera[], { behaviour, faults }: CameraCommand): () => void {
  const { user, host } = behaviour;
  for (const { url } of cameras) print(`Camera at ${user ? withoutPassword(url, user) : url}`);
  if (user) print('Put user and password into their own fields of rtsp-camera. *** stands for the password.');
  if (host === '0.0.0.0' || host === '::') print("From other machines: use this machine's address.");
  if (faults[0]?.atS === 0) print(`Fault from the start: ${faults[0].text}`);
  print('Ctrl+C ends it.');
  const beganMs = performance.now();
  return () => {
    print('Totals:');
    print(reportLine(secondsSince(beganMs), together(cameras.map(({ counters }) => counters))));
  };
}

/** Sets off the faults that come later. */
function schedule(cameras: SimulatedCamera[], { faults }: CameraVideos): () => void {
  const timers = faults
    .filter(({ atS }) => atS > 0)
    .map(({ text, atS, fault }) =>
      setTimeout(() => {
        print(`${`${atS} s`.padStart(6)}  fault: ${text}`);
        for (const camera of cameras) camera.fault = fault;
      }, atS * 1000),
    );
  return () => {
    for (const timer of timers) clearTimeout(timer);
  };
}

/** A line when something has happened, once a second at the most. */
function report(cameras: SimulatedCamera[]): () => void {
  const beganMs = performance.now();
  let before = together(cameras.map(({ counters }) => counters));
  const timer = setInterval(() => {
    const now = together(cameras.map(({ counters }) => counters));
    if (hasChanged(before, now)) print(reportLine(secondsSince(beganMs), now));
    before = now;
  }, REPORT_MS);
  return () => clearInterval(timer);
}

/** Aborts at SIGINT, SIGTERM, or when nobody reads any more (`… | head`). */
function untilTheEnd(): { signal: AbortSignal; release(): void } {
  const controller = new AbortController();
  const end = () => controller.abort();
  process.on('SIGINT', end);
  process.on('SIGTERM', end);
  process.stdout.on('error', end);
  return {
    signal: controller.signal,
    release() {
      process.off('SIGINT', end);
      process.off('SIGTERM', end);
    },
  };
}

function withoutPassword(url: string, user: string): string {
  return url.replace('://', `://${encodeURIComponent(user)}:***@`);
}

function wordsOf(error: Error & { code?: unknown; port?: unknown }): string {
  if (error instanceof StageError) return `${error.message} ${error.cause.advice}`;
  if (error.code === 'EADDRINUSE') return `Port ${error.port} is taken. Choose another with --port.`;
  if (error.code === 'EADDRNOTAVAIL') return 'This machine does not have the address of --host.';
  if (error.code === 'EACCES') return 'This user may not use that port. Choose one above 1023 with --port.';
  return error.message;
}

function secondsSince(ms: number): number {
  return (performance.now() - ms) / 1000;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
