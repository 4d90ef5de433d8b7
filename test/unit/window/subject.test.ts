import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ruleKey } from '../../../src/shared/rule-key';
import { bySubject, subjectsIn } from '../../../src/window/subject';
import { seen } from './sequence';

describe('the subjects of an answer', () => {
  const table: [path: string, payload: unknown, names: string[] | null][] = [
    ['plate', { plate: ' B-XY 1 ' }, ['B-XY 1']],
    ['plates', { plates: ['B-XY 1', 'K-AB 2', 'B-XY 1'] }, ['B-XY 1', 'K-AB 2']],
    ['people.id', { people: [{ id: 7 }, { id: 9 }, { name: 'no id' }] }, ['7', '9']],
    ['people.id', { people: [] }, []],
    ['a.b.c', { a: [{ b: { c: 'x' } }] }, ['x']],
    ['plate', { plate: '' }, []],
    ['plate', { plate: { text: 'x' } }, []],
    ['plate', {}, null],
    ['plate', 'text', null],
    ['plate', null, null],
    ['constructor.name', {}, null],
    ['plate', { plate: Number.NaN }, []],
  ];
  for (const [path, payload, names] of table) {
    it(`${path} of ${JSON.stringify(payload)}`, () => {
      // A path that leads to an empty list has led somewhere, if not to a name.
      const found = subjectsIn(payload, path);
      assert.deepEqual(found?.length ? found : ((found && []) as string[] | null), names);
    });
  }

  it('are bounded in number and length', () => {
    const plates = Array.from({ length: 500 }, (_, i) => `${i}-${'x'.repeat(10_000)}`);
    const names = subjectsIn({ plates }, 'plates') ?? [];
    assert.equal(names.length, 32);
    for (const name of names) {
      assert.ok(name.length <= 256);
      assert.match(ruleKey('gate', 'plates', `${name}/\n`), /^gate\/plates\/[^/\n]{1,80}$/);
    }
  });
});

describe('an observation of the scene, by subject', () => {
  const known = [
    { name: 'a', isIdle: false },
    { name: 'b', isIdle: false },
    { name: 'old', isIdle: true },
  ];
  const told = (verdict: 'y' | 'n' | 'u', names: string[] | null, wants: 'yes' | 'no' = 'yes') =>
    bySubject(seen(0, verdict), names, known, wants).map(
      ({ subject, observation }) => `${subject.key} ${observation.verdict}`,
    );

  it('is yes for who is named, and no for who has a run and is not', () => {
    assert.deepEqual(told('y', ['a', 'c']), [
      'gate/loitering/a yes',
      'gate/loitering/c yes',
      'gate/loitering/b no',
    ]);
  });

  it('says nothing about anybody where it names nobody', () => {
    for (const names of [null, []]) {
      assert.deepEqual(told('y', names), ['gate/loitering/a unknown', 'gate/loitering/b unknown']);
    }
  });

  it('is the same for all where it is no or unknown', () => {
    assert.deepEqual(told('n', null), ['gate/loitering/a no', 'gate/loitering/b no']);
    assert.deepEqual(told('u', ['a']), ['gate/loitering/a unknown', 'gate/loitering/b unknown']);
  });

  it('tells of absence also who has no run yet', () => {
    assert.ok(told('y', ['a'], 'no').includes('gate/loitering/old no'));
  });
});
