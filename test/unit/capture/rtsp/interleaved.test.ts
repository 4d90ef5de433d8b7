import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { InterleavedReader, NotRtspError } from '../../../../src/capture/rtsp/interleaved';
import { formatAnswer, formatRequest, type RtspMessage } from '../../../../src/capture/rtsp/rtsp-message';
import { seeded } from '../../../fixtures/seeded';

function framed(channel: number, payload: Buffer): Buffer {
  return Buffer.concat([Buffer.from([0x24, channel, payload.length >> 8, payload.length & 255]), payload]);
}

/** Reads chunks and writes down what came out. */
class Reading {
  readonly packets: [channel: number, length: number, head: string][] = [];
  readonly messages: RtspMessage[] = [];
  readonly media: Buffer[] = [];
  /** In the order in which it was told: m for media, a for a message. */
  order = '';
  readonly reader = new InterleavedReader({
    packet: (channel, bytes, start, end, length) => {
      this.packets.push([channel, length, bytes.toString('hex', start, Math.min(end, start + 16))]);
    },
    media: (bytes) => {
      this.media.push(bytes);
      this.order += 'm';
    },
    message: (message) => {
      this.messages.push(message);
      this.order += 'a';
    },
    isPassed: (channel) => channel !== this.held,
    isChannel: (channel) => channel < 2,
  });

  /** @param held a channel that is told, but not passed on */
  constructor(
    tolerant = false,
    readonly held = -1,
  ) {
    this.reader.tolerant = tolerant;
  }

  push(...chunks: Buffer[]): this {
    for (const chunk of chunks) this.reader.push(chunk);
    return this;
  }

  get passedOn(): Buffer {
    return Buffer.concat(this.media);
  }
}

const ANSWER = formatAnswer(200, 'OK', [['CSeq', '7']]);
const WITH_BODY = formatAnswer(200, 'OK', [['CSeq', '8']], Buffer.from('v=0\r\n\r\n$\0\0\x04body'));
const SMALL = framed(0, Buffer.from('small packet'));
const LARGE = framed(1, Buffer.alloc(3000, 7));
const EMPTY = framed(0, Buffer.alloc(0));

