import assert from 'node:assert/strict';
import { test } from 'node:test';
import { classifyExit } from '../../../src/capture/classify';
import type { CameraCode } from '../../../src/shared/errors';
import { redact } from '../../../src/shared/redact';

const URL_TEXT = 'rtsp://admin:s3cret-pw@192.168.1.20:554/a';

/** Printed by 4.x (2018) and 5.1.9, which are alike, and by 7.1.5, with `-loglevel level+error`. */
const opening = (text: string, reason: string) => [
  `${text && `${text}\n`}[error] ${URL_TEXT}: ${reason}`,
  `${text.replace(/(\d{3}) /, '$1') && `${text.replace(/(\d{3}) /, '$1')}\n`}[in#0 @ 0x55556f134040] [error] Error opening input: ${reason}\n` +
    `[error] Error opening input file ${URL_TEXT}.\n[fatal] Error opening input files: ${reason}`,
];
const describe = (status: string, reason: string) =>
  opening(`[rtsp @ 0x55cd819bd9c0] [error] method DESCRIBE failed: ${status}`, reason);
const NOT_ONE_OF = 'Server returned 4XX Client Error, but not one of 40{0,1,3,4}';
const MAP_TIP = "To ignore this, add a trailing '?' to the map.";

const TEXTS: [string, CameraCode, string[]][] = [
  [
    'a wrong password',
    'CAMERA_AUTH',
    describe('401 Unauthorized', 'Server returned 401 Unauthorized (authorization failed)'),
  ],
  [
    'a user without rights',
    'CAMERA_AUTH',
    describe('403 Forbidden', 'Server returned 403 Forbidden (access denied)'),
  ],
  ['an unknown path', 'CAMERA_NOT_FOUND', describe('404 Not Found', 'Server returned 404 Not Found')],
  ['too many sessions', 'CAMERA_BUSY', describe('453 Not Enough Bandwidth', NOT_ONE_OF)],
  [
    'a recorder at its limit',
    'CAMERA_BUSY',
    describe('500 Internal Server Error', 'Server returned 5XX Server Error reply'),
  ],
  ['a transport that is refused', 'CAMERA_PROTOCOL', describe('461 Unsupported Transport', NOT_ONE_OF)],
  [
    'a closed port',
    'CAMERA_NETWORK',
    opening(
      '[tcp @ 0x55689e2b4880] [error] Connection to tcp://127.0.0.1:1?timeout=2000000 failed: Connection refused',
      'Connection refused',
    ),
  ],
  ['no route', 'CAMERA_NETWORK', opening('', 'No route to host')],
  [
    'an unknown host',
    'CAMERA_NETWORK',
    opening(
      '[tcp @ 0x564f83d8a880] [error] Failed to resolve hostname nohost.invalid: Name or service not known',
      'Input/output error',
    ),
  ],
  [
    'something that does not answer as expected',
    'CAMERA_PROTOCOL',
    opening('', 'Invalid data found when processing input'),
  ],
  [
    'a stream without video',
    'CAMERA_NO_VIDEO',
    [
      `[fatal] Stream map '0:v:0' matches no streams.\n${MAP_TIP}`,
      `[fatal] Stream map '' matches no streams.\n${MAP_TIP}\n[error] Failed to set value '0:v:0' for option 'map': Invalid argument\n` +
        '[error] Error parsing options for output file -.\n[fatal] Error opening output files: Invalid argument',
      '[error] Output file #0 does not contain any stream',
    ],
  ],
  [
    'an option that is not known',
    'CAMERA_FFMPEG_OPTION',
    [
      "[error] Unrecognized option 'stimeout'.\n[fatal] Error splitting the argument list: Option not found",
      '[error] Option stimeout not found.',
    ],
  ],
  ['a file that is not there', 'CAMERA_FILE', ['[error] file:/data/gate.mp4: No such file or directory']],
  ['a file that may not be read', 'CAMERA_FILE', ['[error] file:/data/gate.mp4: Permission denied']],
  [
    'a file that is no video',
    'CAMERA_PROTOCOL',
    [
      '[mov,mp4,m4a,3gp,3g2,mj2 @ 0x17bf2c80] [error] moov atom not found\n[error] file:gate.mp4: Invalid data found when processing input',
    ],
  ],
  [
    'an untrusted certificate',
    'CAMERA_TLS',
    ['[tls @ 0x1] [error] Peer certificate failed verification', 'error:0A000086:SSL routines::TLS alert'],
  ],
  ['a lost camera, which leaves no text', 'CAMERA_LOST', ['', '\n']],
  [
    'a lost camera that sent broken pictures before',
    'CAMERA_LOST',
    [
      '[h264 @ 0x1] [error] error while decoding MB 7 0, bytestream 321\nError while decoding stream #0:0: Invalid data found when processing input',
      '[vist#0:0/h264 @ 0x1] [dec:h264 @ 0x2] [error] Error submitting packet to decoder: Invalid data found when processing input',
    ],
  ],
  [
    'a host whose name holds "tls"',
    'CAMERA_NETWORK',
    ['[error] rtsp://portlse.example/a: Connection refused'],
  ],
];

for (const [what, code, texts] of TEXTS) {
  test(`${what} is ${code}`, () => {
    for (const text of texts) assert.equal(classifyExit(text).code, code, text);
  });
}

test('every class says what happened and what to do, and shows the text without a secret', () => {
  for (const [, , texts] of TEXTS) {
    for (const text of texts) {
      const { message, cause } = classifyExit(redact(text, ['s3cret-pw']));
      assert.match(message, /^[A-Z].*\.$/);
      assert.match(cause.advice, /^[A-Z].*\.$/);
      assert.ok(!JSON.stringify([message, cause]).includes('s3cret'));
      assert.ok(cause.detail.length <= 500);
    }
  }
});

test('only what a user must change first is not worth another try', () => {
  for (const [, code, texts] of TEXTS) {
    for (const text of texts)
      assert.equal(classifyExit(text).cause.retryable, code !== 'CAMERA_FFMPEG_OPTION');
  }
});
