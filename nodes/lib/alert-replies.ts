import { AlertError, InputError } from '../../src/shared/errors';
import { plainText } from '../../src/shared/plain-text';
import type { FlowMessage } from './message';

/** How a delivery went. `key`, `channel` and `count` are null where the message does not tell. */
export interface Delivery {
  type: 'confirmed' | 'rejected';
  id: string;
  key: string | null;
  channel: string | null;
  count: number | null;
}

/**
 * The id of the alert that a message is about: of `msg.alert`, else of the payload, or the payload itself.
 *
 * @throws InputError INPUT_COMMAND where there is none
 */
export function alertIdIn({ alert, payload, command }: FlowMessage): string {
  const candidates = [alert?.id, (payload as { id?: unknown } | null | undefined)?.id, payload];
  const id = candidates.find((one) => typeof one === 'string' && one !== '');
  if (typeof id === 'string') return id;
  throw new InputError('INPUT_COMMAND', `The command "${command}" does not say which alert it is about.`, {
    advice: 'Send msg.alert as it came out of this node, or its id as msg.payload.id.',
  });
}

/**
 * A message of a Complete node confirms; one of a Catch node, or a response with another status than 2xx, does not.
 * (http request calls `done` on failures too: its Complete node says nothing.)
 *
 * @throws InputError INPUT_COMMAND where no alert is named
 */
export function deliveryIn(msg: FlowMessage): Delivery {
  const { alert, statusCode, error } = msg;
  const hasFailed = error !== undefined || (statusCode !== undefined && !isSuccess(statusCode));
  return {
    type: hasFailed ? 'rejected' : 'confirmed',
    id: alertIdIn(msg),
    key: typeof alert?.key === 'string' ? alert.key : null,
    channel: typeof alert?.channel === 'string' ? alert.channel : null,
    count: typeof alert?.count === 'number' ? alert.count : null,
  };
}

/**
 * What a person has said of an alert: `right` or `wrong` in `msg.feedback`, `msg.payload` or `msg.payload.feedback`.
 *
 * @throws InputError INPUT_COMMAND where it is neither
 */
export function feedbackIn({ feedback, payload }: FlowMessage): 'right' | 'wrong' {
  const inPayload = (payload as { feedback?: unknown } | null | undefined)?.feedback;
  for (const said of [feedback, inPayload, payload]) if (said === 'right' || said === 'wrong') return said;
  throw new InputError('INPUT_COMMAND', 'The feedback is neither right nor wrong.', {
    advice: 'Set msg.feedback to "right" or "wrong".',
  });
}

/** The error for an id that is not known (any more). */
export function unknownAlert(id: string): AlertError {
  return new AlertError('ALERT_UNKNOWN', `No alert with the id "${plainText(id, 80)}" is known here.`, {
    advice:
      'Send msg.alert or msg.payload as it came out of this node. An alert that is over cannot be changed.',
  });
}

/** RFC 9110, 15.3. After a failure of the network http request puts the code of the error here. */
function isSuccess(statusCode: unknown): boolean {
  return typeof statusCode === 'number' && statusCode >= 200 && statusCode < 300;
}
