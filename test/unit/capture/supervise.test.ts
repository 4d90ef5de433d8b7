import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type SuperviseEvent,
  type SuperviseOutput,
  type SuperviseState,
  supervise,
} from '../../../src/capture/supervise';
import { type CameraCode, CameraError } from '../../../src/shared/errors';
import { DeciderDrive } from '../../fixtures/decider-drive';

const START = Date.UTC(2026, 0, 15, 12);
const SETTINGS = { firstFrameMs: 30_000, silenceMs: 0, beatMs: 0 };
const MINUTE = 60_000;

/** With words for what happens to a stream. */
class Drive extends DeciderDrive<SuperviseState, SuperviseEvent, SuperviseOutput> {
  constructor(readonly settings = SETTINGS) {
    super(supervise, START);
  }

  get phase() {
    return this.state?.phase;
  }

  get error() {
    return this.state?.error?.code ?? '';
  }

  ask() {
    return this.event({ type: 'start', settings: this.settings });
  }

  start() {
    return this.ask().event({ type: 'opened' });
  }

  stop() {
    return this.event({ type: 'stop' });
  }

  frame() {
    return this.event({ type: 'frame' });
  }

  exit(code: CameraCode, played: 'no' | 'more' | 'all' = 'no', random = 0) {
    return this.event({ type: 'exit', error: new CameraError(code, code), played, random });
  }

  /** Frames for a while. */
  live(forMs: number, everyMs = 1000): this {
    for (let passed = 0; passed <= forMs; passed += everyMs) this.pass(passed ? everyMs : 0).frame();
    return this;
  }

  /** How often ffmpeg was started and told to end since the last time. */
  taken(): { opened: number; closed: number } {
    const count = (type: string) => this.outputs.filter((output) => output.type === type).length;
    const taken = { opened: count('open'), closed: count('close') };
    this.outputs = [];
    return taken;
  }
}

const drive = (settings = SETTINGS) => new Drive(settings);

/** A camera in each phase, as one gets there. */
const IN_PHASE: Record<string, () => Drive> = {
  idle: () => drive().start().live(5000).stop().exit('CAMERA_LOST'),
  'idle, its ffmpeg still ending': () => drive().start().live(5000).stop(),
  queued: () => drive().ask().pass(2000),
  connecting: () => drive().start(),
  live: () => drive().start().live(5000),
  stalled: () => drive().start().live(5000).pass(11_000),
  waiting: () => drive().start().live(5000).exit('CAMERA_LOST'),
  held: () => drive().start().exit('CAMERA_AUTH'),
  failed: () => drive().start().exit('CAMERA_FFMPEG_OPTION'),
  ended: () => drive().start().live(5000).exit('CAMERA_LOST', 'all'),
};

for (const [phase, make] of Object.entries(IN_PHASE)) {
  test(`a camera gets into the phase ${phase}`, () => {
    assert.equal(make().phase, phase.split(',')[0]);
  });
}

