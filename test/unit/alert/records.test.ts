import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { type Decided, Decisions } from '../../../src/alert/decisions';
import { feedbackLabel, LabelFile } from '../../../src/alert/label-file';
import { isAllMuted, type Mutes, mutedUntil, withMute } from '../../../src/alert/mutes';
import { RecentAlerts } from '../../../src/alert/recent-alerts';
import { finding } from './letter';

describe('the decisions of a key', () => {
  it('are the last 20, the newest last', () => {
    const decisions = new Decisions(10);
    for (let i = 0; i < 30; i++) decisions.note('k', `what ${i}`, finding(), i * 1000);
    const [one] = decisions.of('k');
    assert.equal(one?.decisions.length, 20);
    assert.deepEqual([one?.decisions[0]?.decision, one?.decisions.at(-1)?.decision], ['what 10', 'what 29']);
  });

  it('are one entry where the same comes several times in a row', () => {
    const decisions = new Decisions(10);
    for (let i = 0; i < 5; i++) decisions.note('k', 'cooldown', finding(), i * 1000, { until: 60_000 });
    assert.deepEqual(decisions.of(null)[0]?.decisions, [
      {
        at: '1970-01-01T00:00:04.000Z',
        decision: 'cooldown',
        times: 5,
        since: '1970-01-01T00:00:01.000Z',
        time: '1970-01-01T00:01:01.000Z',
        confidence: 0.9,
        reason: '',
        until: '1970-01-01T00:01:00.000Z',
      },
    ]);
  });

  it('are found by key, camera and name, and kept for so many keys', () => {
    const decisions = new Decisions(2);
    for (const camera of ['a', 'b', 'c'])
      decisions.note(
        `${camera}/r`,
        'raised',
        finding({ key: `${camera}/r`, camera, cameraName: `Name ${camera}` }),
        0,
      );
    assert.deepEqual(
      decisions.of(null).map(({ key }) => key),
      ['b/r', 'c/r'],
    );
    for (const what of ['c/r', 'c', 'Name c']) assert.equal(decisions.of(what)[0]?.key, 'c/r');
  });
});

describe('decisions that are kept', () => {
  it('go on after a restart; of those forgotten, what was kept goes too', () => {
    const kept = new Map<string, Decided | null>();
    const first = new Decisions(2, (key, decided) => kept.set(key, structuredClone(decided)));
    for (const key of ['a', 'b', 'c']) first.note(key, 'raised', finding({ key }), 0);
    assert.deepEqual(
      [...kept].map(([key, decided]) => [key, decided?.list.length ?? null]),
      [
        ['a', null],
        ['b', 1],
        ['c', 1],
      ],
    );
    const second = new Decisions(2);
    for (const [key, decided] of kept) if (decided) second.restore(key, decided);
    second.note('c', 'cleared', finding({ key: 'c' }), 1000);
    assert.deepEqual(
      second.of('c')[0]?.decisions.map(({ decision }) => decision),
      ['raised', 'cleared'],
    );
  });

  it('are not written for each answer that is decided the same, but with their count at the end', () => {
    const kept: (Decided | null)[] = [];
    const decisions = new Decisions(2, (_, decided) => kept.push(structuredClone(decided)));
    for (let i = 0; i < 5; i++) decisions.note('k', 'already-raised', finding(), i * 1000);
    assert.equal(kept.length, 1);
    decisions.keepCounts();
    decisions.keepCounts();
    assert.deepEqual(
      kept.map((decided) => decided?.list.at(-1)?.times),
      [1, 5],
    );
  });
});

