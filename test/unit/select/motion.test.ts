import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { difference, keepSent, learn, newScene, type Scene } from '../../../src/select/motion';
import { Drawing, withPerson } from './scenes';

const THRESHOLD = 10;

/** The empty room has been seen for a minute, and sent. */
function knownRoom(): Scene {
  const scene = newScene(Drawing.room().plane, 0);
  watch(scene, 60, Drawing.room);
  keepSent(scene, Drawing.room().plane);
  return scene;
}

/** Sees the same picture for some seconds, five times in each. */
function watch(scene: Scene, seconds: number, draw: () => Drawing): void {
  const { plane } = draw();
  const from = scene.learntAt;
  for (let ms = 0; ms <= seconds * 1000; ms += 200)
    learn(scene, plane, difference(scene, plane), THRESHOLD, from + ms);
}

describe('how a frame differs', () => {
  test('is nothing in a room where nothing happens', () => {
    const { score, toBackground, toSent } = difference(knownRoom(), Drawing.room().plane);
    assert.deepEqual([score, toBackground, toSent].map(Math.round), [0, 0, 0]);
  });

  test('is told in levels of the cell that differs most', () => {
    const before = new Drawing().each(() => 100).plane;
    const scene = newScene(before, 0);
    const after = new Drawing().each(() => 100).rectangle(50, 40, 10, 10, 160).plane;
    assert.equal(Math.round(difference(scene, after).score), 60);
  });

  test('counts a small person far away: 4 × 10 pixels, 40 levels darker', () => {
    const far = Drawing.room().each((x, y, old) => (x >= 63 && x < 67 && y >= 41 && y < 51 ? old - 40 : old));
    assert.ok(difference(knownRoom(), far.plane).score >= THRESHOLD);
  });

  for (const [what, gain, offset] of [
    ['a lamp that is switched on', 1.4, 20],
    ['a darker exposure', 0.7, -5],
    ['a cloud', 0.9, 0],
  ] as const)
    test(`is little for ${what}`, () => {
      const { score } = difference(knownRoom(), Drawing.room().light(gain, offset).plane);
      assert.ok(score < THRESHOLD / 2, `score ${score}`);
    });

  test('still shows the person when the light changes in the same frame', () => {
    const { score } = difference(knownRoom(), withPerson(70).light(1.3, 15).plane);
    assert.ok(score > 50, `score ${score}`);
  });

  test('is no longer new once it was sent, but does not become background', () => {
    const scene = knownRoom();
    keepSent(scene, withPerson(70).plane);
    const { score, toBackground } = difference(scene, withPerson(70).plane);
    assert.equal(Math.round(score), 0);
    assert.ok(toBackground > 50);
  });

  test('tells when the last frame sent shows somebody who has left', () => {
    const scene = knownRoom();
    keepSent(scene, withPerson(70).plane);
    const { score, toSent } = difference(scene, Drawing.room().plane);
    assert.equal(Math.round(score), 0);
    assert.ok(toSent > 50);
  });
});

describe('what is learnt', () => {
  test('keeps somebody who stands there for a minute out of the background', () => {
    const scene = knownRoom();
    keepSent(scene, withPerson(70).plane);
    watch(scene, 60, () => withPerson(70));
    assert.ok(difference(scene, withPerson(70).plane).toBackground > 50);
    assert.equal(Math.round(difference(scene, Drawing.room().plane).toBackground), 0);
  });

  test('takes in what has not moved at all for two minutes', () => {
    const scene = knownRoom();
    keepSent(scene, withPerson(70).plane);
    watch(scene, 125, () => withPerson(70));
    assert.equal(Math.round(difference(scene, withPerson(70).plane).toBackground), 0);
  });

  test('follows daylight that moves over the wall', () => {
    const scene = knownRoom();
    for (let level = 0; level < 30; level++)
      watch(scene, 10, () => Drawing.room().each((x, _y, old) => (x < 70 ? old + level : old)));
    const now = Drawing.room().each((x, _y, old) => (x < 70 ? old + 30 : old));
    assert.ok(difference(scene, now.plane).score < THRESHOLD / 2);
  });

  test('begins anew at once where the whole picture is another one', () => {
    const scene = knownRoom();
    const elsewhere = () => new Drawing().each((x, y) => 60 + ((x * 3 + y * 5) % 120));
    watch(scene, 1, elsewhere);
    assert.equal(Math.round(difference(scene, elsewhere().plane).toBackground), 0);
  });

  test('calms down where a cell is always restless, and still sees a person there', () => {
    const scene = knownRoom();
    const tree = (phase: number) =>
      Drawing.room().each((x, y, old) => (x > 120 && y < 40 ? old + 20 * Math.sin(x / 2 + phase) : old));
    const score = (drawing: Drawing) => difference(scene, drawing.plane).score;
    const before = score(tree(1));
    for (let i = 0; i < 180 * 5; i++) {
      const { plane } = tree(i * 0.7);
      learn(scene, plane, difference(scene, plane), THRESHOLD, 60_000 + i * 200);
    }
    assert.ok(before > THRESHOLD, `at first ${before}`);
    assert.ok(score(tree(1)) < THRESHOLD, `after three minutes ${score(tree(1))}`);
    assert.ok(score(tree(1).rectangle(130, 5, 12, 30, 10)) > THRESHOLD);
  });

  test('does not teach an hour in one frame after the stream was away', () => {
    const scene = knownRoom();
    const before = scene.background.levels[0] ?? 0;
    const { plane } = Drawing.room().each((x, _y, old) => (x < 40 ? old + 4 : old));
    learn(scene, plane, difference(scene, plane), THRESHOLD, 3_700_000);
    const learnt = (scene.background.levels[0] ?? 0) - before;
    assert.ok(learnt > 0.1 && learnt < 2, `learnt ${learnt} of 4 levels`);
  });

  test('does not hold on to the Buffer of a message', () => {
    const scene = knownRoom();
    const sent = withPerson(70).plane;
    keepSent(scene, sent);
    sent.fill(0);
    assert.equal(Math.round(difference(scene, withPerson(70).plane).score), 0);
  });
});
