import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { keptBack } from '../../../src/vision/kept-back';
import { type Held, withheld } from '../../../src/vision/withheld';

const NOW = 1_000_000;
const profile = { name: 'Gate', description: '', timeZone: '' };
const masks = { profile: { ...profile, hasMasks: true as const } };

/** As the one picture of a message tells it. */
const isMasked = ({ frame, picture }: Held) => (picture?.data ? picture : frame)?.masked === true;

/** What is said of a message with one picture. */
function said(msg: Held, maxAgeMs: number | null = null): string {
  const reason = withheld(msg, [isMasked(msg)], NOW, { maxAgeMs });
  if (reason === null) return 'sent';
  return reason.because === 'frozen' ? 'frozen' : reason.error.code;
}

describe('what is not sent to a model', () => {
  const cases: [string, Held, string, (number | null)?][] = [
    ['a picture of a camera without masks is sent', { frame: { profile } }, 'sent'],
    ['a picture of which nothing is known is sent', {}, 'sent'],
    ['an unmasked frame of a camera with masks is not', { frame: masks }, 'VISION_UNMASKED'],
    ['a masked frame is', { frame: { ...masks, masked: true } }, 'sent'],
    [
      'an encoded picture speaks for itself, whatever its frame says',
      { frame: { ...masks, masked: true }, picture: { data: Buffer.alloc(1), masked: false } },
      'VISION_UNMASKED',
    ],
    [
      'a masked encoded picture is sent',
      { frame: masks, picture: { data: Buffer.alloc(1), masked: true } },
      'sent',
    ],
    ['a picture of a frozen camera is not', { frame: { profile, frozen: true } }, 'frozen'],
    ['nor where the state of the camera is beside it', { camera: { code: 'CAMERA_FROZEN' } }, 'frozen'],
    ['another state of the camera is none of this', { camera: { code: 'CAMERA_POOR' } }, 'sent'],
    ['that masks are missing goes before frozen', { frame: { ...masks, frozen: true } }, 'VISION_UNMASKED'],
    ['one taken as long ago as is allowed is sent', { frame: { time: NOW - 5000 } }, 'sent', 5000],
    ['one taken longer ago is not', { frame: { time: NOW - 5001 } }, 'VISION_STALE', 5000],
    ['one that does not say when is sent', {}, 'sent', 5000],
    ['one from a clock that is ahead is sent', { frame: { time: NOW + 60_000 } }, 'sent', 5000],
  ];
  for (const [name, msg, expected, maxAgeMs] of cases) {
    it(name, () => assert.equal(said(msg, maxAgeMs), expected));
  }

  it('each of several pictures has to be masked', () => {
    const of = (masked: boolean[]) => withheld({ frame: masks }, masked, NOW, { maxAgeMs: null });
    assert.equal(of([true, true]), null);
    assert.notEqual(of([true, false]), null);
  });
});

describe('what becomes of a message that is not sent', () => {
  const about = { rule: 'person', model: 'm', endpoint: 'e' };
  const options = { ...about, maxAgeMs: 5000, passUnknown: false };
  const old = { frame: { time: NOW - 9000 } };
  const kept = (msg: Parameters<typeof keptBack>[0], more: object = {}) =>
    keptBack(msg, [isMasked(msg)], NOW, { ...options, ...more });

  it('frozen: unknown with its code, and no error', () => {
    const settled = kept({ frame: { frozen: true } });
    assert.deepEqual(
      [settled?.answer?.vision.verdict, settled?.answer?.vision.code],
      ['unknown', 'VISION_FROZEN'],
    );
    assert.deepEqual([settled?.error, settled?.overload], [null, null]);
  });

  it('too old: told once, but each where something hangs on it', () => {
    assert.deepEqual([kept(old)?.error, kept(old)?.overload?.code], [null, 'VISION_STALE']);
    const pinned = kept({ ...old, selection: { reason: 'start' } });
    assert.deepEqual([pinned?.error?.code, pinned?.overload], ['VISION_STALE', null]);
  });

  it('is unknown as well where flows must fail open', () => {
    assert.equal(kept(old)?.answer, null);
    assert.equal(kept(old, { passUnknown: true })?.answer?.vision.code, 'VISION_STALE');
  });
});
