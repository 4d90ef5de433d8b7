import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hostList, mayHaveLogin } from '../../../src/capture/credential-hosts';

const ALLOWED = hostList('192.168.1.0/24, nvr.example.com; *.cams.example.com fd00::/8 10.0.0.5');

for (const host of [
  'recorder.local',
  'RECORDER.local.',
  '192.168.1.77',
  'nvr.example.com',
  'a.cams.example.com',
  '[fd00::5]',
  '10.0.0.5',
]) {
  test(`the login of recorder.local may be sent to ${host}`, () => {
    assert.equal(mayHaveLogin(host, 'recorder.local', ALLOWED), true);
  });
}

for (const host of [
  '',
  '192.168.2.77',
  'evil.example.com',
  'cams.example.com',
  'nvr.example.com.evil.org',
  '192.168.1.7.evil.org',
  '10.0.0.50',
  '[fe80::5]',
]) {
  test(`the login of recorder.local may not be sent to "${host}"`, () => {
    assert.equal(mayHaveLogin(host, 'recorder.local', ALLOWED), false);
  });
}

test('a login that was given for no host is sent to no host but those in its list', () => {
  assert.equal(mayHaveLogin('cam', '', []), false);
  assert.equal(mayHaveLogin('cam', '', ['cam']), true);
});

test('a network that is none matches nothing', () => {
  for (const entry of ['192.168.1.0/33', '192.168.1.0/x', 'cam/8', '/', '']) {
    assert.equal(mayHaveLogin('192.168.1.5', '', [entry]), false, entry);
  }
});