/** From · what happens · to · ffmpegs started and told to end. */
const TRANSITIONS: [string, string, (it: Drive) => Drive, string, number, number][] = [
  ['queued', 'an hour', (it) => it.pass(60 * MINUTE), 'queued', 0, 0],
  ['queued', 'its turn', (it) => it.event({ type: 'opened' }), 'connecting', 0, 0],
  ['queued', 'its turn, and no picture', (it) => it.start().pass(29_999), 'connecting', 0, 0],
  ['queued', 'its turn, and no picture for 30 s', (it) => it.start().pass(30_000), 'stalled', 0, 1],
  ['queued', 'a start by a user', (it) => it.ask(), 'queued', 0, 0],
  ['queued', 'a wrong password', (it) => it.exit('CAMERA_AUTH'), 'held', 0, 0],
  ['connecting', 'the first picture', (it) => it.frame(), 'live', 0, 0],
  ['connecting', 'no picture for 30 s', (it) => it.pass(30_000), 'stalled', 0, 1],
  ['connecting', 'a refused connection', (it) => it.exit('CAMERA_NETWORK'), 'waiting', 0, 0],
  ['connecting', 'a wrong password', (it) => it.exit('CAMERA_AUTH'), 'held', 0, 0],
  ['connecting', 'an unknown path', (it) => it.exit('CAMERA_NOT_FOUND'), 'waiting', 0, 0],
  [
    'connecting',
    'an option that ffmpeg does not know',
    (it) => it.exit('CAMERA_FFMPEG_OPTION'),
    'failed',
    0,
    0,
  ],
  ['connecting', 'an empty recording', (it) => it.exit('CAMERA_LOST', 'all'), 'waiting', 0, 0],
  ['live', 'a picture', (it) => it.frame(), 'live', 0, 0],
  ['live', 'a silence of 9 s', (it) => it.pass(9000), 'live', 0, 0],
  ['live', 'a silence of 10 s', (it) => it.pass(10_000), 'stalled', 0, 1],
  ['live', 'the end of the stream', (it) => it.exit('CAMERA_LOST'), 'waiting', 0, 0],
  ['live', 'the end of one recording of many', (it) => it.exit('CAMERA_LOST', 'more'), 'connecting', 1, 0],
  ['live', 'the end of the last recording', (it) => it.exit('CAMERA_LOST', 'all'), 'ended', 0, 0],
  ['live', 'a second start', (it) => it.start(), 'live', 0, 0],
  ['stalled', 'a long time, because its ffmpeg does not end', (it) => it.pass(10 * MINUTE), 'stalled', 0, 0],
  ['stalled', 'a late picture', (it) => it.frame(), 'stalled', 0, 0],
  ['stalled', 'the end of its ffmpeg', (it) => it.exit('CAMERA_LOST'), 'waiting', 0, 0],
  ['waiting', 'less than the pause', (it) => it.pass(900), 'waiting', 0, 0],
  ['waiting', 'the pause', (it) => it.pass(1000), 'connecting', 1, 0],
  ['held', 'not yet five minutes', (it) => it.pass(5 * MINUTE - 1), 'held', 0, 0],
  ['held', 'five minutes', (it) => it.pass(5 * MINUTE), 'connecting', 1, 0],
  ['held', 'a start by a user, who may have unlocked the camera', (it) => it.start(), 'connecting', 1, 0],
  ['waiting', 'a start by a user', (it) => it.start(), 'connecting', 1, 0],
  ['failed', 'a day', (it) => it.pass(24 * 60 * MINUTE), 'failed', 0, 0],
  ['failed', 'a start', (it) => it.start(), 'connecting', 1, 0],
  ['ended', 'a day', (it) => it.pass(24 * 60 * MINUTE), 'ended', 0, 0],
  ['ended', 'a start', (it) => it.start(), 'connecting', 1, 0],
  ['idle', 'a start', (it) => it.start(), 'connecting', 1, 0],
  ['idle', 'a day', (it) => it.pass(24 * 60 * MINUTE), 'idle', 0, 0],
  ['idle, its ffmpeg still ending', 'a start', (it) => it.start(), 'waiting', 0, 0],
  ['idle, its ffmpeg still ending', 'a start and a minute', (it) => it.start().pass(MINUTE), 'waiting', 0, 0],
  [
    'idle, its ffmpeg still ending',
    'a start, then its end',
    (it) => it.start().exit('CAMERA_LOST'),
    'connecting',
    1,
    0,
  ],
  [
    'idle, its ffmpeg still ending',
    'a start and a stop',
    (it) => it.start().stop().exit('CAMERA_LOST'),
    'idle',
    0,
    1,
  ],
];

for (const [from, text, happen, to, opened, closed] of TRANSITIONS) {
  test(`${from}: ${text} → ${to}`, () => {
    const it = IN_PHASE[from]?.() ?? drive();
    it.taken();
    happen(it);
    assert.equal(it.phase, to);
    assert.deepEqual(it.taken(), { opened, closed });
  });
}

