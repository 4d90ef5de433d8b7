import type { Node, NodeAPI, NodeDef } from 'node-red';
import { DropCount } from '../src/encode/drops';
import { cropProblems } from '../src/encode/geometry';
import { PICTURE_FORMATS, type PictureOptions } from '../src/encode/options';
import { PAYLOAD_FORMS, type PayloadForm, payloadOf } from '../src/encode/payload';
import { encodePicture } from '../src/encode/picture';
import { type MakerOutcome, PictureMaker } from '../src/encode/picture-maker';
import { sourceFrame } from '../src/encode/source-frame';
import { TOKEN_MODELS } from '../src/encode/tokens';
import { systemClock } from '../src/shared/clock';
import { cameraNamed, cameraOf, commandOf, type FlowMessage, unknownCommand } from './lib/message';
import { NodeIo } from './lib/node-io';
import { Settings } from './lib/settings';
import { StatusLine } from './lib/status';

/** A message on its way to a picture. After `done` it has ended, and a failure can only be told. */
interface Ticket {
  msg: FlowMessage;
  done(): void;
  fail(error: Error): void;
}

/** Closing waits this long for pictures that are being made: Node-RED itself gives up after 15 seconds. */
const STOP_MS = 5000;

const COMMANDS = ['flush', 'reset'];

export = (RED: NodeAPI) => {
  function ImageEncode(this: Node, config: NodeDef) {
    RED.nodes.createNode(this, config);
    const io = new NodeIo(RED, this, 2);
    const status = new StatusLine(this, systemClock);
    const { options, output, sheetMaxAgeMs, error } = readSettings(config);
    if (error) status.set('red', 'ring', RED._('image-encode.status.settings'));

    const drops = new DropCount();
    const maker = new PictureMaker<Ticket>({
      clock: systemClock,
      sheetFrames: options.sheetFrames,
      sheetMaxAgeMs,
      encode: (frames) => encodePicture(frames, options),
      onOutcome,
    });

    io.onInput((msg) => {
      if (error) throw error;
      const command = commandOf(msg);
      if (command === 'flush') return maker.flush(cameraNamed(msg));
      if (command === 'reset') return maker.reset(cameraNamed(msg));
      if (command !== null) throw unknownCommand(command, COMMANDS);
      const camera = options.sheetFrames > 1 ? cameraOf(msg) : cameraNamed(msg);
      const frame = sourceFrame(msg.payload, msg.frame, msg.selection, systemClock.now());
      return new Promise<void>((resolve, reject) => {
        maker.push(camera, { ...frame, about: ticket(msg, resolve, reject) });
      });
    });

    this.on('close', (done: () => void) => {
      maker.stop(AbortSignal.timeout(STOP_MS)).finally(() => {
        status.close();
        done();
      });
    });

    function onOutcome(outcome: MakerOutcome<Ticket>): void {
      switch (outcome.type) {
        case 'picture': {
          const { about, picture } = outcome;
          // Built fresh: the message of a flushed sheet has ended before, and others may hold it.
          io.send(0, { ...about.msg, payload: payloadOf(picture, output), picture });
          about.done();
          const { width, height, tokens } = picture;
          show('green', 'dot', 'encoded', { width, height, tokens, kb: Math.ceil(picture.bytes / 1000) });
          break;
        }
        case 'failed':
          outcome.about.fail(outcome.error);
          show('yellow', 'ring', 'failed');
          break;
        case 'collected':
          outcome.about.done();
          show('blue', 'ring', 'collecting', { n: outcome.waiting, of: options.sheetFrames });
          break;
        case 'dropped':
          drops.add(outcome.reason, outcome.frames);
          outcome.about.done();
          break;
        case 'left-out':
          drops.add(outcome.reason, outcome.frames);
          if (outcome.reason === 'reset')
            show('blue', 'ring', 'collecting', { n: 0, of: options.sheetFrames });
      }
    }

    function show(fill: 'green' | 'yellow' | 'blue', shape: 'dot' | 'ring', key: string, values = {}): void {
      status.set(fill, shape, () => {
        const parts = drops
          .entries()
          .map(([reason, n]) => RED._(`image-encode.status.dropped.${reason}`, { n }));
        return [RED._(`image-encode.status.${key}`, values), ...parts].join(' · ');
      });
    }

    function ticket(msg: FlowMessage, resolve: () => void, reject: (error: Error) => void): Ticket {
      let ended = false;
      return {
        msg,
        done() {
          ended = true;
          resolve();
        },
        fail: (failure) => (ended ? io.tell(failure, msg) : reject(failure)),
      };
    }
  }

  RED.nodes.registerType('image-encode', ImageEncode);
};

function readSettings(config: NodeDef) {
  const settings = new Settings(config);
  const share = (name: string, fallback: number) =>
    settings.number(name, { default: fallback, min: 0, max: 1 });
  const size = (name: string, fallback: number) =>
    settings.integer(name, { default: fallback, min: 0, max: 16000 });
  const options: PictureOptions = {
    maxWidthPx: size('width', 640),
    maxHeightPx: size('height', 0),
    crop: {
      x: share('cropX', 0),
      y: share('cropY', 0),
      width: share('cropWidth', 1),
      height: share('cropHeight', 1),
    },
    format: settings.choice('format', PICTURE_FORMATS, 'jpeg'),
    quality: settings.integer('quality', { default: 80, min: 1, max: 100 }),
    tokenModel: settings.choice('tokenModel', TOKEN_MODELS, 'openai-patch-mini'),
    sheetFrames: settings.integer('sheetFrames', { default: 1, min: 1, max: 16 }),
    apart: settings.choice('sheetAs', ['sheet', 'apart'], 'sheet') === 'apart',
    sheetColumns: settings.integer('sheetColumns', { default: 0, min: 0, max: 16 }),
  };
  for (const problem of cropProblems(options.crop)) settings.problem(problem);
  const output: PayloadForm = settings.choice('output', PAYLOAD_FORMS, 'buffer');
  const sheetMaxAgeMs = 1000 * settings.number('sheetMaxAgeS', { default: 60, min: 1, max: 86400 });
  return { options, output, sheetMaxAgeMs, error: settings.error() };
}
