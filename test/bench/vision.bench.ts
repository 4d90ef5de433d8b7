// `npm run bench -- vision [seconds]`: 200 cameras offer a picture a second to an endpoint that answers in 2 to 8 s on
// 16 slots; then it dies for a minute and returns. Runs for seven minutes; `seconds` is the length of the first part.
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import OpenAI from 'openai';
import sharp from 'sharp';
import { BareRuntime, type NodeModule } from './bare-runtime';
import { compiled } from './compiled';
import { finish, median, printCase, quantile } from './report';
import type { Order, Report } from './slow-vision-server';

const { compileSchema } =
  compiled<typeof import('../../src/vision/answer-schema')>('src/vision/answer-schema');
const { chatBody } = compiled<typeof import('../../src/vision/chat-body')>('src/vision/chat-body');
const { firstDialect } = compiled<typeof import('../../src/vision/dialect')>('src/vision/dialect');
const { presets } = compiled<typeof import('../../src/vision/presets')>('src/vision/presets');
const { DEFAULT_SYSTEM } = compiled<typeof import('../../src/vision/question')>('src/vision/question');
const visionEndpoint = compiled<NodeModule>('nodes/vision-endpoint');
const visionLlm = compiled<NodeModule>('nodes/vision-llm');

const CAMERAS = 200;
const SLOTS = 16;
const LATENCY = { fromMs: 2000, toMs: 8000 };
/** What a fair share of the slots gives each camera. */
const FAIR_INTERVAL_S = (CAMERAS * (LATENCY.fromMs + LATENCY.toMs)) / 2 / SLOTS / 1000;
const STEADY_S = Number(process.argv[2] ?? 330);
const OUTAGE_S = 60;
const AFTER_S = 20;
const LOOP_EVERY_MS = 20;
const OVERHEAD_PAIRS = 100;
const WARM_UP_PAIRS = 1500;
const BUDGET = 0.05;
const KEY = 'sk-bench-0123456789abcdef';
const PRICES = { input: 0.4, output: 1.6 };

/** The server's process, and what it says. */
class SlowServer {
  readonly #child: ChildProcess;
  url = '';

  constructor() {
    this.#child = fork(join(__dirname, 'slow-vision-server.ts'), [], { execArgv: ['--import', 'tsx'] });
  }

