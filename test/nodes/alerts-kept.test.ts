import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import type { FlowMessage } from '../../nodes/lib/message';
import { helper, useServer } from '../fixtures/test-helper';
import { waitFor } from '../fixtures/wait';

import alertGate = require('../../nodes/alert-gate');
import temporalWindow = require('../../nodes/temporal-window');

/** Long enough for a slow machine, and only ever waited for when a test fails. */
const DEADLINE_MS = 15_000;
/** Times of frames: of now, so that the time without us is short. */
const START = Date.now() - 10_000;

/** Long gaps: what matters here is not how fast this machine is. */
const WINDOW = { holdS: 3, gapS: 3600, answerS: 3600, noEnds: 2, probe: false, evidence: false };

/** A temporal-window and the alert-gate behind it, with the alerts that come out. */
class Pair {
  readonly alerts: FlowMessage[] = [];
  readonly windows: FlowMessage[] = [];
  readonly held: FlowMessage[] = [];

  static async load(): Promise<Pair> {
    const pair = new Pair();
    await helper.load(
      [temporalWindow, alertGate],
      [
        { id: 'window', type: 'temporal-window', wires: [['gate', 'windows'], [], []], ...WINDOW },
        { id: 'gate', type: 'alert-gate', wires: [['alerts'], ['held'], []], cooldownS: 0 },
        ...['alerts', 'windows', 'held'].map((id) => ({ id, type: 'helper' })),
      ],
    );
    for (const id of ['alerts', 'windows', 'held'] as const)
      helper.getNode(id).on('input', (msg) => (pair[id] as unknown[]).push(msg));
    return pair;
  }

  /** `y` yes, `n` no: one answer a second. */
  answer(pattern: string, from = 0): void {
    for (const [i, letter] of [...pattern].entries()) {
      const second = from + i;
      helper.getNode('window').receive({
        topic: 'Gate 2',
        payload: { reason: 'a man' },
        frame: { camera: 'cam', id: `f${second}`, time: START + second * 1000 },
        vision: { verdict: letter === 'y' ? 'yes' : 'no', confidence: 0.9, rule: 'loitering' },
      } as never);
    }
  }

  get states(): (string | undefined)[] {
    return this.alerts.map(({ alert }) => alert?.state);
  }

  get reasons(): unknown[] {
    return this.held.map(({ payload }) => (payload as { reason: string }).reason);
  }

  async until(condition: () => boolean): Promise<void> {
    await waitFor('it to happen', DEADLINE_MS, condition);
  }
}

describe('an alarm, when the process was killed on its way from temporal-window to alert-gate', () => {
  useServer();
  let userDir: string;
  const journal = () => join(userDir, 'video-to-llm', 'journal.jsonl');
  const lines = () => readFileSync(journal(), 'utf8').split('\n').slice(0, -1);
  /** The journal as a kill leaves it: some of its lines. */
  const killedWith = (kept: string[]) => {
    rmSync(userDir, { recursive: true, force: true });
    mkdirSync(dirname(journal()), { recursive: true });
    writeFileSync(journal(), kept.map((line) => `${line}\n`).join(''));
  };
  beforeEach(() => {
    userDir = mkdtempSync(join(tmpdir(), 'v2l-pair-'));
    helper.settings({ userDir });
  });
  afterEach(async () => {
    await helper.unload();
    helper.settings({ userDir: undefined });
    rmSync(userDir, { recursive: true, force: true });
  });
  const isOfGate = (line: string) => line.startsWith('["alert-gate ');

  it('is raised at the next start, once, and cleared under its id', async () => {
    const first = await Pair.load();
    first.answer('yyyy');
    await first.until(() => first.alerts.length === 1);
    await helper.unload();

    killedWith(lines().filter((line) => !isOfGate(line)));
    const second = await Pair.load();
    await second.until(() => second.alerts.length === 1);
    assert.equal(second.windows[0]?.window?.repeat, true);
    assert.equal(second.windows[0]?.window?.since, START);
    assert.deepEqual(second.windows[0]?.payload, second.windows[0]?.window);
    second.answer('ynn', 4);
    await second.until(() => second.alerts.length === 2);
    assert.deepEqual(second.states, ['raised', 'cleared']);
    assert.equal(second.alerts[1]?.alert?.id, second.alerts[0]?.alert?.id);
  });

  it('is not raised again where the gate has it: told again, and held back', async () => {
    const first = await Pair.load();
    first.answer('yyyy');
    await first.until(() => first.alerts.length === 1);
    await helper.unload();

    const second = await Pair.load();
    await second.until(() => second.held.length === 1);
    assert.deepEqual([second.reasons, second.states], [['already-raised'], []]);
    assert.equal(second.windows.length, 1);
    second.answer('nn', 4);
    await second.until(() => second.alerts.length === 1);
    assert.equal(second.alerts[0]?.alert?.id, first.alerts[0]?.alert?.id);
  });

  it('is cleared at the next start where only its end was on the way', async () => {
    const first = await Pair.load();
    first.answer('yyyy');
    await first.until(() => first.alerts.length === 1);
    await helper.unload();
    const raised = lines().filter(isOfGate);
    const second = await Pair.load();
    second.answer('nn', 4);
    await second.until(() => second.states.includes('cleared'));
    await helper.unload();

    const [header = ''] = lines();
    killedWith([header, ...raised, ...lines().filter((line) => !isOfGate(line) && line !== header)]);
    const third = await Pair.load();
    await third.until(() => third.alerts.length === 1);
    assert.deepEqual(third.states, ['cleared']);
    assert.equal(third.alerts[0]?.alert?.id, first.alerts[0]?.alert?.id);
    await helper.unload();
    const fourth = await Pair.load();
    fourth.answer('yyyy', 10);
    await fourth.until(() => fourth.alerts.length === 1);
    assert.deepEqual([fourth.states, fourth.reasons], [['raised'], []], 'an end that is known says nothing');
  });

  it('is there after a kill at any moment: whatever part of the journal is on the disk', async () => {
    const first = await Pair.load();
    first.answer('yyyy');
    await first.until(() => first.alerts.length === 1);
    await first.until(() => lines().some(isOfGate));
    first.answer('y', 4);
    await first.until(() => first.alerts.length === 1);
    await helper.unload();
    const all = lines();
    const isFiring = (line: string) => line.includes('"told":"firing"');
    assert.ok(all.some(isFiring));
    for (let length = all.findIndex(isFiring) + 1; length <= all.length; length++) {
      const kept = all.slice(0, length);
      killedWith(kept);
      const pair = await Pair.load();
      await pair.until(() => pair.alerts.length + pair.held.length > 0);
      const isRaised = kept.some((line) => isOfGate(line) && line.includes('"state":{"gate":{"alert":{'));
      // What the gate has on the disk but has not sent is its outbox: that goes out again, marked.
      const fresh = pair.alerts.filter(({ alert }) => alert?.repeat === undefined);
      assert.equal(fresh.length, isRaised ? 0 : 1, `${length} of ${all.length} lines`);
      await helper.unload();
    }
  });
});