for (const [phase, make] of Object.entries(IN_PHASE)) {
  test(`a stop while ${phase} ends ffmpeg if there is one, and nothing comes after it`, () => {
    const it = make();
    const wasOpen = it.state?.open;
    it.taken();
    it.stop();
    assert.equal(it.phase, 'idle');
    assert.equal(it.error, '');
    assert.deepEqual(it.taken(), { opened: 0, closed: wasOpen ? 1 : 0 });
    if (wasOpen) it.exit('CAMERA_LOST');
    it.frame().pass(24 * 60 * MINUTE);
    assert.equal(it.phase, 'idle');
    assert.deepEqual(it.taken(), { opened: 0, closed: 0 });
  });
}

test('there is never a second ffmpeg before the first has gone', () => {
  const it = drive().start();
  let running = 0;
  const check = () => {
    for (const { type } of it.outputs) if (type === 'open') running++;
    it.outputs = [];
    assert.ok(running <= 1, `${running} at once`);
  };
  check();
  for (let round = 0; round < 300; round++) {
    const pick = (round * 7919) % 11;
    if (pick < 3) it.frame();
    else if (pick < 5) it.pass(20_000);
    else if (pick === 5) it.stop();
    else if (pick < 9) it.start();
    else if (running > 0) {
      running--;
      it.exit('CAMERA_LOST');
    }
    check();
    assert.equal(it.state?.open, running === 1);
  }
});

test('a silent camera goes through stalled, waiting, connecting and live, and tells why', () => {
  const it = drive().start().live(5000);
  it.outputs = [];
  it.pass(10_000);
  assert.equal(it.error, 'CAMERA_STALLED');
  assert.match(it.state?.error?.message ?? '', /10 s/);
  it.exit('CAMERA_LOST');
  assert.equal(it.error, 'CAMERA_STALLED', 'the end that we asked for is not the reason');
  it.pass(1000);
  assert.equal(it.error, 'CAMERA_STALLED', 'it is not well before a picture has come');
  it.frame();
  assert.equal(it.error, '');
  assert.deepEqual(
    it.outputs.flatMap((output) => (output.type === 'phase' ? [output.phase] : [])),
    ['stalled', 'waiting', 'connecting', 'live'],
  );
});

test('a wrong password is held for 5 min, then twice as long each time up to an hour', () => {
  const it = drive().start();
  for (const minutes of [5, 10, 20, 40, 60, 60]) {
    it.exit('CAMERA_AUTH');
    assert.equal(it.phase, 'held');
    it.pass(minutes * MINUTE - 1);
    assert.equal(it.phase, 'held');
    it.pass(1);
    assert.equal(it.phase, 'connecting');
  }
});

test('a GOP of 20 s causes no restart, from its first picture on', () => {
  const it = drive()
    .start()
    .pass(15_000)
    .live(10 * MINUTE, 20_000);
  assert.equal(it.phase, 'live');
  assert.deepEqual(it.taken(), { opened: 1, closed: 0 });
});

test('a camera that sends keyframes seldom in a quiet scene is not restarted', () => {
  const it = drive().start();
  for (let round = 0; round < 5; round++)
    it.live(30_000, 1000).pass(7000).frame().pass(14_000).frame().pass(20_000).frame();
  assert.deepEqual(it.taken(), { opened: 1, closed: 0 });
});

test('a decoder that gives no frame is noticed although keyframes go on to come', () => {
  const it = drive().start().live(5000);
  for (let passed = 0; passed < 9000; passed += 1000) {
    it.pass(1000).event({ type: 'traffic', videoAgoMs: 0, keyframeAgoMs: 0 });
  }
  assert.equal(it.phase, 'live');
  it.pass(2000);
  assert.equal(it.phase, 'stalled');
});

test('frames that are wanted every 20 s only are no stall, whatever keyframes come between', () => {
  const it = drive().start();
  for (let frames = 0; frames < 5; frames++) {
    it.frame();
    for (let s = 0; s < 20; s++) it.pass(1000).event({ type: 'traffic', videoAgoMs: 0, keyframeAgoMs: 0 });
  }
  assert.equal(it.phase, 'live');
});

