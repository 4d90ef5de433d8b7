import { join } from 'node:path';
import type { Node, NodeAPI, NodeDef } from 'node-red';
import { Decisions } from '../src/alert/decisions';
import { DIGEST_KEY, digestAlert } from '../src/alert/digest';
import { type Finding, gateEventOf, modelText } from '../src/alert/finding';
import type { Digest } from '../src/alert/flood';
import { hasPicture } from '../src/alert/format';
import type { Holds } from '../src/alert/gate-state';
import { quietEnd } from '../src/alert/hold';
import {
  type KeyedEvent,
  type KeyedOutput,
  type KeyedState,
  keyedAlerts,
  lostCount,
  restoredKey,
} from '../src/alert/keyed-alerts';
import { feedbackLabel, LabelFile } from '../src/alert/label-file';
import type { Letter } from '../src/alert/lane';
import { isAllMuted, MUTED_FOR_LONG_MS, type Mutes, mutedUntil, withMute } from '../src/alert/mutes';
import { RecentAlerts } from '../src/alert/recent-alerts';
import { type Clock, systemClock } from '../src/shared/clock';
import { KeyedRunner } from '../src/shared/decider';
import { plainText } from '../src/shared/plain-text';
import { pictureId } from '../src/store/picture-store';
import { AlertFlood } from './lib/alert-flood';
import { alertIdIn, deliveryIn, feedbackIn, unknownAlert } from './lib/alert-replies';
import { readAlertSettings } from './lib/alert-settings';
import { AlertStatus } from './lib/alert-status';
import { AlertWriter, aboutMessage, heldPayload } from './lib/alert-writer';
import { KeptAlerts, type LeftAlerts } from './lib/kept-alerts';
import { openKeptState, openPictures } from './lib/kept-state';
import { cameraNamed, commandOf, type FlowMessage, unknownCommand } from './lib/message';
import { NodeIo } from './lib/node-io';
import { StatusLine } from './lib/status';
import { allStarted } from './lib/when-started';

const PORT = { alerts: 0, held: 1 };
const PORTS = 3;

/** 200 cameras with 5 rules each. */
const MAX_KEYS = 1000;
const MAX_GROUP_CHARS = 128;

