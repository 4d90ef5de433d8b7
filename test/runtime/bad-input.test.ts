import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import sharp from 'sharp';
import { encodeVideo, SimulatedCamera } from '../../src/simulator';
import {
  about,
  assertClear,
  Bench,
  bytes,
  cameraNodes,
  catchAll,
  stageNodes,
  visionNodes,
} from '../fixtures/flow-bench';
import { freePort } from '../fixtures/free-port';
import { needs } from '../fixtures/needs';
import { isSetUp, NodeRed } from '../fixtures/node-red';
import { type Received, type Turn, VisionServer, yes } from '../fixtures/vision-server';
import { waitFor } from '../fixtures/wait';

const USER = 'viewer';
const PASSWORD = 'p@ss:w/rd?#%&+ä';
const WRONG_PASSWORD = 'wr0ng:p@ss/w?rd#%&ö';
const PASSWORD_IN_ADDRESS = 'in%20the address@';
const KEY = 'sk-proj-Zq7xW2mK9vTgood4411';
const WRONG_KEY = 'sk-proj-Hb3nR8cL5yUwrong9922';
const SECRETS = [PASSWORD, WRONG_PASSWORD, PASSWORD_IN_ADDRESS, KEY, WRONG_KEY];

describe('bad input in a real Node-RED', { skip: needs('Node-RED 4.1', isSetUp('4.1')) }, () => {
  const vision = new VisionServer();
  let nodeRed: NodeRed;
  let bench: Bench;
  let pid = 0;
  let camera: SimulatedCamera;
  let silent: SimulatedCamera;
  let basic: SimulatedCamera;
  let web: { server: Server; requests: number; port: number };
  let visionUrl = '';
  let closedPort = 0;
  let jpeg: Buffer;
  /** The rest of the run is the proof that one camera's trouble is no other's. */
  let witness: ReturnType<typeof cameraNodes>;

  before(async () => {
    const video = await encodeVideo({
      ffmpeg: process.env.FFMPEG_PATH ?? 'ffmpeg',
      source: (size, fps) => [
        '-f',
        'lavfi',
        '-t',
        '10',
        '-i',
        `testsrc2=s=${size.width}x${size.height}:r=${fps}`,
      ],
      width: 320,
      height: 180,
      fps: 5,
      gop: 2,
    });
    const login = { user: USER, password: PASSWORD };
    camera = new SimulatedCamera({ video, ...login, auth: 'digest' });
    basic = new SimulatedCamera({ video, ...login, auth: 'basic' });
    silent = new SimulatedCamera({ video, fault: { kind: 'noreply' } });
    await Promise.all([camera.start(), basic.start(), silent.start()]);
    web = await startWeb();
    vision.decide = decide;
    visionUrl = await vision.start();
    closedPort = await freePort();
    jpeg = await sharp({ create: { width: 64, height: 48, channels: 3, background: '#789' } })
      .jpeg()
      .toBuffer();
    nodeRed = await NodeRed.start('4.1');
    pid = nodeRed.pid;
    bench = new Bench(nodeRed);
    witness = cameraNodes('witness', { url: `${(await quiet(video)).url}` });
  });
  after(async () => {
    await nodeRed?.stop();
    await Promise.all([camera?.stop(), basic?.stop(), silent?.stop(), other?.stop(), vision.stop()]);
    web?.server.closeAllConnections();
    web?.server.close();
  });

  let other: SimulatedCamera | undefined;
  async function quiet(video: Awaited<ReturnType<typeof encodeVideo>>): Promise<SimulatedCamera> {
    other = new SimulatedCamera({ video });
    await other.start();
    return other;
  }

  describe('cameras', () => {
    const ADDRESSES = [
      ['an empty address', ''],
      ['an address that begins with -', '-i'],
      ['an option', '-f lavfi -i testsrc'],
      ['concat:', 'concat:/etc/passwd|/etc/hosts'],
      ['file:', 'file:///etc/passwd'],
      ['http:', 'http://127.0.0.1/video'],
      ['no host', 'rtsp://'],
      ['a line break', 'rtsp://127.0.0.1/live\n-i'],
      ['a NUL', `rtsp://${USER}:${encodeURIComponent(PASSWORD_IN_ADDRESS)}@127.0.0.1/li\0ve`],
    ] as const;
    const PATHS = [
      ['no path', '', 'CAMERA_FILE'],
      ['a path that begins with -', '-i', 'CAMERA_FILE'],
      ['a path with concat:', 'concat:/etc/passwd|/etc/hosts', 'CAMERA_FILE'],
      ['a path that is a web address', 'http://127.0.0.1:1/clip.mp4', 'CAMERA_FILE'],
      ['a file that is no recording', 'settings.js', 'CAMERA_PROTOCOL'],
      ['a playlist of web addresses', 'list.m3u8', 'CAMERA_PROTOCOL'],
    ] as const;
    const wrong = { user: USER, password: WRONG_PASSWORD };

    before(async () => {
      writeFileSync(
        join(nodeRed.userDir, 'list.m3u8'),
        `#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nhttp://127.0.0.1:${web.port}/a.ts\n#EXT-X-ENDLIST\n`,
      );
      const login = `${USER}:${encodeURIComponent(PASSWORD_IN_ADDRESS)}`;
      await bench.deploy([
        ...witness,
        ...ADDRESSES.flatMap(([, url], index) => cameraNodes(`address${index}`, { url })),
        ...PATHS.flatMap(([, path], index) => cameraNodes(`path${index}`, { kind: 'file', path })),
        ...cameraNodes('digest', { url: camera.url, credentials: wrong }),
        ...cameraNodes('basic', { url: basic.url.replace('//', `//${login}@`) }),
        ...cameraNodes('silent', { url: silent.url, firstFrameS: '8' }),
        ...cameraNodes('closed', { url: `rtsp://127.0.0.1:${closedPort}/live`, credentials: wrong }),
        ...cameraNodes('nobody', {}, { camera: 'gone' }),
      ]);
    });

    for (const [index, [name, url]] of ADDRESSES.entries()) {
      test(`${name} as address is one CAMERA_URL`, async () => {
        const error = await bench.oneError(`address${index}`, 'CAMERA_URL');
        assert.ok(url.length < 10 || !JSON.stringify(error).includes(url));
        assert.match(error.cause.advice, /rtsp:\/\//);
      });
    }

    for (const [index, [name, , code]] of PATHS.entries()) {
      test(`${name} is one ${code}`, async () => {
        await bench.oneError(`path${index}`, code);
      });
    }

    test('a playlist does not make ffmpeg open a web address', () => assert.equal(web.requests, 0));

    for (const id of ['digest', 'basic']) {
      test(`a wrong password (${id}) is one CAMERA_AUTH, offline on output 2, and one attempt`, async () => {
        await bench.oneError(id, 'CAMERA_AUTH');
        const [health, ...more] = await bench.some(`health-${id}`);
        assert.equal(more.length, 0);
        assert.equal(health?.camera?.state, 'offline');
        assert.equal(health?.camera?.code, 'CAMERA_AUTH');
        assert.notEqual(health?.camera?.advice, '');
        assert.equal((id === 'basic' ? basic : camera).counters.authorizations, 1);
      });
    }

    test('a camera that is not chosen is one CONFIG_MISSING_NODE', async () => {
      await bench.oneError('nobody', 'CONFIG_MISSING_NODE');
    });

    test('hosts that do not answer are one error each, however often they are tried, and come back', async () => {
      await waitFor('a second try', 60_000, () => silent.counters.connections >= 2);
      const stalled = await bench.oneError('silent', 'CAMERA_STALLED');
      assert.doesNotMatch(stalled.cause.advice, /camera answers/, 'nobody has answered');
      await bench.oneError('closed', 'CAMERA_NETWORK');
      silent.fault = { kind: 'none' };
      await bench.some('frames-silent', 60_000);
      const states = bench.told('health-silent').map(({ camera }) => camera?.state);
      assert.deepEqual(states, ['offline', 'online']);
    });

    test('the statuses say what is wrong, in words', () => {
      const shown = (id: string) => bench.statuses(id).at(-1)?.text;
      assert.equal(shown('address1'), 'check the camera');
      assert.equal(shown('digest'), 'wrong password');
      assert.equal(shown('closed'), 'not reachable');
      assert.equal(shown('nobody'), 'no camera chosen');
    });

    test('the camera beside them lost no frame', () => bench.assertNoFrameLost('witness'));

    test('wrong commands are one error each, and the node goes on', async () => {
      await bench.give('witness', [{ command: 'explode' }, { payload: '-i /etc/passwd' }]);
      const errors = await bench.some('errors-witness', 15_000, 2);
      assert.deepEqual(
        errors.map(({ error }) => error?.code),
        ['INPUT_COMMAND', 'INPUT_COMMAND'],
      );
      const seen = bench.told('frames-witness').length;
      await bench.some('frames-witness', 15_000, seen + 2);
      bench.assertNoFrameLost('witness');
    });

    test('corrected cameras work, and the stream of the other one goes on', async () => {
      const good = { user: USER, password: PASSWORD };
      const sessions = other?.counters.play;
      await bench.deploy([
        ...witness,
        ...cameraNodes('address3', { url: silent.url }),
        ...cameraNodes('digest', { url: camera.url, credentials: good }),
        ...cameraNodes('basic', { url: basic.url, credentials: good }),
      ]);
      for (const id of ['address3', 'digest', 'basic', 'witness']) await bench.some(`frames-${id}`, 15_000);
      for (const id of ['address3', 'digest', 'basic']) assert.deepEqual(bench.told(`errors-${id}`), []);
      for (const { counters } of [camera, basic]) assert.equal(counters.authorizationsRefused, 1);
      assert.equal(other?.counters.play, sessions);
    });

    test('a Catch node gets what no error output takes: one error, in the same words', async () => {
      await bench.deploy([
        ...witness,
        ...cameraNodes('digest', { url: camera.url, credentials: wrong }, { caught: true }),
        ...cameraNodes('address1', { url: '-i' }, { caught: true }),
        ...catchAll(),
      ]);
      const auth = await bench.oneCaught('in-digest', 'CAMERA_AUTH');
      assert.equal(auth.message, 'The camera refuses the user or password.');
      await bench.oneCaught('in-address1', 'CAMERA_URL');
      assert.equal(camera.counters.authorizationsRefused, 1, 'it was refused less than five minutes ago');
    });
  });

  describe('questions and endpoints that cannot be used', () => {
    const good = () => ({
      preset: 'custom',
      baseUrl: visionUrl,
      model: 'good',
      credentials: { apiKey: KEY },
    });
    const CASES: [name: string, code: string, question: object, endpoint: object | null][] = [
      ['an empty prompt', 'VISION_PROMPT', { prompt: '' }, {}],
      ['a prompt of spaces', 'VISION_PROMPT', { prompt: ' \n ' }, {}],
      ['a prompt whose braces do not close', 'VISION_PROMPT', { prompt: 'Is {{camera' }, {}],
      ['a schema that is no JSON', 'VISION_SCHEMA', { schema: 'yes or no' }, {}],
      ['a schema that is a list', 'VISION_SCHEMA', { schema: '[]' }, {}],
      [
        'a schema with a type that does not exist',
        'VISION_SCHEMA',
        { schema: '{"type":"object","properties":{"verdict":{"type":"word"}}}' },
        {},
      ],
      [
        'a schema that refers to a file',
        'VISION_SCHEMA',
        { schema: '{"type":"object","properties":{"verdict":{"$ref":"file:///etc/passwd"}}}' },
        {},
      ],
      ['a base URL that begins with -', 'CONFIG_INVALID', {}, { baseUrl: '-K/etc/passwd' }],
      ['a base URL with file:', 'CONFIG_INVALID', {}, { baseUrl: 'file:///etc/passwd' }],
      ['a base URL with concat:', 'CONFIG_INVALID', {}, { baseUrl: 'concat:/etc/passwd|/etc/hosts' }],
      [
        'a base URL with a password',
        'CONFIG_INVALID',
        {},
        { baseUrl: `http://me:${'hunter2hunter2'}@127.0.0.1/v1` },
      ],
      ['no key', 'CONFIG_INVALID', {}, { preset: 'openai', credentials: {} }],
      ['a key that was copied masked', 'CONFIG_INVALID', {}, { credentials: { apiKey: 'sk-proj-Zq7…4411' } }],
      ['no endpoint', 'CONFIG_MISSING_NODE', {}, null],
    ];
    const id = (index: number) => `case${index}`;

    before(() =>
      bench.deploy([
        ...CASES.flatMap(([, , question, endpoint], index) =>
          visionNodes(id(index), endpoint && { ...good(), ...endpoint }, question),
        ),
        ...visionNodes('good', good()),
      ]),
    );

    for (const [index, [name, code]] of CASES.entries()) {
      test(`${name} is ${code}: once for each message`, async () => {
        const calls = vision.calls;
        for (const count of [1, 2]) {
          await bench.give(id(index), [about(jpeg)]);
          const errors = await bench.some(`errors-${id(index)}`, 15_000, count);
          assert.equal(errors.length, count);
          assertClear(errors.at(-1)?.error, code);
        }
        assert.deepEqual(bench.told(`answers-${id(index)}`), []);
        assert.equal(vision.calls, calls, 'nothing was sent');
      });
    }

    test('the node beside them answers', async () => {
      await bench.give('good', [about(jpeg)]);
      const [answer] = await bench.some('answers-good');
      assert.equal(answer?.vision?.verdict, 'yes');
    });
  });

  describe('messages and servers', () => {
    const endpoint = (model: string, rest: object = {}) => ({
      preset: 'custom',
      baseUrl: visionUrl,
      model,
      maxAttempts: '2',
      credentials: { apiKey: KEY },
      ...rest,
    });

    before(() =>
      bench.deploy([
        ...visionNodes('good', endpoint('good')),
        ...visionNodes('prose', endpoint('prose')),
        ...visionNodes('key', endpoint('good', { credentials: { apiKey: WRONG_KEY } })),
        ...visionNodes('soon', endpoint('soon')),
        ...visionNodes('late', endpoint('late')),
        ...visionNodes('fault', endpoint('fault')),
        ...visionNodes('page', endpoint('page')),
        ...visionNodes('silent', endpoint('silent', { timeoutS: '1', maxConcurrent: '2', maxAgeS: '60' })),
        ...visionNodes('closed', endpoint('good', { baseUrl: `http://127.0.0.1:${closedPort}/v1` })),
        ...visionNodes('caught', endpoint('late'), {}, true),
        ...visionNodes('missing', endpoint('missing'), {}, true),
        ...stageNodes('image-encode', 2, { width: '320' }),
        ...stageNodes('frame-select', 3, { mode: 'interval', intervalS: '0.1', spacingS: '0' }),
        ...stageNodes('temporal-window', 3),
        ...stageNodes('alert-gate', 3),
        ...catchAll(),
      ]),
    );

    const JUNK: [name: string, payload: () => unknown, encode: string][] = [
      ['text', () => 'not a picture', 'ENCODE_NOT_IMAGE'],
      ['a number', () => 42, 'ENCODE_NOT_IMAGE'],
      ['nothing', () => null, 'ENCODE_NOT_IMAGE'],
      ['an object', () => ({ image: 'none' }), 'ENCODE_NOT_IMAGE'],
      ['an empty Buffer', () => bytes(Buffer.alloc(0)), 'ENCODE_NOT_IMAGE'],
      ['a web page', () => bytes(Buffer.from('<html>Log in</html>')), 'ENCODE_NOT_IMAGE'],
      [
        'a vector picture that names a file',
        () => bytes(Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"><image href="/etc/passwd"/></svg>')),
        'ENCODE_NOT_IMAGE',
      ],
      ['the head of a JPEG and then noise', () => bytes(noise()), 'ENCODE_FAILED'],
    ];

    for (const [index, [name, payload, code]] of JUNK.entries()) {
      test(`${name} in place of a picture is one ${code} from image-encode`, async () => {
        await bench.give('image-encode', [{ topic: 'Gate', payload: payload() }]);
        const errors = await bench.some('errors-image-encode', 15_000, index + 1);
        assert.equal(errors.length, index + 1);
        assertClear(errors.at(-1)?.error, code);
      });
    }

    test('a JPEG of which the second half is missing is an error, not a grey picture', async () => {
      const big = await sharp(noisePixels(), { raw: { width: 400, height: 300, channels: 3 } })
        .jpeg()
        .toBuffer();
      await bench.give('image-encode', [about(big.subarray(0, big.length / 2))]);
      const errors = await bench.some('errors-image-encode', 15_000, JUNK.length + 1);
      assertClear(errors.at(-1)?.error, 'ENCODE_FAILED');
    });

    test('junk is one error each from frame-select and vision-llm as well', async () => {
      const junk = JUNK.slice(0, -1).map(([, payload]) => ({ topic: 'Gate', payload: payload() }));
      for (const [id, code] of [
        ['frame-select', 'INPUT_NOT_IMAGE'],
        ['good', 'VISION_NO_PICTURE'],
      ] as const) {
        await bench.give(id, junk);
        const errors = await bench.some(`errors-${id}`, 15_000, junk.length);
        assert.equal(errors.length, junk.length);
        for (const { error } of errors) assertClear(error, code);
      }
    });

    test('messages without a verdict or a state are one error each', async () => {
      for (const [id, code] of [
        ['temporal-window', 'INPUT_NO_VERDICT'],
        ['alert-gate', 'INPUT_NO_WINDOW'],
      ] as const) {
        await bench.give(id, [{ topic: 'Gate', payload: 'yes, I see a person' }]);
        assertClear((await bench.some(`errors-${id}`))[0]?.error, code);
      }
    });

    test('after all that, good messages pass through every node', async () => {
      await bench.give('image-encode', [about(jpeg)]);
      await bench.give('frame-select', [about(jpeg)]);
      await bench.give('good', [about(jpeg)]);
      const answer = { verdict: 'yes', confidence: 1, rule: 'r', model: 'm', endpoint: 'e' };
      await bench.give('temporal-window', [{ topic: 'Gate', payload: {}, vision: answer }]);
      await bench.give('alert-gate', [{ topic: 'Gate', payload: {}, vision: answer }]);
      for (const id of ['image-encode', 'frame-select', 'good', 'temporal-window', 'alert-gate'])
        await bench.some(`answers-${id}`, 15_000);
    });

    test('good messages between bad ones all come through, and each bad one is told', async () => {
      for (const id of ['image-encode', 'good', 'frame-select']) {
        const count = (name: string) => bench.told(`${name}-${id}`).length;
        const [answers, errors] = [count('answers'), count('errors')];
        const mixed = Array.from({ length: 12 }, (_, n) =>
          n % 2 ? about(jpeg, `${id} ${n}`) : { topic: `${id} ${n}`, payload: 'junk' },
        );
        await bench.give(id, mixed);
        await waitFor('all', 15_000, () => count('answers') + count('errors') === answers + errors + 12);
        const topics = (name: string, from: number) =>
          bench
            .told(`${name}-${id}`)
            .slice(from)
            .map(({ topic }) => Number(topic?.split(' ').at(-1)));
        assert.deepEqual(
          topics('answers', answers).sort((a, b) => a - b),
          [1, 3, 5, 7, 9, 11],
        );
        assert.deepEqual(
          topics('errors', errors).sort((a, b) => a - b),
          [0, 2, 4, 6, 8, 10],
        );
      }
    });

    test('a picture without a camera is one INPUT_NO_CAMERA', async () => {
      const before = bench.told('errors-good').length;
      await bench.give('good', [{ payload: bytes(jpeg) }]);
      const errors = await bench.some('errors-good', 15_000, before + 1);
      assertClear(errors.at(-1)?.error, 'INPUT_NO_CAMERA');
    });

    test('prose is no error but the verdict unknown, and no verdict is read out of it', async () => {
      await bench.give('prose', [about(jpeg)]);
      const [told, ...more] = await bench.some('answers-prose');
      assert.equal(more.length, 0);
      assert.equal(told?.vision?.verdict, 'unknown');
      assert.equal(told?.vision?.code, 'VISION_PROSE');
      assert.deepEqual(bench.told('errors-prose'), []);
      assert.equal(bench.statuses('llm-prose').at(-1)?.fill !== 'red', true);
    });

    test('a wrong key is told once, not for each picture, and the server is left alone', async () => {
      const asked = () =>
        vision.requests.filter(({ headers }) => headers.authorization?.includes(WRONG_KEY)).length;
      for (let n = 1; n <= 10; n++) await bench.give('key', [about(jpeg, `Gate ${n}`)]);
      await bench.some('done-key', 15_000, 10);
      const error = await bench.oneError('key', 'VISION_AUTH');
      assert.match(error.cause.detail, /Incorrect API key provided: \*\*\*/);
      const calls = asked();
      assert.ok(calls <= 4, `${calls} calls: as many as may run beside each other, before the first answer`);
      await bench.give('key', [about(jpeg)], 20);
      await bench.some('done-key', 15_000, 30);
      await bench.oneError('key', 'VISION_AUTH');
      assert.equal(asked(), calls);
      assert.deepEqual(bench.told('answers-key'), []);
      await waitFor(
        'the status',
        15_000,
        () => bench.statuses('llm-key').at(-1)?.text === 'key not accepted',
      );
    });

    test('a rate limit is waited for as long as the server says', async () => {
      const start = performance.now();
      await bench.give('soon', [about(jpeg)]);
      const [told] = await bench.some('answers-soon', 15_000);
      assert.ok(performance.now() - start >= 1000);
      assert.equal(told?.vision?.attempts, 2);
      assert.deepEqual(bench.told('errors-soon'), []);
    });

    test('a rate limit of an hour is one VISION_RATE_LIMITED at once', async () => {
      await bench.give('late', [about(jpeg)]);
      const error = await bench.oneError('late', 'VISION_RATE_LIMITED');
      assert.equal(error.cause.retryable, true);
    });

    for (const [id, code] of [
      ['fault', 'VISION_SERVER'],
      ['page', 'VISION_SERVER'],
      ['closed', 'VISION_NETWORK'],
      ['silent', 'VISION_TIMEOUT'],
    ] as const) {
      test(`a server that is ${id} is one ${code}, and the next picture is asked about`, async () => {
        await bench.give(id, [about(jpeg)]);
        await bench.oneError(id, code, 15_000);
        if (id === 'closed' || id === 'silent') return;
        turns.set(id, yes);
        await bench.give(id, [about(jpeg)]);
        await bench.some(`answers-${id}`);
        await bench.oneError(id, code);
      });
    }

    test('a thousand pictures for a server that is silent leave no more than a few in memory', async () => {
      const done = bench.told('done-silent').length;
      await bench.give('silent', [about(jpeg)], 1000);
      // One is being asked about, one is the newest.
      await bench.some('done-silent', 15_000, done + 998);
      assert.ok(vision.maxInFlight <= 8);
      await waitFor('the last ones to end', 15_000, () => bench.told('done-silent').length - done === 1000);
    });

    test('a Catch node gets what no error output takes: one error each, in the same words', async () => {
      await bench.give('caught', [about(jpeg)]);
      const error = await bench.oneCaught('llm-caught', 'VISION_RATE_LIMITED');
      assert.equal(error.message, bench.told('errors-late')[0]?.error?.message);
      for (let n = 1; n <= 3; n++) await bench.give('missing', [about(jpeg, `Gate ${n}`)]);
      await bench.some('done-missing', 15_000, 3);
      await bench.oneCaught('llm-missing', 'VISION_MODEL');
    });

    test('nothing was told to a Catch node that an error output had taken', () => {
      const sources = bench.told('caught').map(({ error }) => error?.source.id);
      assert.deepEqual(sources.sort(), ['llm-caught', 'llm-missing']);
    });

    test('a corrected key works at once', async () => {
      await bench.deploy(visionNodes('key', endpoint('good')));
      await bench.give('key', [about(jpeg)]);
      const [told] = await bench.some('answers-key');
      assert.equal(told?.vision?.verdict, 'yes');
    });

    test('where nobody listens, the log has one line, in words', async () => {
      const from = nodeRed.log.length;
      await bench.deploy(visionNodes('caught', endpoint('late'), {}, true));
      await bench.give('caught', [about(jpeg)]);
      const lines = () =>
        nodeRed.log
          .slice(from)
          .split('\n')
          .filter((line) => line.includes('[error]'));
      await waitFor('an error in the log', 15_000, () => lines().length > 0);
      assert.equal(lines().length, 1);
      assert.match(lines()[0] ?? '', /\[vision-llm:.*\] .*rate limit is reached/);
    });
  });

  describe('over all the run', () => {
    test('Node-RED is the same process and answers', async () => {
      assert.equal(nodeRed.pid, pid);
      process.kill(pid, 0);
      assert.ok((await nodeRed.get('/flows')).ok);
      // Not doesNotMatch: it would print all of the log.
      assert.equal(
        /Uncaught|INTERNAL|TypeError|ReferenceError|UnhandledPromise/.exec(nodeRed.log)?.[0],
        undefined,
      );
    });

    test('no status shows a name of a text in place of the text', () => {
      const texts = [...nodeRed.log.matchAll(/"text":"([^"]*)"/g)].map(([, text]) => text ?? '');
      assert.ok(texts.length > 30);
      for (const text of texts) assert.doesNotMatch(text, /\.status\.|__|\{\{|undefined|NaN/);
    });

    for (const secret of SECRETS) {
      test(`no form of the secret ${secret.slice(0, 2)}… is in the log, which holds all messages, statuses and errors`, () => {
        assert.ok(nodeRed.log.length < 900_000, 'the whole log is here');
        for (const form of formsOf(secret)) {
          assert.ok(!nodeRed.log.includes(form), `${form} in: ${around(nodeRed.log, form)}`);
        }
      });
    }

    test('GET /flows and the files of Node-RED hold no credential', () => {
      for (const text of [...bench.deployed, ...filesOf(nodeRed.userDir)]) {
        // Not the one that was typed into an address, which is the user's own text: the dialog moves it.
        for (const secret of SECRETS.filter((one) => one !== PASSWORD_IN_ADDRESS)) {
          for (const form of formsOf(secret)) assert.ok(!text.includes(form), around(text, form));
        }
      }
    });
  });

  const turns = new Map<string, Turn>([
    [
      'prose',
      {
        kind: 'text',
        text: `Yes, I see a person. {"verdict":"yes"} Your key ${KEY} is fine, and token: ${KEY}`,
      },
    ],
    ['late', limited('3600')],
    ['fault', { kind: 'error', status: 500, message: `Backend failed for Authorization: Bearer ${KEY}` }],
    [
      'missing',
      { kind: 'error', status: 404, code: 'model_not_found', message: `No such model for key ${KEY}` },
    ],
    ['page', { kind: 'html' }],
    ['silent', { kind: 'silent' }],
  ]);
  let limits = 1;

  function decide({ headers, body }: Received): Turn {
    if (headers.authorization !== `Bearer ${KEY}`) {
      const given = headers.authorization?.replace('Bearer ', '');
      const message = `Incorrect API key provided: ${given}. You can find your API key at https://example.com.`;
      return { kind: 'error', status: 401, code: 'invalid_api_key', message };
    }
    if (body.model === 'soon' && limits-- > 0) return limited('1');
    return turns.get(body.model) ?? yes;
  }
});

function limited(retryAfter: string): Turn {
  return {
    kind: 'error',
    status: 429,
    code: 'rate_limit_exceeded',
    message: `Rate limit reached for ${KEY}`,
    headers: { 'retry-after': retryAfter },
  };
}

function noise(): Buffer {
  return Buffer.concat([Buffer.from('ffd8ffe0', 'hex'), noisePixels().subarray(0, 2000)]);
}

/** 400 × 300 pixels of which no two are alike for long: always the same ones. */
function noisePixels(): Buffer {
  let seed = 1;
  return Buffer.from(
    Array.from({ length: 400 * 300 * 3 }, () => {
      seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
      return (seed >> 16) & 0xff;
    }),
  );
}

/** A secret as it may be found in a text. */
function formsOf(secret: string): string[] {
  const forms = [secret, encodeURIComponent(secret), encodeURI(secret), JSON.stringify(secret).slice(1, -1)];
  const encoded = [secret, `${USER}:${secret}`, `Bearer ${secret}`].flatMap((text) => [
    Buffer.from(text).toString('base64'),
    Buffer.from(text).toString('base64url'),
  ]);
  return [...new Set([...forms, ...encoded])];
}

function around(text: string, part: string): string {
  const at = text.indexOf(part);
  return text.slice(Math.max(0, at - 300), at + part.length + 100);
}

/** The texts of all files that Node-RED has written. */
function filesOf(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => name !== 'node_modules')
    .flatMap((name) => {
      const path = join(folder, name);
      return statSync(path).isDirectory() ? filesOf(path) : [readFileSync(path, 'utf8')];
    });
}

/** A web server that nothing may call. */
async function startWeb(): Promise<{ server: Server; requests: number; port: number }> {
  const web = { server: createServer(), requests: 0, port: 0 };
  web.server.on('request', (_request, response) => {
    web.requests += 1;
    response.end();
  });
  await new Promise<void>((resolve) => web.server.listen(0, '127.0.0.1', resolve));
  web.port = (web.server.address() as AddressInfo).port;
  return web;
}
