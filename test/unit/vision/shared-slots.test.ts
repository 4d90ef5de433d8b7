import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import type { Redis } from 'ioredis';
import { connectRedis } from '../../../nodes/lib/redis';
import { systemClock } from '../../../src/shared/clock';
import { SharedSlots } from '../../../src/vision/shared-slots';
import type { Grant } from '../../../src/vision/slots';
import { FakeClock } from '../../fixtures/fake-clock';
import { needs } from '../../fixtures/needs';
import { hasRedis, RedisServer } from '../../fixtures/redis';
import { waitFor } from '../../fixtures/wait';

const LONG = 60_000;
const WAIT = 20_000;

let server: RedisServer;
let processes: Process[] = [];
let run = 0;

/** One Node-RED process of several: what it may use, and what it uses. */
class Process {
  capacity = 0;
  shared = false;
  /** Why it could not share; '' where that was not told. */
  told = '';
  readonly held: Grant[] = [];
  readonly redis: Redis;
  readonly slots: SharedSlots;
  #pending = 0;
  #stopped = false;

  constructor(
    maxConcurrent: number,
    { minTimeMs = 0, settleMs = 200, clock = systemClock, url = server.url } = {},
  ) {
    this.redis = connectRedis(url);
    const share = { maxConcurrent: Math.floor(maxConcurrent / 2), minTimeMs: minTimeMs * 2 };
    this.slots = new SharedSlots(
      { all: { maxConcurrent, minTimeMs }, share, id: `test-${run}`, settleMs },
      {
        redis: this.redis,
        clock,
        onCapacity: (capacity) => {
          this.capacity = capacity;
        },
        onShared: (isShared) => {
          this.shared = isShared;
        },
        onUnshared: (reason) => {
          this.told += reason;
        },
      },
    );
    processes.push(this);
  }

  /** Takes what it can get, as admission does: one request at a time, and no more than its capacity. */
  async take(): Promise<void> {
    while (!this.#stopped && this.held.length < this.capacity && this.#pending === 0) {
      this.#pending += 1;
      try {
        this.held.push(await this.slots.acquire(LONG));
      } catch {
        // Redis went away: asked for again.
      } finally {
        this.#pending -= 1;
      }
    }
  }

  stop(): void {
    this.#stopped = true;
    this.release();
    this.slots.stop();
  }

  release(count = this.held.length): void {
    for (const grant of this.held.splice(0, count)) grant.release();
  }
}

async function two(maxConcurrent: number, options = {}): Promise<[Process, Process]> {
  run += 1;
  const pair: [Process, Process] = [new Process(maxConcurrent, options), new Process(maxConcurrent, options)];
  await waitFor('both to share', WAIT, () => pair.every(({ shared }) => shared));
  return pair;
}

const inUse = () => processes.reduce((sum, { held }) => sum + held.length, 0);

