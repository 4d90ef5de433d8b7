import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { NameLookup } from '../../../../src/capture/net/name-lookup';

/** A look-up whose answers a test gives. */
function pendingLookup() {
  const asked = new Map<string, { resolve(addresses: string[]): void; reject(error: Error): void }>();
  const names = new NameLookup(
    (name) => new Promise((resolve, reject) => asked.set(name, { resolve, reject })),
  );
  return { asked, names };
}

const never = new AbortController().signal;
const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('NameLookup', () => {
  it('looks up two names at once, the others in their order', async () => {
    const { asked, names } = pendingLookup();
    const answers = ['a', 'b', 'c', 'd'].map((name) => names.resolve(name, never));
    assert.deepEqual([...asked.keys()], ['a', 'b']);
    asked.get('b')?.resolve(['10.0.0.2']);
    await settled();
    assert.deepEqual([...asked.keys()], ['a', 'b', 'c']);
    for (const name of ['a', 'c', 'd']) {
      asked.get(name)?.resolve(['10.0.0.1']);
      await settled();
    }
    assert.deepEqual(await Promise.all(answers), [['10.0.0.1'], ['10.0.0.2'], ['10.0.0.1'], ['10.0.0.1']]);
    assert.equal(names.size, 0);
  });

  it('asks once for all who want the same name meanwhile', async () => {
    const { asked, names } = pendingLookup();
    const answers = [1, 2, 3].map(() => names.resolve('a', never));
    assert.equal(names.size, 1);
    asked.get('a')?.resolve(['10.0.0.1']);
    assert.deepEqual(await Promise.all(answers), [['10.0.0.1'], ['10.0.0.1'], ['10.0.0.1']]);
  });

  it('starts no third one while two hang, and goes on when one of them returns', async () => {
    const { asked, names } = pendingLookup();
    const abort = new AbortController();
    const given = ['a', 'b'].map((name) => assert.rejects(names.resolve(name, abort.signal), /time is over/));
    abort.abort(new Error('time is over'));
    await Promise.all(given);
    const third = names.resolve('c', never);
    await settled();
    assert.deepEqual([...asked.keys()], ['a', 'b']);
    asked.get('a')?.reject(new Error('late'));
    await settled();
    asked.get('c')?.resolve(['10.0.0.3']);
    assert.deepEqual(await third, ['10.0.0.3']);
  });

  it('forgets a name that waits when nobody wants it any more', async () => {
    const { asked, names } = pendingLookup();
    const two = ['a', 'b'].map((name) => names.resolve(name, never));
    const abort = new AbortController();
    const third = assert.rejects(names.resolve('c', abort.signal), /enough/);
    abort.abort(new Error('enough'));
    await third;
    assert.equal(names.size, 2);
    for (const name of ['a', 'b']) asked.get(name)?.resolve([]);
    await Promise.all(two);
    assert.equal(asked.size, 2);
  });

  it('lets no more than a thousand names wait', async () => {
    const { names } = pendingLookup();
    for (let index = 0; index < 1000; index++) void names.resolve(`cam${index}`, never);
    await assert.rejects(names.resolve('one-more', never), { code: 'CAMERA_NETWORK' });
    assert.equal(names.size, 1000);
  });
});
