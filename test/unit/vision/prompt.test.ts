import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { VisionError } from '../../../src/shared/errors';
import { compilePrompt, promptView } from '../../../src/vision/prompt';

const about = { camera: 'gate-2', rule: 'person', now: Date.UTC(2026, 10, 22, 7, 12, 5) };

describe('a prompt', () => {
  it('is filled in with what is known of the camera and the picture', () => {
    const msg = {
      topic: 'Gate',
      zone: 'drive',
      frame: {
        time: Date.UTC(2026, 10, 22, 7, 12, 5),
        profile: { name: 'Gate 2', description: 'A gate & a "drive".', timeZone: 'Europe/Berlin' },
      },
    };
    const fill = compilePrompt(
      '{{camera}} | {{description}} | {{time}} | {{topic}} | {{rule}} | {{msg.zone}}',
    );
    assert.equal(
      fill(promptView(msg, about)),
      'Gate 2 | A gate & a "drive". | 2026-11-22 08:12:05 | Gate | person | drive',
    );
  });

  it('names the zones in which something has come, and none where none is told', () => {
    const fill = compilePrompt('In [{{zone}}]');
    const selection = { zones: ['drive', 'gate'] };
    assert.equal(fill(promptView({ selection }, about)), 'In [drive, gate]');
    assert.equal(fill(promptView({}, about)), 'In []');
  });

  it('falls back to the key of the camera and the time of now', () => {
    const view = promptView({ frame: { profile: { timeZone: 'Mars/Base' } } }, about);
    assert.equal(view.camera, 'gate-2');
    assert.match(view.time, /^2026-11-2\d \d\d:12:05$/);
  });

  it('shows objects as JSON, and no bytes', () => {
    const msg = { box: { x: 1 }, payload: Buffer.from('secret') };
    assert.equal(
      compilePrompt('{{msg.box}} {{msg.payload}}')(promptView(msg as object, about)),
      '{"x":1} [bytes]',
    );
  });

  const wrong: [string, () => unknown][] = [
    ['is empty', () => compilePrompt('  ')],
    ['has an unclosed tag', () => compilePrompt('Is {{camera empty?')],
    ['has an unclosed section', () => compilePrompt('{{#msg}}x')],
    ['is empty once it is filled in', () => compilePrompt('{{msg.question}}')(promptView({}, about))],
    [
      'is endless',
      () => compilePrompt('{{{msg.text}}}')(promptView({ text: 'x'.repeat(40_000) } as object, about)),
    ],
  ];
  for (const [name, build] of wrong) {
    it(`is refused where it ${name}`, () => {
      assert.throws(build, (error) => error instanceof VisionError && error.code === 'VISION_PROMPT');
    });
  }
});
