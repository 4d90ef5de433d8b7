import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { RtpTraffic } from '../../../../src/capture/rtsp/rtp-traffic';

interface Packet {
  sequence?: number;
  timestamp?: number;
  marker?: boolean;
  source?: number;
  payload?: number[];
  /** Contributing sources, and words of an extension. */
  csrc?: number;
  extension?: number;
}

function packet({
  sequence = 0,
  timestamp = 0,
  marker = false,
  source = 7,
  payload = [1],
  csrc = 0,
  extension,
}: Packet): Buffer {
  const head = Buffer.alloc(12 + 4 * csrc);
  head[0] = 0x80 | csrc | (extension === undefined ? 0 : 0x10);
  head[1] = 96 | (marker ? 0x80 : 0);
  head.writeUInt16BE(sequence & 0xffff, 2);
  head.writeUInt32BE(timestamp % 2 ** 32, 4);
  head.writeUInt32BE(source, 8);
  const words = Buffer.alloc(extension === undefined ? 0 : 4 + 4 * extension);
  if (extension !== undefined) words.writeUInt16BE(extension, 2);
  return Buffer.concat([head, words, Buffer.from(payload)]);
}

function after(packets: Packet[], codec = 'h264', clockRate = 90_000) {
  const rtp = new RtpTraffic();
  rtp.expect(codec, clockRate);
  packets.forEach((each, index) => {
    const bytes = packet(each);
    rtp.video(bytes, 0, bytes.length, bytes.length, index * 100);
  });
  return rtp.traffic;
}

const IDR = [0x65, 0x88];