describe('bytes of an RTSP connection', () => {
  const stream = Buffer.concat([ANSWER, SMALL, LARGE, WITH_BODY, EMPTY, SMALL, ANSWER, LARGE]);
  const whole = new Reading().push(stream);

  test('answers and packets are found in one chunk, in their order', () => {
    assert.deepEqual(
      whole.messages.map((message) => message.kind === 'answer' && message.status),
      [200, 200, 200],
    );
    assert.equal(whole.messages[1]?.body.toString('latin1'), 'v=0\r\n\r\n$\0\0\x04body');
    assert.deepEqual(
      whole.packets.map(([channel, length]) => [channel, length]),
      [0, 1, 0, 0, 1].map((channel, index) => [channel, [12, 3000, 0, 12, 3000][index]]),
    );
    assert.equal(whole.order, 'amamam');
    assert.deepEqual(whole.passedOn, Buffer.concat([SMALL, LARGE, EMPTY, SMALL, LARGE]));
  });

  test('wherever the chunks are split, the same comes out', () => {
    const random = seeded(1);
    for (let round = 0; round < 200; round += 1) {
      const reading = new Reading();
      for (let at = 0; at < stream.length; ) {
        const most = round % 2 === 0 ? 3 : 700;
        const end = at + 1 + Math.floor(random() * most);
        reading.push(stream.subarray(at, end));
        at = end;
      }
      assert.deepEqual(reading.packets, whole.packets);
      assert.deepEqual(reading.messages, whole.messages);
      assert.deepEqual(reading.passedOn, whole.passedOn);
    }
  });

  test('packets of a channel that is held back are told, and the others passed on, wherever the chunks are split', () => {
    const random = seeded(2);
    for (let round = 0; round < 100; round += 1) {
      const reading = new Reading(false, 1);
      for (let at = 0; at < stream.length; ) {
        const end = at + 1 + Math.floor(random() * (round % 2 === 0 ? 5 : 900));
        reading.push(stream.subarray(at, end));
        at = end;
      }
      assert.deepEqual(reading.packets, whole.packets);
      assert.deepEqual(reading.passedOn, Buffer.concat([SMALL, EMPTY, SMALL]));
    }
  });

  test('a chunk of packets alone is passed on as it is, without a copy', () => {
    const chunk = Buffer.concat([SMALL, LARGE, SMALL]);
    assert.equal(new Reading().push(chunk).media[0], chunk);
    const mixed = Buffer.concat([ANSWER, LARGE]);
    const [part] = new Reading().push(mixed).media;
    assert.equal(part?.buffer, mixed.buffer);
    assert.equal(part?.byteOffset, mixed.byteOffset + ANSWER.length);
    assert.equal(new Reading().push(LARGE.subarray(0, 2000), LARGE.subarray(2000)).media[1]?.length, 1004);
  });

  test('of a split packet its first 256 bytes are told', () => {
    const payload = Buffer.from(Array.from({ length: 600 }, (_, index) => index & 255));
    const packet = framed(0, payload);
    let told: [number, number] = [0, 0];
    const reader = new InterleavedReader({
      packet: (_channel, bytes, start, end, length) => {
        assert.deepEqual(bytes.subarray(start, end), payload.subarray(0, 256));
        told = [end - start, length];
      },
      media: () => {},
      message: () => {},
      isPassed: () => true,
      isChannel: () => true,
    });
    for (const byte of packet) reader.push(Buffer.from([byte]));
    assert.deepEqual(told, [256, 600]);
  });

  test('lines may end without CR, headers may be folded and written in any case', () => {
    const { messages } = new Reading().push(
      Buffer.from('RTSP/1.0 200 OK\ncseq: 3\nPublic: OPTIONS,\n  DESCRIBE\n\n'),
    );
    assert.deepEqual(messages[0]?.headers, [
      ['cseq', '3'],
      ['Public', 'OPTIONS, DESCRIBE'],
    ]);
  });

  test('empty lines before an answer are no harm', () => {
    assert.equal(new Reading().push(Buffer.from('\r\n\r\n'), ANSWER).messages.length, 1);
  });

  test('a request of the camera is a message, too', () => {
    const { messages } = new Reading().push(formatRequest('OPTIONS', 'rtsp://a/', [['CSeq', '1']]));
    assert.equal(messages[0]?.kind === 'request' && messages[0].method, 'OPTIONS');
  });

  const foreign: [string, Buffer][] = [
    ['HTTP', Buffer.from('HTTP/1.1 400 Bad Request\r\nServer: x\r\n\r\n')],
    ['SSH', Buffer.from('SSH-2.0-dropbear\r\n')],
    ['TLS', Buffer.from([0x15, 3, 3, 0, 2, 2, 40])],
    ['a head without end', Buffer.concat([Buffer.from('RTSP/1.0 200 OK\r\nA: '), Buffer.alloc(70_000, 65)])],
    ['a body of 2 MiB', Buffer.from('RTSP/1.0 200 OK\r\nContent-Length: 2097152\r\n\r\n')],
    ['a body of less than nothing', Buffer.from('RTSP/1.0 200 OK\r\nContent-Length: -5\r\n\r\n')],
  ];
  for (const [name, bytes] of foreign)
    test(`${name} is not RTSP`, () => {
      assert.throws(() => new Reading().push(bytes), NotRtspError);
    });

  const junk: [string, Buffer][] = [
    ['zeros', Buffer.alloc(300)],
    ['text', Buffer.from('garbage of a camera\r\n')],
    ['the beginning of an answer', Buffer.from('RTSP/x\r\n')],
    ['dollars of other channels', Buffer.from('\0$\x09\0\x05$\x63$')],
    ['one byte', Buffer.from([0xff])],
  ];
  for (const [name, bytes] of junk)
    test(`while it plays, junk between packets is left out: ${name}`, () => {
      const all = Buffer.concat([SMALL, bytes, LARGE, bytes, ANSWER, SMALL]);
      for (const size of [all.length, 7, 2, 1]) {
        const reading = new Reading(true);
        for (let at = 0; at < all.length; at += size) reading.push(all.subarray(at, at + size));
        assert.deepEqual(reading.passedOn, Buffer.concat([SMALL, LARGE, SMALL]), `chunks of ${size}`);
        assert.equal(reading.messages.length, 1);
      }
    });

  test('junk without end is an end', () => {
    const reading = new Reading(true);
    assert.throws(() => {
      for (let chunk = 0; chunk < 100; chunk += 1) reading.push(Buffer.alloc(1000));
    }, NotRtspError);
  });
});