describe('a mute', () => {
  it('is of one camera, by id or name, or of all, and ends', () => {
    const mutes = withMute(withMute([], 'gate', 5000, 0), 'other', 9000, 0);
    assert.equal(mutedUntil(mutes, finding(), 4999), 5000);
    assert.equal(mutedUntil(mutes, finding(), 5000), null);
    assert.equal(mutedUntil(withMute([], 'Gate 2', 5000, 0), finding(), 0), 5000);
    assert.equal(mutedUntil(withMute(mutes, '', 7000, 0), finding(), 0), 7000);
    assert.equal(mutedUntil(withMute(mutes, 'gate', 0, 0), finding(), 0), null);
  });

  it('of all ends with all others, which a camera was muted by', () => {
    const mutes = withMute(withMute([], 'gate', 5000, 0), '', 3000, 0);
    assert.deepEqual([isAllMuted(mutes, 2999), isAllMuted(mutes, 3000)], [true, false]);
    assert.equal(mutedUntil(withMute(mutes, '', 0, 0), finding(), 0), null);
    assert.equal(mutedUntil(withMute(mutes, 'gate', 0, 0), finding(), 0), 3000, 'not with that of one');
  });

  it('is one for the id and the name of a camera: the later word counts', () => {
    const byId = withMute([], 'gate', 5000, 0);
    assert.equal(mutedUntil(withMute(byId, 'Gate 2', 0, 0), finding(), 0), null);
    assert.equal(mutedUntil(withMute(byId, 'Gate 2', 1000, 0), finding(), 0), 1000);
    const again = withMute(withMute(byId, 'Gate 2', 0, 0), 'gate', 6000, 0);
    assert.equal(mutedUntil(again, finding(), 0), 6000);
  });

  it('of two cameras of one name may end for one of them', () => {
    const mutes = withMute(withMute([], 'Gate 2', 5000, 0), 'gate', 0, 0);
    assert.equal(mutedUntil(mutes, finding(), 0), null);
    assert.equal(mutedUntil(mutes, finding({ camera: 'other' }), 0), 5000);
  });

  it('does not heap up', () => {
    let mutes: Mutes = [];
    for (let i = 0; i < 1500; i++) mutes = withMute(mutes, `cam ${i}`, 1e9, i);
    assert.equal(mutes.length, 1000);
    assert.equal(withMute(mutes, 'x', 0, 2e9).length, 0);
    for (let i = 0; i < 900; i++) mutes = withMute(mutes, `no ${i}`, 0, i);
    assert.equal(mutes.length, 1000);
  });
});

describe('recent alerts', () => {
  it('are 500, and what is forgotten is told', () => {
    const gone: string[] = [];
    const recent = new RecentAlerts((id, one) => one ?? gone.push(id));
    for (let i = 0; i < 510; i++) recent.note(`${i}`, finding());
    assert.deepEqual(gone, ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9']);
    assert.equal(recent.of('9'), undefined);
    assert.ok(recent.of('10'));
  });
});

describe('the file of labels', () => {
  const folder = mkdtempSync(join(tmpdir(), 'v2l-labels-'));
  after(() => rmSync(folder, { recursive: true, force: true }));
  const label = feedbackLabel('a1', finding(), 'wrong', 90_000);

  it('gets a line of JSON for each, in order, with what a labelled clip has', async () => {
    const path = join(folder, 'deep', 'labels.jsonl');
    const file = new LabelFile(path);
    await Promise.all([file.add(label), file.add({ ...label, verdict: 'right' })]);
    const lines = readFileSync(path, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    assert.deepEqual(lines[0], {
      camera: 'gate',
      label: 'loitering',
      start: 1,
      end: 61,
      verdict: 'wrong',
      alert: 'a1',
      key: 'gate/loitering',
      at: '1970-01-01T00:01:30.000Z',
    });
    assert.equal(lines[1].verdict, 'right');
  });

  it('is put aside when it has grown, and goes on after a failure', async () => {
    const path = join(folder, 'labels.jsonl');
    writeFileSync(path, 'x'.repeat(10_000_001));
    await new LabelFile(path).add(label);
    assert.equal(readFileSync(path, 'utf8').split('\n').length, 2);
    const file = new LabelFile(join(path, 'below a file'));
    await assert.rejects(file.add(label));
    await assert.rejects(file.add(label));
  });

  it('lets no more than 100 wait', async () => {
    const file = new LabelFile(join(folder, 'many.jsonl'));
    const all = await Promise.allSettled(Array.from({ length: 150 }, () => file.add(label)));
    assert.equal(all.filter(({ status }) => status === 'rejected').length, 50);
  });
});