export = (RED: NodeAPI) => {
  function AlertGate(this: Node, config: NodeDef) {
    RED.nodes.createNode(this, config);
    const clock: Clock = systemClock;
    const io = new NodeIo(RED, this, PORTS);
    const line = new StatusLine(this, clock);
    const status = new AlertStatus(RED, line);
    const settings = readAlertSettings(config);
    const { gate, lane, channels, format, assume, problem } = settings;
    const formats = [...channels.values()];
    const tellStore = (error: Error) => io.tell(error, { _msgid: '' });
    const journal = openKeptState(RED, this, tellStore);
    const pictures = formats.some(hasPicture) ? openPictures(RED, tellStore) : null;
    const writer = new AlertWriter(settings, pictures);
    const kept = new KeptAlerts();
    const decisions = new Decisions(MAX_KEYS, (key, decided) => kept.decided(key, decided));
    const { userDir } = RED.settings;
    const labels = userDir ? new LabelFile(join(userDir, 'video-to-llm', 'labels.jsonl')) : null;

    const recent = new RecentAlerts((id, finding) => kept.recent(id, finding));
    let mutes: Mutes = [];
    /** The message that is being decided about: what is decided goes out with it. */
    let inHand: FlowMessage | null = null;
    let inHandIsGone = false;
    /** Sends that wait for the disk or a picture. */
    const underWay = new Set<Promise<void>>();
    let warned = false;
    let closed = false;

    const runner = new KeyedRunner<KeyedState, KeyedEvent, KeyedOutput>({
      step: keyedAlerts({ gate, lane, channels: [...channels.keys()] }),
      clock,
      maxKeys: MAX_KEYS,
      onState: (key, state) => {
        status.lost(key, lostCount(state));
        kept.key(key, state);
      },
      onOutput,
      onForgotten: (key, state) => {
        forget(key);
        for (const [channel, { letters }] of Object.entries(state?.lanes ?? {}))
          for (const letter of letters) tellDead(channel, letter);
        if (!warned) this.warn(RED._('alert-gate.warn.forgotten', { max: MAX_KEYS, key }));
        warned = true;
      },
    });
    const flood = new AlertFlood({
      limits: settings.flood,
      clock,
      heldUntil: (about, severity) => {
        const now = clock.now();
        return mutedUntil(mutes, about, now) ?? quietEnd(gate, about, severity, now);
      },
      onDigest,
      onState: (state) => kept.flood(state),
    });

    // What waits to be delivered goes out at once: the nodes behind this one must be there to hear it.
    const ready = Promise.all([journal.scope, allStarted(RED, this)]).then(([own]) => {
      if (closed) return;
      const left = kept.open(own);
      if (!problem) restore(left);
      showStatus();
    });

    io.onInput(async (msg) => {
      if (problem) throw problem;
      if (!kept.isOpen) await ready;
      if (closed) return;
      const command = commandOf(msg);
      if (command === null) take(msg);
      else if (Object.hasOwn(commands, command)) await commands[command]?.(msg);
      else throw unknownCommand(command, Object.keys(commands));
      await Promise.all(underWay);
    });

    this.on('close', (removed: boolean, done: () => void) => {
      closed = true;
      runner.stop();
      flood.stop();
      line.close();
      decisions.keepCounts();
      Promise.all([journal.close(removed), pictures?.close()]).then(() => done(), done);
    });

    if (problem) line.set('red', 'ring', RED._('alert-gate.status.settings'));
    else showStatus();

    const commands: Record<string, (msg: FlowMessage) => Promise<void> | void> = {
      reset: (msg) => reset(cameraNamed(msg)),
      ack: onDelivery,
      acknowledge: (msg) => {
        const id = alertIdIn(msg);
        const key = raisedKey(id);
        withMessage(msg, () => dispatch(key, { type: 'acknowledge', id }));
      },
      update: (msg) => {
        const id = alertIdIn(msg);
        const key = raisedKey(id);
        const payload = msg.payload as { reason?: unknown } | string | null | undefined;
        const text = modelText(typeof payload === 'string' ? payload : payload?.reason);
        withMessage(msg, () => dispatch(key, { type: 'words', id, text }));
      },
      mute: (msg) => {
        const seconds = Number(msg.payload);
        mute(cameraNamed(msg), seconds > 0 ? Math.min(seconds * 1000, MUTED_FOR_LONG_MS) : MUTED_FOR_LONG_MS);
      },
      unmute: (msg) => mute(cameraNamed(msg), 0),
      explain: (msg) => {
        const about = typeof msg.alert?.key === 'string' ? msg.alert.key : cameraNamed(msg);
        io.send(PORT.held, Object.assign(msg, { payload: { explain: decisions.of(about) } }));
      },
      feedback: async (msg) => {
        const id = alertIdIn(msg);
        const verdict = feedbackIn(msg);
        const finding = recent.of(id);
        if (!finding) throw unknownAlert(id);
        await labels?.add(feedbackLabel(id, finding, verdict, clock.now()));
      },
    };

    /** Decides about what was found. */
    function take(msg: FlowMessage): void {
      const { topic, payload, frame, selection, vision, window, severity, picture } = msg;
      const data = pictures && Buffer.isBuffer(picture?.data) ? picture.data : null;
      const report = { camera: cameraNamed(msg), topic, payload, frame, selection, vision, window, severity };
      // What is told again carries no picture; temporal-window has kept it.
      const kept = window?.repeat ? (window.evidence?.last ?? null) : null;
      const event = gateEventOf({ ...report, picture: data ? pictureId(data) : kept }, clock.now());
      if (!event) return; // Pending, idle: nothing that anybody waits for.
      const key = groupOf(event.finding);
      withMessage(msg, () => dispatch(key, { ...event, key, holds: holdsOf(key, event.finding) }));
    }

    function withMessage(msg: FlowMessage, run: () => void): void {
      inHand = msg;
      inHandIsGone = false;
      try {
        run();
      } finally {
        inHand = null;
      }
    }

    /** Cooldown and quiet hours are people's: on the real clock, not on the time of the frames. */
    function dispatch(key: string, event: KeyedEvent): void {
      runner.dispatch(key, event, clock.now());
    }

    function groupOf(finding: Finding): string {
      const { camera, cameraName, rule, subject } = finding;
      const name = settings.group?.({ camera, cameraName, rule, subject }) ?? '';
      return plainText(name, MAX_GROUP_CHARS) || finding.key;
    }

    function holdsOf(key: string, finding: Finding): Holds {
      const now = clock.now();
      return {
        mutedUntil: mutedUntil(mutes, finding, now),
        floodUntil: flood.fullUntil(key),
        updateRoomMs: flood.updateRoomMs(key),
      };
    }

    /** Lets what waits be told, if nothing holds it back any more. */
    function letGo(key: string): void {
      const state = runner.peek(key)?.gate;
      const waits = state?.waiting ?? state?.alert?.owed;
      if (waits) dispatch(key, { type: 'go', holds: holdsOf(key, waits.finding) });
    }

    function onOutput(key: string, output: KeyedOutput): void {
      if (output.type === 'alert') onAlert(key, output);
      else if (output.type === 'held') onHeld(key, output);
      else if (output.type === 'send') onSend(key, output);
      else if (output.type === 'dead') tellDead(output.channel, output.letter);
      else if (output.type === 'let-go') onLetGo(key, output);
      else if (output.type === 'forget') forget(key);
      else if (output.type === 'back') {
        hurry(output.channel);
      } else if (output.type === 'ready') {
        letGo(key);
      }
      // Also where its end is not sent: then no output tells of it.
      if (!runner.peek(key)?.gate?.alert) status.active(key, null);
      showStatus();
    }

    /** Lets all go that waits for its next try on a channel that works again. */
    function hurry(channel: string): void {
      // Not those that are out: with a thousand keys each of them would ask all others.
      const waits = (key: string) => runner.peek(key)?.lanes[channel]?.out === false;
      for (const key of status.lostKeys().filter(waits)) dispatch(key, { type: 'hurry', channel });
    }

    /** For a repeat, and for what is raised later. */
    function keepPicture({ picture }: Finding): void {
      const data = inHand?.picture?.data;
      if (data && picture !== null) pictures?.opened.then((store) => store.put(picture, data));
    }

    function onAlert(key: string, { alert, finding, own }: KeyedOutput & { type: 'alert' }): void {
      status.active(key, alert.state === 'cleared' ? null : finding.cameraName);
      recent.note(alert.id, { ...finding, since: alert.since });
      decisions.note(key, alert.state, finding, clock.now(), { id: alert.id });
      if (alert.state === 'raised' || alert.state === 'updated') flood.told(key, alert.state === 'updated');
      if (own) keepPicture(finding);
    }

    function onHeld(key: string, { reason, until, missed, about }: KeyedOutput & { type: 'held' }): void {
      status.held();
      const id = runner.peek(key)?.gate?.alert?.id;
      decisions.note(key, reason, about.finding, clock.now(), { id, until });
      if (missed) flood.held(about.finding, about.severity ?? gate.severity);
      if (until !== null) keepPicture(about.finding);
      if (!inHand) return;
      delete inHand.alert;
      inHand.payload = heldPayload(reason, about, until);
      io.send(PORT.held, inHand);
    }

    function onLetGo(key: string, { reason, finding, severity }: KeyedOutput & { type: 'let-go' }): void {
      status.held();
      decisions.note(key, reason, finding, clock.now());
      if (reason === 'flood') flood.held(finding, severity);
      const event = { type: reason === 'flood' ? 'firing' : 'unsure', finding } as const;
      io.send(PORT.held, { ...aboutMessage(finding), payload: heldPayload(reason, event, null) });
    }

    function onDigest(digest: Digest): void {
      const told = digestAlert(digest, format.timeZone, gate.salt);
      decisions.note(DIGEST_KEY, 'digest', told.finding, clock.now(), { id: told.alert.id });
      dispatch(DIGEST_KEY, { type: 'post', ...told });
    }

    function onSend(key: string, output: KeyedOutput & { type: 'send' }): void {
      let msg = aboutMessage(output.letter.finding);
      const isFirst = output.own && output.letter.tries === 1;
      if (isFirst && inHand)
        msg = inHandIsGone ? (RED.util.cloneMessage(inHand as never) as FlowMessage) : inHand;
      inHandIsGone ||= msg === inHand;
      const done = send(key, output, msg).finally(() => underWay.delete(done));
      underWay.add(done);
    }

    /** Once it is on the disk: if the process is killed from here on, it is sent again. */
    async function send(
      key: string,
      output: KeyedOutput & { type: 'send' },
      msg: FlowMessage,
    ): Promise<void> {
      const { channel, letter } = output;
      const state = runner.peek(key);
      if (state) await kept.keyDurably(key, state);
      await writer.write(msg, channel, letter);
      if (closed) return;
      io.send(PORT.alerts, msg);
      const { id, count } = letter.alert;
      if (assume) dispatch(key, { type: 'confirmed', id, channel, count });
    }

    function tellDead(channel: string, letter: Letter): void {
      decisions.note(letter.alert.key, 'dead', letter.finding, clock.now(), { id: letter.alert.id });
      const { error, msg } = writer.deadLetter(channel, letter);
      io.tell(error, msg);
    }

    /** How a delivery went, from a Complete or a Catch node or as the response of a server. */
    function onDelivery(msg: FlowMessage): void {
      const { key, ...delivery } = deliveryIn(msg);
      // Not known any more is as good as confirmed: a message and its repeat may both arrive.
      const keys = key !== null && runner.peek(key) ? [key] : runner.keys();
      for (const one of keys) {
        const waits = Object.values(runner.peek(one)?.lanes ?? {});
        if (waits.some(({ letters }) => letters[0]?.alert.id === delivery.id)) dispatch(one, delivery);
      }
      showStatus();
    }

    function raisedKey(id: string): string {
      const key = runner.keys().find((one) => runner.peek(one)?.gate?.alert?.id === id);
      if (key === undefined) throw unknownAlert(id);
      return key;
    }

    function mute(camera: string | null, ms: number): void {
      const now = clock.now();
      mutes = withMute(mutes, camera ?? '', now + ms, now);
      kept.mutes(mutes);
      for (const key of runner.keys()) letGo(key);
      flood.letGo();
      showStatus();
    }

    function restore(left: LeftAlerts): void {
      const now = clock.now();
      // What the keys are held back by must be known before they go on.
      mutes = left.mutes;
      if (left.flood) flood.restore(left.flood);
      for (const [id, finding] of left.recent) recent.restore(id, finding);
      for (const [key, decided] of left.decided) decisions.restore(key, decided);
      for (const [key, value] of left.keys) {
        const back = restoredKey(value, [...channels.keys()]);
        if (!back) kept.key(key, null);
        for (const { channel, letter } of back?.dead ?? []) tellDead(channel, letter);
        const raised = back?.state.gate?.alert;
        if (raised) status.active(key, raised.finding.cameraName);
        if (back) runner.restore(key, back.state, now);
      }
    }

    function showStatus(): void {
      if (!problem) status.show(isAllMuted(mutes, clock.now()));
    }

    /** Drops what is known of a camera, named by id or name, or of all; tells nothing, as core nodes do. */
    function reset(camera: string | null): void {
      for (const key of runner.keys()) {
        const state = runner.peek(key);
        const finding = state?.gate?.last ?? Object.values(state?.lanes ?? {})[0]?.letters[0]?.finding;
        if (camera === null || finding?.camera === camera || finding?.cameraName === camera) forget(key);
      }
      if (camera === null) {
        flood.stop();
        kept.flood(null);
      }
      showStatus();
    }

    function forget(key: string): void {
      status.forget(key);
      runner.forget(key);
      kept.key(key, null);
    }
  }
  RED.nodes.registerType('alert-gate', AlertGate);
};
