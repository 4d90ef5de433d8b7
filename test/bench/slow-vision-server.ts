// A vision server in a process of its own, so that its work is not counted as the node's. Told what to do by its parent.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { seeded } from '../fixtures/seeded';

/** What the parent may say. */
export type Order =
  | { do: 'answer'; fromMs: number; toMs: number }
  | { do: 'die' }
  | { do: 'return' }
  | { do: 'report' }
  | { do: 'forget' }
  | { do: 'end' };

/** A call as the server saw it. The prompt is `camera captureTime`. */
export interface Call {
  camera: string;
  /** Epoch milliseconds. */
  at: number;
  ageMs: number;
}

export interface Report {
  calls: Call[];
  inFlightMax: number;
  /** Tokens that were billed. */
  input: number;
  output: number;
}

const random = seeded(5);
let latency = { fromMs: 0, toMs: 0 };
let report: Report = empty();
let inFlight = 0;
let port = 0;
let server: Server | null = null;

process.on('message', (order: Order) => {
  if (order.do === 'answer') latency = order;
  if (order.do === 'die') die();
  if (order.do === 'return') listen();
  if (order.do === 'report') process.send?.({ report });
  if (order.do === 'forget') report = empty();
  if (order.do === 'end') process.exit();
});
// Its parent has gone, however it went.
process.on('disconnect', () => process.exit());
listen();

function empty(): Report {
  return { calls: [], inFlightMax: 0, input: 0, output: 0 };
}

function listen(): void {
  server = createServer((request, response) => void take(request, response));
  server.listen(port, '127.0.0.1', () => {
    port = (server?.address() as AddressInfo | null)?.port ?? 0;
    process.send?.({ port });
  });
}

function die(): void {
  server?.closeAllConnections();
  server?.close();
}

async function take(request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.method === 'GET') {
    response.writeHead(200, { 'content-type': 'application/json' }).end('{"data":[]}');
    return;
  }
  inFlight += 1;
  report.inFlightMax = Math.max(report.inFlightMax, inFlight);
  response.once('close', () => {
    inFlight -= 1;
  });
  const at = Date.now();
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of request) chunks.push(chunk as Buffer);
  } catch {
    return;
  }
  const body = JSON.parse(Buffer.concat(chunks).toString()) as {
    model: string;
    messages: { content: string | { text?: string }[] }[];
  };
  const content = body.messages[1]?.content;
  const [camera = '', time = ''] = (Array.isArray(content) ? (content[0]?.text ?? '') : '').split(' ');
  report.calls.push({ camera, at, ageMs: at - Number(time) });
  setTimeout(
    () => {
      if (response.destroyed) return;
      const usage = {
        prompt_tokens: 350 + Math.floor(random() * 100),
        completion_tokens: 20 + Math.floor(random() * 40),
      };
      report.input += usage.prompt_tokens;
      report.output += usage.completion_tokens;
      const message = { role: 'assistant', content: '{"verdict":"no","confidence":0.9,"reason":"Nobody."}' };
      const choices = [{ index: 0, message, finish_reason: 'stop' }];
      const answer = { id: 'x', object: 'chat.completion', created: 1, model: body.model, choices, usage };
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
    },
    latency.fromMs + random() * (latency.toMs - latency.fromMs),
  );
}