  async ready(): Promise<void> {
    const [{ port }] = (await once(this.#child, 'message')) as [{ port: number }];
    this.url = `http://127.0.0.1:${port}/v1`;
  }

  tell(order: Order): void {
    this.#child.send(order);
  }

  async report(): Promise<Report> {
    this.tell({ do: 'report' });
    const [{ report }] = (await once(this.#child, 'message')) as [{ report: Report }];
    return report;
  }
}

/** A vision-llm with its endpoint, and what comes out of it. */
class Flow {
  readonly #runtime = new BareRuntime([visionEndpoint, visionLlm]);
  onAnswer: () => void = () => {};

  load(url: string, endpoint: object = {}): void {
    this.#runtime.make({
      ...{ id: 'e', type: 'vision-endpoint', preset: 'custom', baseUrl: url, model: 'some-model' },
      ...{ maxConcurrent: SLOTS, timeoutS: 45, credentials: { apiKey: KEY }, ...endpoint },
    });
    const prompt = '{{camera}} {{msg.frame.time}}';
    this.#runtime.make({ id: 'n', type: 'vision-llm', endpoint: 'e', prompt, maxTokens: 60 });
    this.#runtime.onSend = (_node, port) => {
      if (port === 0) this.onAnswer();
    };
  }

  close(): Promise<void> {
    return this.#runtime.close();
  }

  send(camera: string, picture: Buffer): void {
    const frame = { camera, time: Date.now(), age: 0 };
    const about = {
      data: picture,
      type: 'image/jpeg',
      width: 640,
      height: 360,
      bytes: picture.length,
      tokens: 300,
    };
    this.#runtime.give('n', { frame, picture: about, payload: picture });
  }

  answered(): Promise<void> {
    return new Promise((resolve) => {
      this.onAnswer = resolve;
    });
  }
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Memory that is in use, after what is not needed has been collected. */
function memory(): number {
  (globalThis as { gc?: () => void }).gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** How late timers run, in milliseconds, until it is stopped. */
function watchLoop(): { lateness: number[]; stop(): void } {
  const lateness: number[] = [];
  let due = performance.now() + LOOP_EVERY_MS;
  const timer = setInterval(() => {
    const now = performance.now();
    lateness.push(Math.max(0, now - due));
    due = now + LOOP_EVERY_MS;
  }, LOOP_EVERY_MS);
  return { lateness, stop: () => clearInterval(timer) };
}

/** All cameras offer a picture a second, one after the other within it. */
function offerPictures(flow: Flow, picture: Buffer): { stop(): void } {
  let sent = 0;
  const startedAt = performance.now();
  const timer = setInterval(() => {
    const due = ((performance.now() - startedAt) / 1000) * CAMERAS;
    for (; sent < due; sent++) flow.send(`c${sent % CAMERAS}`, picture);
  }, 5);
  return { stop: () => clearInterval(timer) };
}

async function load(flow: Flow, server: SlowServer, picture: Buffer) {
  server.tell({ do: 'answer', ...LATENCY });
  flow.load(server.url);
  const pictures = offerPictures(flow, picture);
  await pause(15_000);
  server.tell({ do: 'forget' });
  const loop = watchLoop();
  const before: number[] = [];
  for (let part = 0; part < 3; part++) {
    await pause((STEADY_S / 3) * 1000);
    before.push(memory());
  }
  const steady = await server.report();

  server.tell({ do: 'die' });
  const during: number[] = [];
  for (let part = 0; part < 3; part++) {
    await pause((OUTAGE_S / 3) * 1000);
    during.push(memory());
  }
  server.tell({ do: 'forget' });
  const back = server.ready();
  server.tell({ do: 'return' });
  await back;
  const returnedAt = Date.now();
  let firstAnswerS = Number.NaN;
  flow.onAnswer = () => {
    if (Number.isNaN(firstAnswerS)) firstAnswerS = (Date.now() - returnedAt) / 1000;
  };
  await pause(AFTER_S * 1000);
  const recovered = await server.report();
  pictures.stop();
  loop.stop();
  await flow.close();

  const byCamera = new Map<string, number[]>();
  for (let i = 0; i < CAMERAS; i++) byCamera.set(`c${i}`, []);
  for (const { camera, at } of steady.calls) byCamera.get(camera)?.push(at);
  const counts = [...byCamera.values()].map(({ length }) => length);
  const intervals = [...byCamera.values()].flatMap((times) =>
    times.slice(1).map((at, n) => at - (times[n] ?? at)),
  );
  const figures = {
    in_flight_max: Math.max(steady.inFlightMax, recovered.inFlightMax),
    age_at_ask_p99_s:
      quantile(
        steady.calls.map(({ ageMs }) => ageMs),
        0.99,
      ) / 1000,
    longest_interval_ratio: intervals.length ? Math.max(...intervals) / 1000 / FAIR_INTERVAL_S : Number.NaN,
    fairness: Math.min(...counts) / Math.max(...counts),
    outage_memory_ratio: median(during) / median(before),
    recover_s: (Math.min(...recovered.calls.map(({ at }) => at)) - returnedAt) / 1000,
    loop_p99_ms: quantile(loop.lateness, 0.99),
  };
  printCase('200 cameras', {
    ...figures,
    first_answer_s: firstAnswerS,
    calls: steady.calls.length,
    age_at_ask_p50_s:
      quantile(
        steady.calls.map(({ ageMs }) => ageMs),
        0.5,
      ) / 1000,
    memory_mb: Math.round(median(before) / 2 ** 20),
  });
  return figures;
}

/** CPU of one call, through the node and through the package alone, in turns (ABBA). */
async function overhead(flow: Flow, server: SlowServer, picture: Buffer): Promise<number> {
  server.tell({ do: 'answer', fromMs: 0, toMs: 0 });
  flow.load(server.url);
  const bare = new OpenAI({ baseURL: server.url, apiKey: KEY, maxRetries: 0 });
  const { schema } = compileSchema('');
  const request = {
    ...{ lane: '', time: 0, model: 'some-model', system: DEFAULT_SYSTEM, prompt: 'c0 0', schema },
    ...{ picture: { data: picture, type: 'image/jpeg' }, detail: 'auto' as const },
    ...{ verdictField: 'verdict', confidenceField: 'confidence' },
    ...{ maxTokens: 60, temperature: null, reasoningEffort: '' },
  };
  const dialect = firstDialect(presets.custom);
  const throughNode = async () => {
    const answered = flow.answered();
    flow.send('c0', picture);
    await answered;
  };
  const throughPackage = async () => void (await bare.chat.completions.create(chatBody(request, dialect)));
  const cost = async (call: () => Promise<void>) => {
    const from = process.cpuUsage();
    await call();
    // What the node does after its answer is its work as well.
    await new Promise((resolve) => setImmediate(resolve));
    const { user, system } = process.cpuUsage(from);
    return (user + system) / 1000;
  };
  // A node that has run for a while is compiled, and so is the package.
  for (let n = 0; n < WARM_UP_PAIRS; n++) {
    await throughNode();
    await throughPackage();
  }
  const node: number[] = [];
  const alone: number[] = [];
  for (let n = 0; n < OVERHEAD_PAIRS; n++) {
    const order = n % 2 ? [alone, node] : [node, alone];
    for (const list of order) list.push(await cost(list === node ? throughNode : throughPackage));
    // The status is sent at most once a second; it belongs to the node.
    await pause(20);
  }
  await flow.close();
  const [a, b] = [median(node), median(alone)];
  printCase('one call', { node_cpu_ms: a, openai_cpu_ms: b, picture_kb: Math.round(picture.length / 1024) });
  return a - b;
}

/** Spends a hard budget with all slots, and says by how much it was overshot. */
async function overshoot(flow: Flow, server: SlowServer, picture: Buffer): Promise<number> {
  server.tell({ do: 'answer', fromMs: 50, toMs: 200 });
  server.tell({ do: 'forget' });
  const prices = { priceInput: PRICES.input, priceOutput: PRICES.output };
  flow.load(server.url, { ...prices, budgetDay: BUDGET, whenSpent: 'stop' });
  const pictures = offerPictures(flow, picture);
  let before = -1;
  let report = await server.report();
  // Until nothing is asked any more.
  while (report.calls.length !== before) {
    before = report.calls.length;
    await pause(3000);
    report = await server.report();
  }
  pictures.stop();
  await flow.close();
  const spent = (report.input * PRICES.input + report.output * PRICES.output) / 1_000_000;
  printCase('hard budget', {
    budget: BUDGET,
    spent,
    calls: report.calls.length,
    in_flight_max: report.inFlightMax,
  });
  return (spent - BUDGET) / BUDGET;
}

async function main(): Promise<void> {
  const server = new SlowServer();
  await server.ready();
  const noise = {
    create: {
      width: 640,
      height: 360,
      channels: 3 as const,
      background: 'grey',
      noise: { type: 'gaussian' as const, mean: 128, sigma: 20 },
    },
  };
  const picture = await sharp(noise).jpeg().toBuffer();
  const overheadMs = await overhead(new Flow(), server, picture);
  const over = await overshoot(new Flow(), server, picture);
  const figures = await load(new Flow(), server, picture);
  server.tell({ do: 'end' });
  finish('vision', [
    { name: 'in_flight_max', goal: '<= 16', measured: figures.in_flight_max },
    { name: 'age_at_ask_p99_s', goal: '<= 1.5', measured: figures.age_at_ask_p99_s },
    { name: 'longest_interval_ratio', goal: '<= 1.5', measured: figures.longest_interval_ratio },
    { name: 'fairness', goal: '>= 0.8', measured: figures.fairness },
    { name: 'outage_memory_ratio', goal: '<= 1.1', measured: figures.outage_memory_ratio },
    { name: 'recover_s', goal: '<= 4', measured: figures.recover_s },
    { name: 'loop_p99_ms', goal: '<= 20', measured: figures.loop_p99_ms },
    { name: 'overhead_cpu_ms', goal: '<= 1', measured: overheadMs },
    { name: 'budget_overshoot', goal: '<= 0', measured: over },
  ]);
}

void main().then(() => process.exit());
