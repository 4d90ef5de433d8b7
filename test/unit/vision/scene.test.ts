import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { look, SCENE_HEIGHT, SCENE_WIDTH, type Scene } from '../../../src/vision/scene';

const SECOND = 1000;

/** One view under test, a picture a second unless told otherwise. */
class View {
  #scene: Scene | undefined;
  #now = 0;

  see(picture: Uint8Array, afterMs = SECOND): string {
    this.#now += afterMs;
    const { scene, verdict } = look(this.#scene, picture, this.#now);
    this.#scene = scene;
    return verdict;
  }

  /** Verdicts of the same picture, time after time. */
  watch(picture: Uint8Array, times: number): string[] {
    return Array.from({ length: times }, () => this.see(picture));
  }
}

/** A room with some structure. `light`: added to every cell. */
function room(light = 0): Uint8Array {
  return Uint8Array.from({ length: SCENE_WIDTH * SCENE_HEIGHT }, (_, cell) => {
    const y = Math.floor(cell / SCENE_WIDTH);
    return Math.min(255, 90 + light + (y > 25 ? 30 : 0) + ((cell * 7) % 5));
  });
}

/** The room with a dark block in it, as large as a person at 5 m. */
function withPerson(x = 30, size = { width: 8, height: 20 }, light = 0): Uint8Array {
  const picture = room(light);
  for (let row = 15; row < 15 + size.height; row++) {
    picture.fill(20, row * SCENE_WIDTH + x, row * SCENE_WIDTH + x + size.width);
  }
  return picture;
}

describe('the stand-in, of an empty scene', () => {
  it('learns it from the first picture, and says that it does not know yet', () => {
    assert.equal(new View().see(room()), 'unknown');
  });

  it('says no to what is like it, yes to somebody in it, and no again when they have gone', () => {
    const view = new View();
    const pictures = [room(), room(), withPerson(10), withPerson(30), room(), room()];
    assert.deepEqual(
      pictures.map((picture) => view.see(picture)),
      ['unknown', 'no', 'yes', 'yes', 'no', 'no'],
    );
  });

  it('goes on saying yes while somebody stays and moves', () => {
    const view = new View();
    view.see(room());
    const verdicts = Array.from({ length: 600 }, (_, i) => view.see(withPerson(30 + (i % 3))));
    assert.deepEqual(new Set(verdicts), new Set(['yes']));
  });

  it('does not take a small thing for somebody', () => {
    const view = new View();
    view.see(room());
    assert.equal(view.see(withPerson(30, { width: 4, height: 5 })), 'no');
    assert.equal(view.see(withPerson(30, { width: 5, height: 5 })), 'yes');
  });

  it('does not take a change of light for somebody, and sees somebody in the other light', () => {
    const view = new View();
    view.see(room());
    assert.equal(view.see(room(40)), 'no');
    assert.equal(view.see(withPerson(30, undefined, 40)), 'yes');
  });

  it('follows daylight', () => {
    const view = new View();
    view.see(room());
    const verdicts = Array.from({ length: 120 }, (_, i) => view.see(room(Math.round(i / 2)), 30 * SECOND));
    assert.deepEqual(new Set(verdicts), new Set(['no']));
  });

  it('forgets at once somebody who was in its first picture, by the outline they leave', () => {
    const view = new View();
    view.see(withPerson(30));
    view.see(withPerson(31));
    assert.deepEqual(view.watch(room(), 4), ['yes', 'no', 'no', 'no']);
    assert.equal(view.see(withPerson(50)), 'yes');
  });

  it('takes a thing that has been left, for two minutes, for a part of the scene', () => {
    const view = new View();
    view.see(room());
    const verdicts = view.watch(withPerson(30), 125);
    assert.equal(verdicts.lastIndexOf('yes'), 119);
    assert.equal(view.see(withPerson(30)), 'no');
  });

  it('learns anew where the whole view has changed for five seconds', () => {
    const view = new View();
    view.see(room());
    const turned = room().map((value, cell) => (cell % SCENE_WIDTH < 40 ? 240 : value % 40));
    assert.deepEqual(view.watch(turned, 8), [...new Array(6).fill('unknown'), 'no', 'no']);
  });
});
