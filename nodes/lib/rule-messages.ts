import type { NodeAPI } from 'node-red';
import type { Outgoing } from '../../src/vision/outgoing';
import type { FlowMessage } from './message';

/**
 * A message for each answer. Those of several rules carry `parts`, by which the core's join makes one of them: its
 * payload has a property a rule.
 *
 * @param mayUse whether the message itself may go out; else all are copies, as the first of several is not
 */
export function ruleMessages(
  RED: NodeAPI,
  msg: FlowMessage,
  answers: readonly Outgoing[],
  mayUse: boolean,
): FlowMessage[] {
  const id = RED.util.generateId();
  return answers.map(({ payload, vision, part }, index) => {
    const isLast = index === answers.length - 1;
    const own = mayUse && isLast ? msg : (RED.util.cloneMessage(msg as never) as FlowMessage);
    return Object.assign(own, { payload, vision, ...(part && { parts: partsOf(part, id, own) }) });
  });
}

/** As split sets it: what was there before goes into it, and join brings it back. */
function partsOf({ index, count, rule }: NonNullable<Outgoing['part']>, id: string, { parts }: FlowMessage) {
  return { id, type: 'object', key: rule, index, count, ...(parts !== undefined && { parts }) };
}
