import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import sharp from 'sharp';
import { alertPart, give, isTaken, windowMessage } from '../fixtures/alert-flow';
import { type Arrived, arrivedOf, HttpSink, MailSink } from '../fixtures/alert-sinks';
import { hasMosquitto, Mosquitto } from '../fixtures/mosquitto';
import { needs } from '../fixtures/needs';
import { isSetUp, NodeRed } from '../fixtures/node-red';
import { seeded } from '../fixtures/seeded';
import { TcpRelay } from '../fixtures/tcp-relay';
import { waitFor } from '../fixtures/wait';

/** Times of days in seconds: what is thirty seconds for a broker is three here. */
const QUICK = { cooldownS: '0', confirmS: '1', floodPerKey: '0', floodInAll: '0' };
const RULES = ['one', 'two', 'three'];
/** How long a broker is dead. `FAULTS=full` takes the time of real life; SEED repeats a run. */
const OUTAGE_MS = process.env.FAULTS === 'full' ? 30_000 : 4000;
const SEED = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 31));
/** Long enough for a slow machine, and only ever waited for when a test fails. */
const DEADLINE_MS = 30_000;

const skip = needs('Node-RED 4.1', isSetUp('4.1')) || needs('Mosquitto', hasMosquitto());

describe('alerts in a real Node-RED, with the example flows', { skip }, () => {
  let nodeRed: NodeRed;
  let relay: TcpRelay;
  let broker: Mosquitto;
  let web: HttpSink;
  let mail: MailSink;
  const published: Arrived[] = [];

  before(async () => {
    [relay, broker, web, mail, nodeRed] = await Promise.all([
      TcpRelay.start(),
      Mosquitto.start(),
      HttpSink.start(),
      MailSink.start(),
      NodeRed.start('4.1'),
    ]);
    relay.leadTo(broker.port);
  });
  after(async () => {
    await nodeRed?.stop();
    await Promise.all([broker?.stop(), web?.stop(), mail?.stop()]);
    await relay?.stop();
  });

  const mqtt = () => [
    ...published,
    ...broker.below('video-to-llm/alerts/').map(({ payload }) => arrivedOf(payload)),
  ];
  const brokerDies = async () => {
    relay.leadTo(null);
    published.push(...mqtt().slice(published.length));
    await broker.stop('SIGKILL');
    broker.messages.length = 0;
  };
  const brokerComesBack = async () => {
    broker = await Mosquitto.start();
    relay.leadTo(broker.port);
  };
  const servers = () => ({ 'mqtt-broker': { port: String(relay.port) }, 'http request': { url: web.url } });

  test('"01 Loitering": the broker is killed, the server fails and stalls, and all arrives on both, in order', async () => {
    await nodeRed.deploy(alertPart('01 Loitering', { ...servers(), 'alert-gate': QUICK }));
    await give(
      nodeRed,
      RULES.map((rule) => windowMessage(rule, 1, 'firing')),
    );
    await waitFor(
      'the first alerts on both',
      DEADLINE_MS,
      () => firsts(mqtt()).length === 3 && firsts(web.arrived).length === 3,
    );

    await brokerDies();
    web.mood = 'fails';
    await give(
      nodeRed,
      RULES.map((rule) => windowMessage(rule, 1, 'resolved')),
    );
    await give(
      nodeRed,
      RULES.map((rule) => windowMessage(rule, 2, 'firing')),
    );
    await waitFor('the server to have failed', DEADLINE_MS, () => web.refused >= 4);
    web.mood = 'stalls';
    const failed = web.refused;
    await waitFor('the server to have stalled', DEADLINE_MS, () => web.refused > failed);
    assert.equal(firsts(web.arrived).length, 3);
    web.mood = 'ok';
    await waitFor('all at the server', DEADLINE_MS, () => firsts(web.arrived).length === 9);
    assert.equal(firsts(mqtt()).length, 3, 'the broker is still away');

    const before = web.arrived.length;
    await brokerComesBack();
    await waitFor('all at the broker', DEADLINE_MS, () => firsts(mqtt()).length === 9);
    assert.equal(web.arrived.length, before, 'sent again only where it had failed');
    for (const arrived of [mqtt(), web.arrived]) assertInOrder(arrived, ['raised', 'cleared', 'raised']);
    assert.deepEqual(ids(mqtt()).sort(), ids(web.arrived).sort());
  });

  test('"06 Alert with its picture over HTTP": also what is sent again has the picture', async () => {
    await nodeRed.deploy(
      alertPart('06 Alert with its picture over HTTP', {
        ...servers(),
        'alert-gate': { ...QUICK, format: 'multipart' },
      }),
    );
    const from = web.arrived.length;
    web.mood = 'fails';
    const jpeg = await sharp({ create: { width: 64, height: 48, channels: 3, background: '#888' } })
      .jpeg()
      .toBuffer();
    const picture = { data: jpeg.toString('base64'), type: 'image/jpeg' };
    const failed = web.refused;
    await give(nodeRed, [{ ...windowMessage('form', 1, 'firing'), picture }]);
    await waitFor('the server to have failed', DEADLINE_MS, () => web.refused > failed);
    web.mood = 'ok';
    const [alert] = await waitFor(
      'the form',
      DEADLINE_MS,
      () => web.arrived[from] && web.arrived.slice(from),
    );
    assert.ok((alert?.repeat ?? 0) > 0);
    const body = web.bodies.at(-1) ?? Buffer.alloc(0);
    assert.match(web.types.at(-1) ?? '', /^multipart\/form-data/);
    const start = body.indexOf(Buffer.from([0xff, 0xd8, 0xff]));
    assert.ok(start > 0, 'a JPEG is in it');
    const { width, height } = await sharp(body.subarray(start)).metadata();
    assert.deepEqual([width, height], [64, 48]);
  });

  test('"03 Loitering by e-mail": what the mail server did not take is sent again', async () => {
    const server = {
      server: '127.0.0.1',
      port: String(mail.port),
      secure: false,
      tls: false,
      authtype: 'BASIC',
    };
    const flow = alertPart('03 Loitering by e-mail', {
      'alert-gate': { ...QUICK, confirmS: '5', format: 'email' },
      'e-mail': server,
    });
    const node = flow.find(({ type }) => type === 'e-mail');
    await nodeRed.deploy(flow, { [node?.id ?? '']: { userid: 'gate@example.com', password: 'any' } });
    await give(nodeRed, [windowMessage('mail', 1, 'firing')]);
    await waitFor('the first mail', DEADLINE_MS, () => mail.mails.length === 1);
    mail.mood = 'fails';
    await give(nodeRed, [windowMessage('mail', 1, 'resolved')]);
    await waitFor('a refusal', DEADLINE_MS, () => mail.refused > 0);
    mail.mood = 'ok';
    await waitFor('the second mail', DEADLINE_MS, () => firsts(mail.arrived).length === 2);
    assertInOrder(mail.arrived, ['raised', 'cleared']);
    assert.equal(mail.arrived.length, 2, 'what was confirmed is not sent again');
    assert.ok((mail.arrived[1]?.repeat ?? 0) > 0);
    assert.match(mail.mails[1] ?? '', /^Subject: Gate 2: mail, over \(sent again\)/m);
  });

  test('Node-RED is killed with -9 at random moments: nothing is lost, nothing is raised twice', async (t) => {
    t.diagnostic(`SEED=${SEED}`);
    const random = seeded(SEED);
    const flow = alertPart('01 Loitering', { ...servers(), 'alert-gate': QUICK });
    await nodeRed.deploy(flow);
    const from = { mqtt: mqtt().length, web: web.arrived.length };
    const rules = ['red', 'green', 'blue', 'white'];
    for (let run = 1; run <= 2; run++) {
      // What has just been taken has nowhere to go, or somewhere, when the kill comes.
      if (run === 2) await brokerDies();
      web.mood = run === 1 ? 'fails' : 'ok';
      const firing = rules.map((rule) => windowMessage(rule, run, 'firing'));
      await give(nodeRed, firing);
      const isDone = () => firing.every(({ _event }) => isTaken(nodeRed, _event));
      await waitFor('the gate to have taken them', DEADLINE_MS, isDone);
      const resolved = rules.map((rule) => windowMessage(rule, run, 'resolved'));
      await give(nodeRed, resolved);
      // Mostly so early that the gate has not done with them.
      await new Promise((resolve) => setTimeout(resolve, random() ** 3 * 1500));
      await nodeRed.kill();
      const lost = resolved.filter(({ _event }) => !isTaken(nodeRed, _event));
      if (run === 2) await brokerComesBack();
      web.mood = 'ok';
      nodeRed = await NodeRed.start('4.1', {}, nodeRed);
      // It has flows and credentials of before.
      await waitFor('the door', DEADLINE_MS, () =>
        give(nodeRed, lost).then(
          () => true,
          () => false,
        ),
      );
    }
    const expected = 4 * rules.length;
    const done = () => [firsts(mqtt().slice(from.mqtt)), firsts(web.arrived.slice(from.web))];
    await waitFor('all on both', DEADLINE_MS, () => done().every((list) => list.length === expected)).catch(
      () =>
        assert.deepEqual(
          done().map((list) => list.length),
          [expected, expected],
          'arrived at least once',
        ),
    );
    const states = ['raised', 'cleared', 'raised', 'cleared'];
    for (const list of [mqtt().slice(from.mqtt), web.arrived.slice(from.web)]) assertInOrder(list, states);
  });

  test(`the broker is dead for ${OUTAGE_MS / 1000} s, and Node-RED is killed in the middle of it: nothing is lost`, async (t) => {
    t.diagnostic(`SEED=${SEED}`);
    const random = seeded(SEED);
    await nodeRed.deploy(alertPart('01 Loitering', { ...servers(), 'alert-gate': QUICK }));
    const from = { mqtt: mqtt().length, web: web.arrived.length };
    await brokerDies();
    const outage = new Promise((resolve) => setTimeout(resolve, OUTAGE_MS));
    const killing = (async () => {
      for (const end of [0.4, 0.9]) {
        const wait = random() * OUTAGE_MS * (end - 0.3);
        await new Promise((resolve) => setTimeout(resolve, wait));
        const killed = nodeRed;
        await killed.kill();
        nodeRed = await NodeRed.start('4.1', {}, killed);
      }
    })();
    // What the gate has not taken when it is killed is lost on the way to it, as a frame is: it is given again.
    const giveUntilTaken = async (message: { _event: string }) => {
      await waitFor(`${message._event} to be taken`, 4 * DEADLINE_MS, async () => {
        const now = nodeRed;
        const isGiven = await give(now, [message]).then(
          () => true,
          () => false,
        );
        const taken = () => now !== nodeRed || isTaken(now, message._event);
        if (isGiven) await waitFor('the gate', 5000, taken).catch(() => {});
        return isTaken(now, message._event);
      });
    };
    const rules = ['north', 'east', 'south', 'west'];
    for (const rule of rules) {
      await giveUntilTaken(windowMessage(rule, 1, 'firing'));
      await giveUntilTaken(windowMessage(rule, 1, 'resolved'));
    }
    await Promise.all([outage, killing]);
    await brokerComesBack();
    const lists = () => [mqtt().slice(from.mqtt), web.arrived.slice(from.web)];
    await waitFor('all on both', 2 * DEADLINE_MS, () =>
      lists().every((list) => firsts(list).length === 2 * rules.length),
    );
    for (const list of lists()) assertInOrder(list, ['raised', 'cleared']);
  });

  test('an alert that was raised before a kill is cleared after it, under its id, and not raised again', async () => {
    await nodeRed.deploy(alertPart('01 Loitering', { ...servers(), 'alert-gate': QUICK }));
    const from = web.arrived.length;
    const list = () => web.arrived.slice(from);
    const firing = windowMessage('kept', 1, 'firing');
    await give(nodeRed, [firing]);
    await waitFor('it to be raised', DEADLINE_MS, () => list().length >= 1);
    await nodeRed.kill();
    nodeRed = await NodeRed.start('4.1', {}, nodeRed);
    await waitFor('the door', DEADLINE_MS, () =>
      give(nodeRed, [firing]).then(
        () => true,
        () => false,
      ),
    );
    await give(nodeRed, [windowMessage('kept', 1, 'resolved')]);
    await waitFor('it to be cleared', DEADLINE_MS, () => list().some(({ state }) => state === 'cleared'));
    assert.equal(ids(list()).length, 1);
    assertInOrder(list(), ['raised', 'cleared']);
  });
});

/** Without those that are sent again: what has arrived at all, in the order of its first arrival. */
function firsts(arrived: readonly Arrived[]): Arrived[] {
  const seen = new Set<string>();
  return arrived.filter(({ id, count }) => {
    const isNew = !seen.has(`${id} ${count}`);
    seen.add(`${id} ${count}`);
    return isNew;
  });
}

function ids(arrived: readonly Arrived[]): string[] {
  return [...new Set(arrived.map(({ id }) => id))];
}

/** For each rule these states, in this order; and whatever arrives twice is marked. */
function assertInOrder(arrived: readonly Arrived[], states: string[]): void {
  for (const rule of new Set(arrived.map((one) => one.rule))) {
    const own = firsts(arrived.filter((one) => one.rule === rule));
    assert.deepEqual(
      own.map(({ state }) => state),
      states,
      rule,
    );
  }
  for (const [index, one] of arrived.entries()) {
    const isAgain = arrived.slice(0, index).some(({ id, count }) => id === one.id && count === one.count);
    if (isAgain) assert.ok(one.repeat > 0, `${one.id} ${one.count} came again, and is marked`);
  }
}
