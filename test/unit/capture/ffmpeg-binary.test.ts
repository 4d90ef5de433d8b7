import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { findFfmpeg, howToInstall, readOptions, readVersion } from '../../../src/capture/ffmpeg-binary';
import { CameraError } from '../../../src/shared/errors';

const root = mkdtempSync(join(tmpdir(), 'ffmpeg-binary-'));
after(() => rmSync(root, { recursive: true }));

/** A program that answers as an ffmpeg of this version does, and counts how often it was asked. */
function fakeFfmpeg(
  folder: string,
  version: string,
  { mode = 0o755, libavformat = '59. 27.100' } = {},
): string {
  const path = join(root, folder, 'ffmpeg');
  mkdirSync(join(root, folder), { recursive: true });
  writeFileSync(
    path,
    `#!/bin/sh\necho asked >> "${path}.asked"\ncat <<END\nffmpeg version ${version} Copyright (c) 2000-2026 the FFmpeg developers\n` +
      `libavformat    ${libavformat} / 59. 27.100\n  -rtsp_transport <flags> .D....... set RTSP transport\n  -timeout <int64> .D..... x\nEND\n`,
  );
  chmodSync(path, mode);
  return path;
}

const locations = (rest: Partial<Parameters<typeof findFfmpeg>[0]> = {}) => ({
  configured: '',
  env: { PATH: '' },
  bundled: null,
  ...rest,
});

const HEAD = (version: string) => `ffmpeg version ${version} Copyright (c) 2000-2022 the FFmpeg developers\n`;

const VERSIONS: [string, string, boolean][] = [
  [`${HEAD('4.1')}built with gcc\nlibavformat    58. 20.100 / 58. 20.100`, '4.1', false],
  [
    `${HEAD('4.4.2-0ubuntu0.22.04.1')}libavformat    58. 76.100 / 58. 76.100`,
    '4.4.2-0ubuntu0.22.04.1',
    false,
  ],
  [`${HEAD('5.0.1')}libavformat    59. 16.100 / 59. 16.100`, '5.0.1', false],
  [`${HEAD('5.1.9-0+deb12u1')}libavformat    59. 27.100 / 59. 27.100`, '5.1.9-0+deb12u1', true],
  [`${HEAD('7.1.5')}libavformat    61.  7.100 / 61.  7.100`, '7.1.5', true],
  [
    `${HEAD('N-47683-g0e8eb07980-static')}libavformat    58. 24.100 / 58. 24.100`,
    'N-47683-g0e8eb07980-static',
    false,
  ],
  [`${HEAD('git-2026-08-20-abcdef')}libavformat    62.  1.100 / 62.  1.100`, 'git-2026-08-20-abcdef', true],
];

for (const [text, version, hasFpsMode] of VERSIONS) {
  test(`ffmpeg ${version} ${hasFpsMode ? 'has' : 'does not have'} -fps_mode`, () => {
    assert.deepEqual(readVersion(text), { version, hasFpsMode });
  });
}

test('a program that is not ffmpeg is told from one', () => {
  assert.throws(() => readVersion('avconv version 12.3'));
  assert.throws(() => readVersion(''));
});

test('the options of the RTSP reader are read out of its help', () => {
  const help = [
    'Demuxer rtsp [RTSP input]:',
    'RTSP demuxer AVOptions:',
    '  -rtsp_transport    <flags>      ED......... set RTSP transport protocols (default 0)',
    '     udp                          ED......... UDP',
    '  -timeout           <int64>      .D......... set timeout (in microseconds)',
    '  -user_agent        <string>     .D......... override User-Agent header (default "Lavf59.27.100")',
  ].join('\n');
  assert.deepEqual([...readOptions(help)], ['rtsp_transport', 'timeout', 'user_agent']);
});

