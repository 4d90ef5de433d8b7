import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type RtspSource, rtspAddress, rtspSource } from '../../../src/capture/source';
import { ADDRESSES, REFUSED } from '../../fixtures/addresses';
import { PASSWORDS } from '../../fixtures/passwords';

function source(address: string, credentials: { user?: string; password?: string } = {}): RtspSource {
  return rtspSource(address, credentials, 'tcp');
}

/** What a camera reads out of the address that ffmpeg gets: ffmpeg decodes user and password. */
function login(address: string): { user: string; password: string; host: string; path: string } {
  const { username, password, host, pathname, search } = new URL(address.replace('rtsp:', 'http:'));
  return {
    user: decodeURIComponent(username),
    password: decodeURIComponent(password),
    host,
    path: pathname + search,
  };
}

for (const password of PASSWORDS) {
  test(`the password ${JSON.stringify(password)} arrives as it is`, () => {
    const expected = { user: 'admin', password, host: '192.168.1.20:554', path: '/live/main?a=1' };
    const address = 'rtsp://192.168.1.20:554/live/main?a=1';
    const separate = source(address, { user: 'admin', password });
    assert.equal(separate.url, address);
    assert.deepEqual(login(rtspAddress(separate)), expected, 'in a field of its own');
    const encoded = source(`rtsp://admin:${encodeURIComponent(password)}@192.168.1.20:554/live/main?a=1`);
    assert.equal(encoded.url, address);
    assert.deepEqual(login(rtspAddress(encoded)), expected, 'encoded in the address');
    // White space is refused in an address, and what looks encoded is taken as such.
    if (/\s|%[0-9a-f]{2}/i.test(password)) return;
    const raw = source(`rtsp://admin:${password}@192.168.1.20:554/live/main?a=1`);
    assert.equal(raw.url, address);
    assert.deepEqual(login(rtspAddress(raw)), expected, 'as it is in the address');
  });
}

for (const [address, url, user, password] of ADDRESSES) {
  test(`${address} is split into what may be shown and the credentials`, () => {
    assert.deepEqual(source(address), { kind: 'rtsp', url, user, password, transport: 'tcp' });
  });
}

test('the fields go before what is in the address', () => {
  const { url, user, password } = source('rtsp://old:secret@cam/live', { user: 'admin', password: 'new' });
  assert.deepEqual({ url, user, password }, { url: 'rtsp://cam/live', user: 'admin', password: 'new' });
});

for (const [address, message] of REFUSED) {
  test(`the address ${JSON.stringify(address)} is refused`, () => {
    assert.throws(() => source(address), { code: 'CAMERA_URL', message });
  });
}

test('what is wrong with an address is told without repeating it', () => {
  assert.throws(
    () => source('rtsp://admin:s3cret pw@cam/stream'),
    (error: Error) => !/s3cret/.test(JSON.stringify(error) + error.message),
  );
});
