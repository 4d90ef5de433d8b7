import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import sharp from 'sharp';
import { VisionError } from '../../../src/shared/errors';
import type { VisionRequest } from '../../../src/vision/client';
import { picturesOf, sentPictures, takenAt } from '../../../src/vision/series';

const JPEG = Buffer.from([0xff, 0xd8, 0xff, 0xe0, 0x00]);
const jpeg = (mark: number) => Buffer.concat([JPEG, Buffer.from([mark])]);
const marks = (pictures: { data: Buffer }[]) => pictures.map(({ data }) => data.at(-1));
const uri = (data: Buffer) => `data:image/jpeg;base64,${data.toString('base64')}`;

function refused(msg: object): string {
  try {
    picturesOf(msg);
  } catch (thrown) {
    if (thrown instanceof VisionError) return thrown.code;
    throw thrown;
  }
  return 'taken';
}

describe('the pictures of a message', () => {
  it('are one where it holds one, with all that is told of it', async () => {
    const data = await sharp({ create: { width: 64, height: 36, channels: 3, background: '#888' } })
      .jpeg()
      .toBuffer();
    const picture = { data, tokens: 400, masked: true, times: [1, 2] };
    const [one, ...others] = picturesOf({ payload: 'x', picture, frame: { time: 5000 } });
    assert.deepEqual(others, []);
    assert.deepEqual(one, {
      ...{ data, type: 'image/jpeg', size: { width: 64, height: 36 }, time: 5000 },
      ...{ tokens: 400, masked: true, times: [1, 2] },
    });
  });

  it('are those that image-encode sends apart, in order of capture', () => {
    const of = (time: number) => ({ data: jpeg(time), time, masked: true, tokens: time });
    const found = picturesOf({ payload: JPEG, picture: { ...of(3), series: [of(2), of(1), of(3)] } });
    assert.deepEqual(marks(found), [1, 2, 3]);
    assert.deepEqual(
      found.map(({ time, tokens, masked }) => [time, tokens, masked]),
      [
        [1, 1, true],
        [2, 2, true],
        [3, 3, true],
      ],
    );
  });

  it('are those of a list, whatever form each has', () => {
    const payload = [
      jpeg(1),
      uri(jpeg(2)),
      { data: jpeg(3), time: 3000 },
      { payload: jpeg(4), frame: { time: 4000, masked: true } },
      { picture: { data: jpeg(5), masked: true }, frame: { time: 5000 } },
    ];
    const found = picturesOf({ payload, picture: { data: jpeg(9) } });
    assert.deepEqual(marks(found), [1, 2, 3, 4, 5]);
    assert.deepEqual(
      found.map(({ time }) => time),
      [null, null, 3000, 4000, 5000],
    );
    assert.deepEqual(
      found.map(({ masked }) => masked),
      [false, false, false, true, true],
    );
  });

  it('of a list without all its times stay as they came', () => {
    const payload = [{ data: jpeg(1), time: 9000 }, jpeg(2), { data: jpeg(3), time: 1000 }];
    assert.deepEqual(marks(picturesOf({ payload })), [1, 2, 3]);
  });

  const cases: [string, object, string][] = [
    ['no picture', { payload: 'hello' }, 'VISION_NO_PICTURE'],
    ['an empty list', { payload: [] }, 'VISION_NO_PICTURE'],
    ['a list with something else in it', { payload: [JPEG, 'hello'] }, 'VISION_NO_PICTURE'],
    ['a list with nothing in it', { payload: [JPEG, null] }, 'VISION_NO_PICTURE'],
    ['sixteen pictures', { payload: new Array(16).fill(JPEG) }, 'taken'],
    ['seventeen', { payload: new Array(17).fill(JPEG) }, 'VISION_TOO_LARGE'],
    [
      'more bytes together than a request takes',
      { payload: new Array(3).fill(Buffer.concat([JPEG, Buffer.alloc(7_000_000)])) },
      'VISION_TOO_LARGE',
    ],
  ];
  for (const [name, msg, code] of cases) it(`${name}: ${code}`, () => assert.equal(refused(msg), code));

  it('have no estimate where none can be believed', () => {
    for (const tokens of [-1, 1e9, 'many', Number.NaN])
      assert.equal(picturesOf({ picture: { data: JPEG, tokens: tokens as number } })[0]?.tokens, 0);
  });
});

describe('what of them is sent', () => {
  const picture = { data: jpeg(2), type: 'image/jpeg' };
  const series = picturesOf({ payload: [jpeg(1), jpeg(2)] });
  const cases: [string, Partial<VisionRequest>, number[]][] = [
    ['one', {}, [2]],
    ['all, where they go apart', { series, arrangement: 'several' }, [1, 2]],
    ['the newest, where only one goes', { series, arrangement: 'one' }, [2]],
  ];
  for (const [name, more, expected] of cases) {
    it(name, () => assert.deepEqual(marks(sentPictures({ picture, ...more } as VisionRequest)), expected));
  }
});

it('when a picture was taken is told on the clock at the camera, or not at all', () => {
  const time = Date.UTC(2026, 10, 22, 7, 12, 5);
  assert.equal(takenAt({ time }, 'Europe/Berlin'), '2026-11-22 08:12:05');
  assert.equal(takenAt({ time: null }, 'Europe/Berlin'), '');
});