test('it is looked for in this order: the setting, FFMPEG_PATH, PATH, ffmpeg-static', async () => {
  const [configured, variable, first, second, bundled] = ['1', '2', '3', '4', '5'].map((n) =>
    fakeFfmpeg(`order${n}`, `${n}.0`),
  );
  const PATH = [join(root, 'nothing-here'), join(root, 'order3'), join(root, 'order4')].join(':');
  const all = {
    configured: configured ?? '',
    env: { FFMPEG_PATH: variable, PATH },
    bundled: bundled ?? null,
  };
  const found = async (rest: object) => (await findFfmpeg({ ...all, ...rest })).path;
  assert.equal(await found({}), configured);
  assert.equal(await found({ configured: '' }), variable);
  assert.equal(await found({ configured: '', env: { PATH } }), first);
  rmSync(first ?? '');
  assert.equal(await found({ configured: '', env: { PATH } }), second);
  assert.equal(await found({ configured: '', env: {} }), bundled);
});

test('an ffmpeg is asked what it can do', async () => {
  const path = fakeFfmpeg('ask', '5.1.9');
  assert.deepEqual(await findFfmpeg(locations({ configured: path })), {
    path,
    version: '5.1.9',
    hasFpsMode: true,
    rtspOptions: new Set(['rtsp_transport', 'timeout']),
  });
});

test('a hundred cameras ask one ffmpeg once, and again when its file has changed', async () => {
  const { readFile } = await import('node:fs/promises');
  const path = fakeFfmpeg('often', '5.1.9');
  const asked = async () => (await readFile(`${path}.asked`, 'utf8')).trim().split('\n').length;
  await Promise.all(Array.from({ length: 100 }, () => findFfmpeg(locations({ configured: path }))));
  assert.equal(await asked(), 2, 'for its version and its options');
  fakeFfmpeg('often', '7.1-changed', { libavformat: '61.  7.100' });
  assert.equal((await findFfmpeg(locations({ configured: path }))).version, '7.1-changed');
  assert.equal(await asked(), 4);
});

test('one in PATH that does not run is passed over', async () => {
  const notExecutable = fakeFfmpeg('not-executable', '5.0', { mode: 0o644 });
  const broken = fakeFfmpeg('broken', '5.0');
  writeFileSync(broken, '#!/bin/sh\nexit 3\n');
  const good = fakeFfmpeg('good', '6.0');
  const PATH = ['not-executable', 'broken', 'good'].map((name) => join(root, name)).join(':');
  assert.equal((await findFfmpeg(locations({ env: { PATH } }))).path, good);
  await assert.rejects(findFfmpeg(locations({ configured: notExecutable })), {
    code: 'CAMERA_FFMPEG_MISSING',
  });
  await assert.rejects(findFfmpeg(locations({ configured: broken })), { code: 'CAMERA_FFMPEG_MISSING' });
});

test('one that was broken is asked again', async () => {
  const path = fakeFfmpeg('repaired', '6.0');
  const text = '#!/bin/sh\n[ -e "$0.ok" ] || exit 3\necho "ffmpeg version 6.0"\n';
  writeFileSync(path, text);
  await assert.rejects(findFfmpeg(locations({ configured: path })));
  writeFileSync(`${path}.ok`, '');
  assert.equal((await findFfmpeg(locations({ configured: path }))).version, '6.0');
});

test('none at all: the error tells how to get one, and that it is looked for again', async () => {
  await assert.rejects(findFfmpeg(locations()), (error) => {
    assert.ok(error instanceof CameraError);
    assert.equal(error.code, 'CAMERA_FFMPEG_MISSING');
    assert.equal(error.message, 'No ffmpeg was found on this machine.');
    assert.equal(error.cause.retryable, true);
    assert.equal(error.cause.advice, howToInstall(process.platform));
    return true;
  });
  await assert.rejects(findFfmpeg(locations({ configured: '/nowhere/ffmpeg' })), {
    message: 'The ffmpeg at /nowhere/ffmpeg cannot be run.',
  });
});

test('each system is told its own way to an ffmpeg', () => {
  assert.match(howToInstall('linux'), /apt install ffmpeg.*apk add ffmpeg/);
  assert.match(howToInstall('darwin'), /brew install ffmpeg/);
  assert.match(howToInstall('win32'), /winget install ffmpeg/);
});
