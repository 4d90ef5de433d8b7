import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readCameraArguments } from '../../../src/cli/camera-options';
import { hasChanged, reportLine, together } from '../../../src/cli/camera-report';
import { FAULTS, faultList } from '../../../src/cli/fault-list';
import { faultsFrom } from '../../../src/cli/fault-text';
import { UsageError } from '../../../src/cli/usage-error';
import { Counting } from '../../../src/simulator/counters';

const faultOf = (text: string) => faultsFrom([text])[0]?.fault;

test('a fault is a name, a value and a time', () => {
  assert.deepEqual(faultsFrom(['stall@20', 'none@40.5']), [
    { text: 'stall@20', atS: 20, fault: { kind: 'stall' } },
    { text: 'none@40.5', atS: 40.5, fault: { kind: 'none' } },
  ]);
  assert.deepEqual(faultOf('stall:3'), { kind: 'stall', atMs: 3000 });
  assert.deepEqual(faultOf('status:453/SETUP'), { kind: 'status', status: 453, on: 'SETUP' });
  assert.deepEqual(faultOf('corrupt:5@10'), { kind: 'corrupt', percent: 5 });
  assert.deepEqual(faultOf('jump:-5@1'), { kind: 'jump', byS: -5 });
  assert.deepEqual(faultOf('redirect:8555'), { kind: 'redirect', to: 8555, status: 302 });
  assert.deepEqual(faultOf('moved:rtsp://u@127.0.0.2:554/x@3'), {
    kind: 'redirect',
    to: 'rtsp://u@127.0.0.2:554/x',
    status: 301,
  });
  assert.deepEqual(faultOf('resolution:320x180'), { kind: 'resolution', width: 320, height: 180 });
  assert.deepEqual(faultOf('quirk:no-sprop'), { kind: 'quirk', name: 'no-sprop' });
});

test('each name in the list is a fault, with an example of its value', () => {
  const values: Record<string, string> = {
    status: '404',
    redirect: 'loop',
    moved: '8555',
    delay: '8',
    jump: '3600',
    drift: '200',
    corrupt: '5',
    'late-keyframe': '25',
    'udp-loss': '20',
    quirk: 'annex-b',
  };
  for (const name of Object.keys(FAULTS)) {
    const kind = { moved: 'redirect' }[name] ?? name;
    assert.equal(faultOf(values[name] ? `${name}:${values[name]}` : name)?.kind, kind);
    assert.match(faultList(), new RegExp(`^ {2}${name}\\b`, 'm'));
  }
});

test('what cannot be used is told in words', () => {
  const refused: [string[], RegExp][] = [
    [['--fault', 'stal'], /"stal" is no fault\. --fault list/],
    [['--fault', 'constructor'], /is no fault/],
    [['--fault', 'stall@soon'], /is no fault|expected/],
    [['--fault', 'status'], /needs a value: status:CODE/],
    [['--fault', 'status:200'], /from 400 to 599, got "200"/],
    [['--fault', 'status:404/PAUSE'], /DESCRIBE, SETUP or PLAY/],
    [['--fault', 'frozen:1'], /has no value/],
    [['--fault', 'corrupt:101'], /from 0 to 100/],
    [['--fault', 'quirk:none'], /--fault list/],
    [['--fault', 'redirect:0'], /from 1 to 65535/],
    [['--fault', 'redirect:there'], /a port/],
    [['--fault', 'stall@20', '--fault', 'none'], /later than the one before/],
    [['--size', '1281x720'], /even numbers/],
    [['--port', '70000'], /from 0 to 65535/],
    [['--port', '65535', '--count', '2'], /not that many ports/],
    [['--codec', 'av1'], /h264 or h265, got "av1"/],
    [['--auth', 'ntlm', '--user', 'a', '--password', 'b'], /digest or basic/],
    [['--user', 'a'], /together/],
    [['--stale', '5'], /needs --sessions/],
    [['--path', 'live'], /such as \/live/],
    [['--bogus'], /--bogus/],
    [['live'], /Unexpected argument 'live'/],
  ];
  for (const [args, message] of refused)
    assert.throws(
      () => readCameraArguments(args),
      (error) => error instanceof UsageError && message.test(error.message),
      args.join(' '),
    );
});

test('options become what the camera is like', () => {
  const command = readCameraArguments(
    [
      '--user admin --password s:3 --sessions 4 --full 401/DESCRIBE --stale 65 --session-timeout 10',
      '--audio --mid-gop --tls --transport udp --count 3 --port 9000 --size 640x360 --gop 300',
    ].flatMap((line) => line.split(' ')),
  );
  assert.ok(typeof command === 'object');
  assert.deepEqual(command.behaviour, {
    auth: 'digest',
    user: 'admin',
    password: 's:3',
    maxSessions: 4,
    fullStatus: 401,
    fullOn: 'DESCRIBE',
    staleS: 65,
    sessionTimeoutS: 10,
    endsSilentSessions: true,
    host: '127.0.0.1',
    path: '/live',
    tls: true,
    audio: true,
    midGop: true,
    transports: ['udp'],
  });
  assert.deepEqual(
    [command.port, command.count, command.video.width, command.video.gop],
    [9000, 3, 640, 300],
  );
  assert.equal(readCameraArguments(['--fault', 'list']), 'list');
  assert.equal(readCameraArguments(['-h']), 'help');
});

test('a line is told of what happened, not of pictures; several cameras are one', () => {
  const [one, two] = [new Counting(), new Counting()];
  const before = together([one.counters, two.counters]);
  one.add('frames', 5);
  assert.equal(hasChanged(before, together([one.counters, two.counters])), false);
  one.add('sessionsOpen');
  two.add('sessionsOpen');
  two.add('describe', 2);
  const now = together([one.counters, two.counters]);
  assert.equal(hasChanged(before, now), true);
  assert.match(reportLine(12.4, now), /^ {2}12 s {2}.*sessions 2 \(most 1\) {2}DESCRIBE 2 .*frames 5$/);
});