describe('slots that two processes share through a real Redis', {
  skip: needs('redis-server', hasRedis()),
}, () => {
  before(async () => {
    server = await RedisServer.start();
  });
  after(() => server.stop());
  afterEach(() => {
    for (const one of processes) one.stop();
    processes = [];
  });

  it('are never more than there are, and go to the one that needs them', async () => {
    const [a, b] = await two(4);
    void a.take();
    await waitFor('all slots to be taken by one', WAIT, () => a.held.length === 4);
    void b.take();
    // Time in which the other would get one, if there were one.
    await new Promise((resolve) => setTimeout(resolve, 200));
    assert.equal(b.held.length, 0);
    a.release(3);
    void b.take();
    await waitFor('the other to have them', WAIT, () => b.held.length === 3);
    assert.equal(inUse(), 4);
  });

  it('are spaced over both', async () => {
    const [a, b] = await two(50, { minTimeMs: 100 });
    const from = performance.now();
    for (let i = 0; i < 6; i++) {
      const grant = await (i % 2 ? a : b).slots.acquire(LONG);
      grant.release();
    }
    const span = performance.now() - from;
    assert.ok(span >= 480, `${span} ms for five gaps of 100 ms`);
  });

  it('are its static share for each while Redis is away, and shared again when it is back, empty', async () => {
    const [a, b] = await two(4);
    await server.stop();
    await waitFor('both to know', WAIT, () => !a.shared && !b.shared);
    assert.deepEqual([a.capacity, b.capacity], [2, 2]);
    await Promise.all([a.take(), b.take()]);
    assert.deepEqual([a.held.length, b.held.length], [2, 2]);
    await server.start();
    await waitFor('both to share again', WAIT, () => a.shared && b.shared);
    a.release();
    b.release();
    void a.take();
    await waitFor('all slots to be taken by one', WAIT, () => a.held.length === 4);
  });

  it('are waited for no longer by a request that was under way when Redis went', async () => {
    const [a, b] = await two(2);
    await a.take();
    assert.equal(a.held.length, 2);
    // Heard of from the start: it may be told before the server's end is.
    const givenUp = assert.rejects(b.slots.acquire(LONG), /Redis is away/);
    await new Promise((resolve) => setTimeout(resolve, 100));
    await server.stop();
    await givenUp;
    await server.start();
  });

  it('are its static share for each while Redis hangs, and shared again when it goes on', async () => {
    const [a, b] = await two(4);
    server.hang();
    try {
      // Asks Redis, which does not answer, and then goes without it.
      await Promise.all([a.take(), b.take()]);
      assert.deepEqual([a.shared, b.shared], [false, false]);
      assert.deepEqual([a.held.length, b.held.length], [2, 2]);
    } finally {
      server.goOn();
    }
    await waitFor('both to share again', WAIT, () => a.shared && b.shared);
  });

  it('are its static share where Redis is full', async () => {
    const [a] = await two(4);
    await server.command('CONFIG SET maxmemory 1');
    try {
      await a.take();
      assert.deepEqual([a.shared, a.held.length], [false, 2]);
    } finally {
      await server.command('CONFIG SET maxmemory 0');
    }
    await waitFor('it to share again', WAIT, () => a.shared);
  });

  it('are tried for with a pause where Redis may not be written to', async () => {
    const replica = await RedisServer.start('--replicaof', '127.0.0.1 9');
    try {
      // Each look is a connection as well.
      let looks = 0;
      const connections = async () => {
        looks += 1;
        const stats = await replica.command('INFO stats');
        return Number(/total_connections_received:(\d+)/.exec(stats)?.[1]) - looks;
      };
      const before = await connections();
      const made = async () => (await connections()) - before;
      const clock = new FakeClock();
      const one = new Process(4, { clock, url: replica.url });
      await waitFor('the first try, with its two connections', WAIT, async () => {
        clock.advance(0);
        return (await made()) >= 3;
      });
      for (let i = 0; i < 20; i++) {
        clock.advance(0);
        await made();
      }
      assert.equal(await made(), 3);
      await waitFor('the next try', WAIT, async () => {
        clock.advance(1000);
        return (await made()) >= 5;
      });
      clock.advance(10_000);
      assert.equal(one.told, 'READONLY');
      one.stop();
    } finally {
      await replica.stop();
    }
  });

  it('survive FLUSHALL, after which Bottleneck alone would never start anything again', async () => {
    const [a, b] = await two(4);
    await server.flushAll();
    const before = await a.slots.acquire(LONG).catch(() => null);
    before?.release();
    void b.slots.acquire(LONG).then(
      (grant) => grant.release(),
      () => {},
    );
    await waitFor('the loss to be noticed', WAIT, () => !a.shared && !b.shared);
    assert.deepEqual([a.capacity, b.capacity], [2, 2]);
    await waitFor('both to share again', WAIT, () => a.shared && b.shared);
    void a.take();
    await waitFor('all slots to be taken by one', WAIT, () => a.held.length === 4);
    a.release(4);
    void b.take();
    await waitFor('then by the other', WAIT, () => b.held.length === 4);
  });
});

it('slots that are to be shared are a static share where Redis has never been there, which is told once', async () => {
  const clock = new FakeClock();
  const one = new Process(4, { clock, url: 'redis://user:secret@127.0.0.1:9' });
  const grant = await one.slots.acquire(LONG);
  assert.equal(one.capacity, 2);
  grant.release();
  const refused = () => new Promise((resolve) => one.redis.once('close', resolve));
  await refused();
  clock.advance(10_000);
  assert.equal(one.told, 'ECONNREFUSED');
  await refused();
  clock.advance(100_000);
  assert.equal(one.told, 'ECONNREFUSED');
  one.stop();
  assert.equal(clock.pending, 0);
});
