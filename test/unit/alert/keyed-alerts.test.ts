import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type GateInput, NOTHING_HOLDS } from '../../../src/alert/gate-state';
import {
  type KeyedEvent,
  type KeyedOutput,
  type KeyedState,
  keptKey,
  keyedAlerts,
  lostCount,
  restoredKey,
} from '../../../src/alert/keyed-alerts';
import { KeyedRunner } from '../../../src/shared/decider';
import { FakeClock } from '../../fixtures/fake-clock';
import { GATE_OPTIONS, START, windowEvent } from './gate-sequence';

const KEY = 'gate/loitering';
const LANE = { confirmMs: 30_000, giveUpMs: 3_600_000 };

/** The alerts of one key on a clock of its own. */
class Walk {
  readonly clock = new FakeClock(START);
  readonly told: string[] = [];
  id = '';
  runner: KeyedRunner<KeyedState, KeyedEvent, KeyedOutput>;
  readonly #channels: string[];

  constructor(...channels: string[]) {
    this.#channels = channels;
    this.runner = this.#run();
  }

  window(state: 'firing' | 'resolved', since = 0): this {
    const event = windowEvent(state, { since });
    return this.say({ ...event, key: KEY, holds: NOTHING_HOLDS } as GateInput);
  }

  confirmed(channel: string | null, count: number): this {
    return this.say({ type: 'confirmed', id: this.id, channel, count });
  }

  rejected(channel: string | null, count: number): this {
    return this.say({ type: 'rejected', id: this.id, channel, count });
  }

  say(event: KeyedEvent): this {
    this.runner.dispatch(KEY, event, this.clock.now());
    return this;
  }

  pass(seconds: number): this {
    this.clock.advance(seconds * 1000);
    return this;
  }

  /** Killed and started again, from what was on the disk. */
  restart(): this {
    const kept = JSON.parse(JSON.stringify(keptKey(this.runner.peek(KEY) ?? { gate: null, lanes: {} })));
    this.runner.stop();
    this.runner = this.#run();
    const back = restoredKey(kept, this.#channels);
    assert.ok(back);
    this.runner.restore(KEY, back.state, this.clock.now());
    return this;
  }

  #run() {
    return new KeyedRunner<KeyedState, KeyedEvent, KeyedOutput>({
      step: keyedAlerts({ gate: GATE_OPTIONS, lane: LANE, channels: this.#channels }),
      clock: this.clock,
      maxKeys: 1,
      onOutput: (key, output) => {
        if (output.type === 'forget') this.runner.forget(key);
        if (output.type === 'held') this.told.push(`held ${output.reason}`);
        if (output.type === 'back') this.told.push(`back ${output.channel}`);
        if (output.type !== 'send' && output.type !== 'dead') return;
        const { alert, tries } = output.letter;
        this.id = alert.id;
        const mark = tries > 1 ? ` again` : '';
        this.told.push(
          `${output.type} ${output.channel}:${alert.state}${output.type === 'send' ? mark : ''}`,
        );
      },
    });
  }
}

describe('the alerts of a key', () => {
  it('are delivered on each channel by itself, and again only where it failed', () => {
    const walk = new Walk('mqtt', 'mail').window('firing').confirmed('mqtt', 1).rejected('mail', 1).pass(5);
    assert.deepEqual(walk.told, ['send mqtt:raised', 'send mail:raised', 'send mail:raised again']);
    assert.deepEqual(walk.confirmed('mail', 1).told.at(-1), 'back mail');
  });

  it('go on after a kill: what is not confirmed is sent again, and nothing is raised twice', () => {
    const walk = new Walk('mqtt').window('firing').restart().window('firing');
    assert.deepEqual(walk.told, ['send mqtt:raised', 'send mqtt:raised again', 'held already-raised']);
    walk.confirmed('mqtt', 1).restart().window('resolved');
    assert.deepEqual(walk.told.slice(3), ['back mqtt', 'send mqtt:cleared']);
  });

  it('wait for each other: nobody hears of an end before the beginning', () => {
    const walk = new Walk('').window('firing').window('resolved').pass(40);
    assert.deepEqual(walk.told, ['send :raised', 'send :raised again']);
    assert.equal(walk.confirmed('', 1).told.at(-1), 'send :cleared');
  });

  it('spend the cooldown only when they have reached somebody', () => {
    const lost = new Walk('').window('firing').rejected('', 1).window('resolved').window('firing', 10);
    assert.equal(lost.told.includes('held cooldown'), false);
    const told = new Walk('')
      .window('firing')
      .confirmed('', 1)
      .window('resolved')
      .confirmed('', 2)
      .window('firing', 10);
    assert.equal(told.told.at(-1), 'held cooldown');
  });

  it('spend it where one channel of two has delivered', () => {
    const walk = new Walk('a', 'b').window('firing').confirmed('a', 1).rejected('b', 1).window('resolved');
    assert.equal(walk.window('firing', 10).told.at(-1), 'held cooldown');
  });

  it('die after the time that is set, and are told as such', () => {
    const walk = new Walk('').window('firing').pass(3600);
    assert.equal(walk.told.at(-1), 'dead :raised');
    assert.deepEqual(walk.runner.peek(KEY)?.lanes, {});
  });

  it('leave nothing behind when all is told and confirmed', () => {
    const walk = new Walk('').window('firing').confirmed('', 1).window('resolved').confirmed('', 2).pass(61);
    assert.equal(walk.runner.size, 0);
    assert.equal(walk.clock.pending, 0);
  });

  it('are counted as lost until they arrive', () => {
    const walk = new Walk('').window('firing');
    const count = () => lostCount(walk.runner.peek(KEY) ?? { gate: null, lanes: {} });
    assert.equal(count(), 0);
    assert.equal(walk.rejected('', 1) && count(), 1);
    assert.equal(walk.pass(5).confirmed('', 1) && count(), 0);
  });

  it('of a channel that is no longer there come back as dead', () => {
    const walk = new Walk('old').window('firing');
    const back = restoredKey(keptKey(walk.runner.peek(KEY) ?? { gate: null, lanes: {} }), ['new']);
    assert.equal(back?.dead[0]?.letter.alert.state, 'raised');
    assert.deepEqual(back?.state.lanes, {});
    assert.ok(back?.state.gate?.alert, 'the alert itself goes on');
  });

  it('of another version are not read', () => {
    for (const value of [null, 1, {}, { version: 1, state: {} }])
      assert.equal(restoredKey(value, ['']), null);
  });
});
