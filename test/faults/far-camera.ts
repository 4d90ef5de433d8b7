import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import type { CameraCounters, CameraFault } from '../../src/simulator';
import { Worker } from '../bench/capture/worker';

/** Names that begin so are ours, also those that a run left behind which was killed. */
const PREFIX = 'v2lf';
/** A network for documentation would be refused by no rule either; this one is private, and hardly ever in use. */
const NETWORK = '10.213.77';

/** Why no camera can be put into a network of its own here; false where it can. */
export function networkMissing(): false | string {
  if (process.platform !== 'linux') return 'network namespaces are there on Linux only';
  if (process.getuid?.() !== 0) return 'network namespaces need root';
  const probe = `${PREFIX}-${process.pid}-probe`;
  try {
    run('ip', 'netns', 'add', probe);
    run('ip', 'netns', 'exec', probe, 'nft', 'add table inet probe');
    run(
      'ip',
      'netns',
      'exec',
      probe,
      'nft',
      'add chain inet probe in { type filter hook input priority 0; }',
    );
    run('ip', 'netns', 'exec', probe, 'nft', 'add rule inet probe in numgen random mod 100 < 5 drop');
    return false;
  } catch (error) {
    return `no network namespace with nftables: ${(error as Error).message}`;
  } finally {
    spawnSync('ip', ['netns', 'del', probe]);
  }
}

/** Ends what a run left behind that was killed: its namespaces take their devices along. */
export function sweepNetworks(): void {
  const { stdout } = spawnSync('ip', ['netns', 'list'], { encoding: 'utf8' });
  for (const name of (stdout ?? '').split('\n').map((line) => line.split(' ')[0] ?? '')) {
    const [prefix, pid = ''] = name.split('-');
    if (prefix === PREFIX && !isAlive(Number(pid))) spawnSync('ip', ['netns', 'del', name]);
  }
}

/** A simulated camera in a network namespace of its own, at the end of a cable that can be cut. */
export class FarCamera {
  readonly #name: string;
  readonly #device: string;
  readonly #worker: Worker;
  #url = '';

  private constructor(name: string, device: string, worker: Worker) {
    this.#name = name;
    this.#device = device;
    this.#worker = worker;
  }

  /** @param index 0 to 60, another one for each camera of a process */
  static async start(index: number): Promise<FarCamera> {
    const name = `${PREFIX}-${process.pid}-${index}`;
    // Names of devices have 15 characters at the most.
    const device = `${PREFIX}${process.pid % 100_000}x${index}`;
    const [near, far] = [`${NETWORK}.${4 * index + 1}`, `${NETWORK}.${4 * index + 2}`];
    try {
      run('ip', 'netns', 'add', name);
      run('ip', 'link', 'add', device, 'type', 'veth', 'peer', 'name', 'camera', 'netns', name);
      run('ip', 'addr', 'add', `${near}/30`, 'dev', device);
      run('ip', 'link', 'set', device, 'up');
      run('ip', '-n', name, 'addr', 'add', `${far}/30`, 'dev', 'camera');
      run('ip', '-n', name, 'link', 'set', 'camera', 'up');
      run('ip', '-n', name, 'link', 'set', 'lo', 'up');
      run('ip', 'netns', 'exec', name, 'nft', 'add table inet fault');
    } catch (error) {
      spawnSync('ip', ['netns', 'del', name]);
      throw error;
    }
    const worker = new Worker(join(__dirname, '../bench/capture/farm.ts'), ['ip', 'netns', 'exec', name]);
    const camera = new FarCamera(name, device, worker);
    const [url = ''] = await worker.call<string[]>('start', { host: far, name: 'gop1', count: 1 });
    camera.#url = url;
    return camera;
  }

  get url(): string {
    return this.#url;
  }

  /** Of its process, which can be stopped. */
  get pid(): number {
    return this.#worker.pid;
  }

  fault(fault: CameraFault): Promise<void> {
    return this.#worker.call('fault', { urls: [this.#url], fault });
  }

  async counters(): Promise<CameraCounters> {
    const [counters] = await this.#worker.call<[CameraCounters]>('counters', { urls: [this.#url] });
    return counters;
  }

  /** Packets are dropped without a word, both ways. `what`: a match of nftables; all if left out. */
  drop(what = 'counter'): void {
    this.mend();
    for (const hook of ['input', 'output']) {
      this.#nft(`add chain inet fault ${hook} { type filter hook ${hook} priority 0; }`);
      this.#nft(`add rule inet fault ${hook} ${what} drop`);
    }
  }

  /** No packet is dropped any more. */
  mend(): void {
    this.#nft('flush ruleset');
    this.#nft('add table inet fault');
  }

  /** Takes our end of the cable down, as when an interface goes, or up. */
  link(state: 'up' | 'down'): void {
    run('ip', 'link', 'set', this.#device, state);
  }

  async stop(): Promise<void> {
    try {
      await this.#worker.end();
    } finally {
      spawnSync('ip', ['netns', 'del', this.#name]);
    }
  }

  #nft(command: string): void {
    run('ip', 'netns', 'exec', this.#name, 'nft', command);
  }
}

function run(program: string, ...args: string[]): void {
  const { status, stderr, error } = spawnSync(program, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${program} ${args.join(' ')}: ${(error?.message ?? stderr).trim()}`);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
