import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  type SheetEvent,
  type SheetOutput,
  type SheetState,
  sheetDecider,
  type WaitingFrame,
} from '../../../src/encode/sheet';
import { frameOf } from './pictures';

const step = sheetDecider<string>({ frames: 3, maxAgeMs: 60_000 });

/** A frame of a second of event time, called by it. */
function frameAt(second: number, changes: Partial<WaitingFrame<string>> = {}): SheetEvent<string> {
  const frame = { ...frameOf(Buffer.alloc(0), { time: second * 1000 }), about: `${second}`, ...changes };
  return { type: 'frame', frame };
}

/** Plays events and gives the outputs of each, in short words. */
function play(...events: SheetEvent<string>[]): string[][] {
  let state: SheetState<string> | undefined;
  return events.map((event) => {
    const result = step(state, event, 0);
    state = result.state;
    assert.ok(state.length < 3, 'a full sheet never waits');
    assert.equal(result.wakeAt, null);
    return result.outputs.map(inWords);
  });
}

function inWords(output: SheetOutput<string>): string {
  switch (output.type) {
    case 'collected':
      return `${output.frame.about} waits, ${output.waiting}`;
    case 'sheet':
      return `sheet of ${output.frames.map(({ about }) => about).join(' ')}`;
    case 'left-out':
      return `${output.frames} ${output.reason}`;
  }
}

describe('sheetDecider', () => {
  it('gives a sheet when it is full, then begins anew', () => {
    assert.deepEqual(play(frameAt(1), frameAt(2), frameAt(3), frameAt(4)), [
      ['1 waits, 1'],
      ['2 waits, 2'],
      ['sheet of 1 2 3'],
      ['4 waits, 1'],
    ]);
  });

  it('leaves out frames that are too old when the next one comes', () => {
    assert.deepEqual(play(frameAt(0), frameAt(30), frameAt(61), frameAt(62)), [
      ['0 waits, 1'],
      ['30 waits, 2'],
      ['1 too-old', '61 waits, 2'],
      ['sheet of 30 61 62'],
    ]);
  });

  it('keeps a frame that is just as old as allowed', () => {
    assert.deepEqual(play(frameAt(0), frameAt(1), frameAt(60)).at(-1), ['sheet of 0 1 60']);
  });

  it('lets an urgent frame complete the sheet at once, even alone', () => {
    assert.deepEqual(play(frameAt(1, { urgent: true }), frameAt(2), frameAt(3, { urgent: true })), [
      ['sheet of 1'],
      ['2 waits, 1'],
      ['sheet of 2 3'],
    ]);
  });

  it('orders frames by capture, and a late frame that completes a sheet is not what it stands for', () => {
    assert.deepEqual(play(frameAt(1), frameAt(3), frameAt(2)), [
      ['1 waits, 1'],
      ['3 waits, 2'],
      ['2 waits, 3', 'sheet of 1 2 3'],
    ]);
  });

  it('drops the frames that wait when the clock of the camera was set back', () => {
    assert.deepEqual(play(frameAt(5000), frameAt(5001), frameAt(10)).at(-1), ['2 too-old', '10 waits, 1']);
  });

  it('sends what there is on flush, and nothing where nothing waits', () => {
    assert.deepEqual(play({ type: 'flush' }, frameAt(1), { type: 'flush' }, { type: 'flush' }), [
      [],
      ['1 waits, 1'],
      ['sheet of 1'],
      [],
    ]);
  });

  it('drops what there is on reset', () => {
    assert.deepEqual(play(frameAt(1), frameAt(2), { type: 'reset' }, { type: 'reset' }, { type: 'flush' }), [
      ['1 waits, 1'],
      ['2 waits, 2'],
      ['2 reset'],
      [],
      [],
    ]);
  });
});
