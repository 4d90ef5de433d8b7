import type { Finding, GateEvent } from '../../src/alert/finding';
import { formatAlert, hasPicture } from '../../src/alert/format';
import type { Letter } from '../../src/alert/lane';
import { PictureMarker } from '../../src/alert/marked-picture';
import { AlertError } from '../../src/shared/errors';
import type { AlertInfo, Picture } from '../../src/shared/messages';
import { commonPictureType } from '../../src/shared/picture';
import { isoTime } from '../../src/shared/time';
import type { PictureStore } from '../../src/store/picture-store';
import type { AlertSettings } from './alert-settings';
import type { FlowMessage } from './message';

/** Makes messages of letters: in the format of their channel, with the picture where that carries one. */
export class AlertWriter {
  readonly #settings: AlertSettings;
  readonly #pictures: { opened: Promise<PictureStore> } | null;
  readonly #marker = new PictureMarker();

  /** @param pictures null where no format carries one */
  constructor(settings: AlertSettings, pictures: { opened: Promise<PictureStore> } | null) {
    this.#settings = settings;
    this.#pictures = pictures;
  }

  /** Puts a letter on a message. */
  async write(msg: FlowMessage, channel: string, { alert: bare, finding, tries }: Letter): Promise<void> {
    const { format: shared, channels, drawOn, assume } = this.#settings;
    const format = { ...shared, format: channels.get(channel) ?? shared.format };
    const kept = msg.picture ?? (await this.#pictureOf(finding));
    const marks = { time: finding.time, timeZone: finding.timeZone || shared.timeZone, zones: finding.zones };
    const isDrawn = kept && drawOn && hasPicture(format.format);
    const picture = isDrawn ? await this.#marker.mark(kept, marks) : kept;
    const alert: AlertInfo = { ...bare };
    if (channel !== '') alert.channel = channel;
    if (tries > 1) alert.repeat = tries - 1;
    if (!assume) {
      // What an earlier request in the flow has left would read as how this delivery went.
      delete msg.error;
      delete msg.statusCode;
    }
    delete msg.command;
    Object.assign(msg, formatAlert(alert, finding, picture, format), { alert });
  }

  /** What is told of a letter that nobody has confirmed. */
  deadLetter(channel: string, { alert, finding, tries }: Letter): { error: AlertError; msg: FlowMessage } {
    const where = channel === '' ? '' : ` on ${channel}`;
    const error = new AlertError(
      'ALERT_UNDELIVERED',
      `The alert ${alert.id} (${alert.state}) was sent ${tries} times${where}, and nobody has confirmed it.`,
      {
        advice: 'Check the node that sends it on, and that its confirmations reach the input of alert-gate.',
      },
    );
    const told = channel === '' ? alert : { ...alert, channel };
    const format = { ...this.#settings.format, format: 'object' as const };
    const { topic, payload } = formatAlert(told, finding, undefined, format);
    return { error, msg: { ...aboutMessage(finding), topic, payload, alert: told } };
  }

  async #pictureOf({ picture }: Finding): Promise<Picture | undefined> {
    if (!this.#pictures || picture === null) return undefined;
    const data = await (await this.#pictures.opened).get(picture);
    if (!data) return undefined;
    return { data, type: commonPictureType(data) ?? 'image/jpeg', bytes: data.length } as Picture;
  }
}

/** What output 2 tells. */
export function heldPayload(
  reason: string,
  about: Pick<GateEvent, 'type' | 'finding'>,
  until: number | null,
): object {
  const { key, camera, cameraName, rule, confidence } = about.finding;
  const state = { firing: 'firing', over: 'resolved', blind: 'blind', note: 'amended', unsure: 'unknown' };
  return {
    reason,
    key,
    camera,
    cameraName,
    rule,
    state: state[about.type],
    confidence,
    until: until === null ? null : isoTime(until),
  };
}

/** A message that no window's message carries: only what is small. */
export function aboutMessage({ camera }: Finding): FlowMessage {
  return { frame: { camera } } as FlowMessage;
}
