import assert from 'node:assert/strict';
import { test } from 'node:test';
import { httpSource, type RtspSource, rtspSource, SYSTEM_TRUST } from '../../../src/capture/source';
import { type AddressKind, cameraAddress } from '../../../src/capture/source-address';
import { ADDRESSES, REFUSED } from '../../fixtures/addresses';
import { PASSWORDS } from '../../fixtures/passwords';

function source(address: string, credentials: { user?: string; password?: string } = {}): RtspSource {
  return rtspSource(address, credentials, 'tcp');
}

for (const password of PASSWORDS) {
  test(`the password ${JSON.stringify(password)} arrives as it is`, () => {
    const expected = {
      kind: 'rtsp',
      url: 'rtsp://192.168.1.20:554/live/main?a=1',
      user: 'admin',
      password,
      transport: 'tcp',
      tls: SYSTEM_TRUST,
    };
    assert.deepEqual(source(expected.url, { user: 'admin', password }), expected, 'in a field of its own');
    const encoded = source(`rtsp://admin:${encodeURIComponent(password)}@192.168.1.20:554/live/main?a=1`);
    assert.deepEqual(encoded, expected, 'encoded in the address');
    // White space is refused in an address, and what looks encoded is taken as such.
    if (/\s|%[0-9a-f]{2}/i.test(password)) return;
    const raw = source(`rtsp://admin:${password}@192.168.1.20:554/live/main?a=1`);
    assert.deepEqual(raw, expected, 'as it is in the address');
  });
}

for (const [address, url, user, password] of ADDRESSES) {
  test(`${address} is split into what may be shown and the credentials`, () => {
    const { url: shown, user: name, password: word } = source(address);
    assert.deepEqual([shown, name, word], [url, user, password]);
  });

  test(`${address} is split in the same way as an address of HTTP`, () => {
    const http = address.replace(/^rtsp/i, 'http');
    assert.deepEqual(cameraAddress(http, 'mjpeg'), { url: url.replace(/^rtsp/, 'http'), user, password });
  });
}

test('the fields go before what is in the address', () => {
  const { url, user, password } = source('rtsp://old:secret@cam/live', { user: 'admin', password: 'new' });
  assert.deepEqual({ url, user, password }, { url: 'rtsp://cam/live', user: 'admin', password: 'new' });
});

test('what is read over HTTP has its own address, its trust and its pace', () => {
  const tls = { verify: 'any', fingerprint: '' } as const;
  assert.deepEqual(
    httpSource('snapshot', 'https://admin:pw1@cam/now.jpg', { user: 'watcher' }, { tls, everyMs: 500 }),
    {
      kind: 'snapshot',
      url: 'https://cam/now.jpg',
      user: 'watcher',
      password: 'pw1',
      tls,
      everyMs: 500,
    },
  );
});

for (const [address, message] of REFUSED) {
  test(`the address ${JSON.stringify(address)} is refused`, () => {
    assert.throws(() => source(address), { code: 'CAMERA_URL', message });
  });
}

/** Address · source · what the advice says. */
const ELSEWHERE: [string, AddressKind, RegExp][] = [
  ['http://cam/a.m3u8', 'rtsp', /HLS, MJPEG or snapshot/],
  ['file:///data/a.mp4', 'rtsp', /"recording"/],
  ['webrtc://cam/a', 'rtsp', /go2rtc or MediaMTX/],
  ['srt://cam:9000', 'hls', /go2rtc or MediaMTX/],
  ['rtmp://cam/live', 'rtsp', /go2rtc or MediaMTX/],
  ['rtsp://cam/live', 'snapshot', /network camera/],
  ['ftp://cam/live', 'mjpeg', /such as http:/],
];

for (const [address, kind, advice] of ELSEWHERE) {
  test(`${address} for ${kind} is refused with what to do`, () => {
    assert.throws(
      () => cameraAddress(address, kind),
      (error: Error & { cause: { advice: string } }) =>
        advice.test(error.cause.advice) && /^[A-Z].*\.$/.test(error.cause.advice),
    );
  });
}

test('what is wrong with an address is told without repeating it', () => {
  assert.throws(
    () => source('rtsp://admin:s3cret pw@cam/stream'),
    (error: Error) => !/s3cret/.test(JSON.stringify(error) + error.message),
  );
});