test('while this process was blocked nothing could come: what has waited is read before a stall is told', () => {
  const it = drive().start().live(5000);
  it.event({ type: 'traffic', videoAgoMs: 0, keyframeAgoMs: 0 });
  it.now += 30_000;
  it.event({ type: 'wake' });
  assert.equal(it.phase, 'live', 'woken 22 s too late');
  for (let s = 0; s < 20; s++) {
    it.event({ type: 'traffic', videoAgoMs: 0, keyframeAgoMs: 0 }).frame().pass(1000);
  }
  assert.equal(it.phase, 'live');

  it.now += 30_000;
  it.event({ type: 'wake' }).pass(2000);
  assert.equal(it.phase, 'stalled', 'nothing has waited');
});

test('a camera that never answers is one error, also where this process was late and the question timed out first', () => {
  const it = drive().start();
  it.now += SETTINGS.firstFrameMs + 200;
  it.event({ type: 'wake' });
  assert.equal(it.phase, 'connecting', 'what has waited is read first');
  it.exit('CAMERA_NETWORK');
  assert.equal(it.error, 'CAMERA_STALLED', 'as at all other tries: a change would be told to people');

  it.pass(1000).event({ type: 'opened' });
  it.pass(1000).exit('CAMERA_NETWORK');
  assert.equal(it.error, 'CAMERA_NETWORK', 'there was time left: this is what is wrong');
});

test('a silence that the user allows is allowed, and no more', () => {
  const it = drive({ ...SETTINGS, silenceMs: 3000 })
    .start()
    .live(5000)
    .pass(2999);
  assert.equal(it.phase, 'live');
  assert.equal(it.pass(1).phase, 'stalled');
});

test('no video: ffmpeg reads twice as much at each try, up to 8 times, and soon', () => {
  const it = drive().start();
  for (const probe of [2, 4, 8]) {
    it.exit('CAMERA_NO_VIDEO').pass(1000);
    assert.deepEqual(it.outputs.at(-2), { type: 'open', probe, byUser: false });
  }
  it.exit('CAMERA_NO_VIDEO');
  assert.equal(it.state?.probe, 8);
  it.frame();
  assert.equal(it.phase, 'waiting', 'a picture of an ffmpeg that has gone changes nothing');
});

test('recordings follow each other, the next one at least a second after the one before', () => {
  const it = drive().start().frame().pass(100).exit('CAMERA_LOST', 'more');
  assert.equal(it.phase, 'waiting');
  assert.equal(it.error, '', 'nothing is wrong between two recordings');
  it.pass(899);
  assert.equal(it.phase, 'waiting');
  it.pass(1);
  assert.equal(it.phase, 'connecting');
  assert.equal(it.state?.reconnects, 0);
});

test('the end of the last recording is told', () => {
  const it = IN_PHASE.ended?.();
  assert.equal(it?.error, 'CAMERA_ENDED');
});

test('a camera that was well for a minute begins with short pauses again', () => {
  const it = drive().start();
  for (let round = 0; round < 20; round++) it.exit('CAMERA_NETWORK', 'no', 1).pass(MINUTE);
  assert.ok((it.state?.pause.lengthMs ?? 0) > 30_000);
  it.live(MINUTE).exit('CAMERA_LOST', 'no', 1);
  assert.ok((it.state?.pause.lengthMs ?? MINUTE) <= 5000);
  assert.equal(it.state?.pause.outageSince, it.now);
});

test('a camera that sends a picture and goes, again and again, is asked less and less often', () => {
  const it = drive().start();
  const opened: number[] = [];
  for (let round = 0; round < 60; round++) {
    it.live(2000).exit('CAMERA_LOST', 'no', 0.9);
    it.taken();
    it.pass(MINUTE);
    opened.push(it.state?.pause.lengthMs ?? 0);
  }
  assert.ok(opened.slice(-10).every((ms) => ms > 30_000));
});

test('a loss after years is still tried again', () => {
  const it = drive().start();
  for (let round = 0; round < 10_000; round++) it.exit('CAMERA_NETWORK', 'no', 1).pass(61_000);
  assert.equal(it.phase, 'connecting');
  assert.equal(it.state?.reconnects, 10_000);
});