describe('traffic of a video track', () => {
  const losses: [string, number[], number][] = [
    ['none', [5, 6, 7, 8], 0],
    ['over the end of 16 bits', [65534, 65535, 0, 1], 0],
    ['three in a gap', [10, 14], 3],
    ['a gap over the end', [65535, 2], 2],
    ['late ones are no longer lost', [1, 2, 5, 3, 4, 6], 0],
    ['one of two comes late', [1, 4, 3, 5], 1],
    ['a far jump is a new beginning', [10, 9000, 9001], 0],
    ['far back is a new beginning', [9000, 10, 11], 0],
  ];
  for (const [name, sequences, lost] of losses)
    test(`counts lost packets: ${name}`, () => {
      assert.equal(after(sequences.map((sequence) => ({ sequence }))).lostPackets, lost);
    });

  test('another source begins anew, whatever its numbers', () => {
    const traffic = after([{ sequence: 1 }, { sequence: 500, source: 8 }, { sequence: 501, source: 8 }]);
    assert.equal(traffic.lostPackets, 0);
  });

  test('counts bytes, packets and pictures, and when the last one came', () => {
    const traffic = after([
      { sequence: 1, timestamp: 0 },
      { sequence: 2, timestamp: 0, marker: true },
      { sequence: 3, timestamp: 3000, marker: true },
    ]);
    assert.equal(traffic.videoPackets, 3);
    assert.equal(traffic.videoBytes, 39);
    assert.equal(traffic.pictures, 2);
    assert.equal(traffic.lastVideoAt, 200);
  });

  test('a camera that marks each slice has no more pictures for that', () => {
    const traffic = after([
      { timestamp: 1, marker: true },
      { sequence: 1, timestamp: 1, marker: true },
    ]);
    assert.equal(traffic.pictures, 1);
  });

  test('what is no RTP is counted as other', () => {
    const rtp = new RtpTraffic();
    rtp.video(Buffer.alloc(4), 0, 4, 4, 0);
    rtp.video(Buffer.alloc(20), 0, 20, 20, 0);
    rtp.other();
    assert.equal(rtp.traffic.otherPackets, 3);
    assert.equal(rtp.traffic.lastVideoAt, null);
  });

  const payloads: [string, string, number[], boolean][] = [
    ['h264', 'IDR alone', IDR, true],
    ['h264', 'a slice', [0x41, 0x9a], false],
    ['h264', 'SPS', [0x67, 0x42], false],
    ['h264', 'first fragment of an IDR', [0x7c, 0x85, 1], true],
    ['h264', 'next fragment of an IDR', [0x7c, 0x05, 1], false],
    ['h264', 'first fragment of a slice', [0x7c, 0x81, 1], false],
    ['h264', 'STAP-A of SPS, PPS, IDR', [0x78, 0, 2, 0x67, 1, 0, 2, 0x68, 1, 0, 2, 0x65, 1], true],
    ['h264', 'STAP-A of SPS, PPS', [0x78, 0, 2, 0x67, 1, 0, 2, 0x68, 1], false],
    ['h264', 'STAP-A that lies about sizes', [0x78, 255, 255, 0x67, 1, 0, 2, 0x65, 1], false],
    ['h264', 'SPS and IDR with start codes within', [0x67, 1, 0, 0, 0, 1, 0x68, 1, 0, 0, 1, 0x65, 1], true],
    ['h264', 'the same as first fragment', [0x7c, 0x87, 1, 0, 0, 1, 0x65, 1], true],
    ['h264', 'AUD and slice with start codes within', [0x09, 1, 0, 0, 0, 1, 0x41, 1], false],
    ['h265', 'IDR_W_RADL', [19 << 1, 1], true],
    ['h265', 'CRA', [21 << 1, 1], true],
    ['h265', 'BLA', [16 << 1, 1], true],
    ['h265', 'reserved 22', [22 << 1, 1], false],
    ['h265', 'TRAIL_R', [1 << 1, 1], false],
    ['h265', 'first fragment of an IDR', [49 << 1, 1, 0x80 | 19], true],
    ['h265', 'last fragment of an IDR', [49 << 1, 1, 0x40 | 19], false],
    ['h265', 'AP of VPS and IDR', [48 << 1, 1, 0, 2, 32 << 1, 1, 0, 2, 19 << 1, 1], true],
    ['h265', 'AP of VPS and SPS', [48 << 1, 1, 0, 2, 32 << 1, 1, 0, 2, 33 << 1, 1], false],
    ['mjpeg', 'any picture', [0, 0, 0, 0], true],
  ];
  for (const [codec, name, payload, isKey] of payloads)
    test(`${codec}: ${name} ${isKey ? 'begins a keyframe' : 'does not begin a keyframe'}`, () => {
      assert.equal(after([{ payload }], codec).keyframes, isKey ? 1 : 0);
    });

  test('finds the payload behind contributing sources and an extension', () => {
    assert.equal(after([{ payload: IDR, csrc: 2, extension: 3 }]).keyframes, 1);
    assert.equal(after([{ payload: IDR, extension: 0 }]).keyframes, 1);
  });

  test('a keyframe of many slices is one', () => {
    const traffic = after([
      { timestamp: 9, payload: IDR },
      { sequence: 1, timestamp: 9, payload: IDR },
    ]);
    assert.equal(traffic.keyframes, 1);
  });

  test('says nothing of keyframes where it does not know the codec', () => {
    const traffic = after([{ payload: IDR, marker: true }], 'mp4v-es');
    assert.equal(traffic.keyframes, null);
    assert.equal(traffic.pictures, 1);
  });

  const gops: [string, number[], number, number | null][] = [
    ['one keyframe alone tells none', [0], 90_000, null],
    ['two seconds', [0, 180_000], 90_000, 2000],
    ['over the end of 32 bits', [2 ** 32 - 45_000, 45_000], 90_000, 1000],
    ['the newest pair', [0, 90_000, 450_000], 90_000, 4000],
    ['another clock rate', [0, 8000], 8000, 1000],
    ['a clock that was set back is no GOP', [0, 90_000, 0], 90_000, 1000],
  ];
  for (const [name, timestamps, clockRate, gopMs] of gops)
    test(`measures the GOP: ${name}`, () => {
      const packets = timestamps.map((timestamp, sequence) => ({ sequence, timestamp, payload: IDR }));
      assert.equal(after(packets, 'h264', clockRate).gopMs, gopMs);
    });
});
