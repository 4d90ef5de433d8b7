import type { Node, NodeAPI, NodeDef } from 'node-red';
import { systemClock } from '../src/shared/clock';
import { asError, StageError } from '../src/shared/errors';
import type { Endpoint } from '../src/vision/endpoint';
import type { EndpointOptions } from '../src/vision/job';
import { keptBack } from '../src/vision/kept-back';
import { laneOf, lanesOf } from '../src/vision/lane';
import { outgoing } from '../src/vision/outgoing';
import { captureTime } from '../src/vision/prompt';
import { RecentVerdicts, verdictsIn } from '../src/vision/recent-verdicts';
import { picturesOf } from '../src/vision/series';
import { type Answered, endpointLabel, type Settled, settle, unknownAnswer } from '../src/vision/settle';
import { Condition } from './lib/condition';
import { cameraNamed, cameraOf, commandOf, type FlowMessage, unknownCommand } from './lib/message';
import { NodeIo } from './lib/node-io';
import { offerPromptHints } from './lib/prompt-hints';
import { ruleMessages } from './lib/rule-messages';
import { endpointOf } from './lib/vision-link';
import { readVisionSettings } from './lib/vision-settings';
import { VisionStatus } from './lib/vision-status';

const COMMANDS = ['reset'] as const;
/** That pictures get too old is told again only after this long without one. */
const OVERLOAD_OVER_MS = 60_000;

export = (RED: NodeAPI) => {
  function VisionLlm(this: Node, config: NodeDef) {
    RED.nodes.createNode(this, config);
    const { endpointId, model, passUnknown, maxAgeMs, history, sending, rule, questions, inquiry, problem } =
      readVisionSettings(config);

    const clock = systemClock;
    const io = new NodeIo(RED, this, 2);
    const status = new VisionStatus(RED, this);
    const mine = lanesOf(this.id, null);
    let about: FlowMessage = { _msgid: '' };
    const standing = new Condition((error) => io.tell(error, about));
    const shortage = new Condition((error) => io.tell(error, about));
    const overload = new Condition((error) => io.tell(error, about));
    const recent = new RecentVerdicts(history);
    let overloadedAt = Number.NEGATIVE_INFINITY;
    let closed = false;

    const endpointNow = () => {
      if (problem) throw problem;
      return endpointOf(RED, endpointId);
    };

    /** A copy where the message goes out, or has gone out, on the error output as well. */
    const pass = (msg: FlowMessage, answer: Answered, isAlone: boolean) => {
      for (const own of ruleMessages(RED, msg, outgoing(answer, questions, sending), isAlone))
        io.send(0, own);
    };

    /** The job that a message gives, or what is to be done in place of it. @throws StageError */
    const prepare = (msg: FlowMessage) => {
      const endpoint = endpointNow();
      const camera = cameraOf(msg);
      const by = { lane: laneOf(this.id, camera), camera, model: endpoint.modelFor(model), now: clock.now() };
      const about = { rule, model: by.model, endpoint: endpointLabel(endpoint.options) };
      const pictures = picturesOf(msg);
      const masked = pictures.map((picture) => picture.masked);
      const kept = keptBack(msg, masked, by.now, { ...about, maxAgeMs, passUnknown });
      if (kept) return { endpoint, kept };
      const past = recent.of(camera, captureTime(msg, by.now));
      return { endpoint, job: inquiry.job(msg, { ...by, pictures, past }) };
    };

    const ask = async (msg: FlowMessage): Promise<void> => {
      let prepared: ReturnType<typeof prepare>;
      try {
        prepared = prepare(msg);
      } catch (thrown) {
        if (passUnknown && thrown instanceof StageError)
          pass(msg, unknownAnswer(thrown, { rule, model, endpoint: '' }), false);
        throw thrown;
      }
      const { endpoint } = prepared;
      if (prepared.kept) return conclude(msg, endpoint, prepared.kept, endpoint.options);
      const { job } = prepared;
      const asked = endpoint.ask(job);
      status.asking(() => endpoint.load(mine));
      const outcome = await asked;
      if (closed) return;
      if (outcome.kind === 'dropped') status.dropped();
      const settled = settle(outcome, { inquiry, job, passUnknown });
      if (settled.answer && outcome.kind === 'answered')
        recent.noteAll(job.camera, job.request.time, verdictsIn(settled.answer, questions));
      conclude(msg, endpoint, settled, outcome.kind === 'answered' ? outcome.endpoint : null);
    };

    /** @param from who gave the verdict; null where there is only word of a failure. @throws StageError */
    const conclude = (
      msg: FlowMessage,
      endpoint: Endpoint,
      settled: Settled,
      from: EndpointOptions | null,
    ) => {
      about = msg;
      if (settled.standing !== undefined) standing.set(settled.standing);
      // Both levels of a budget have one code.
      shortage.set(endpoint.notice, endpoint.notice?.message);
      if (settled.overload) {
        if (clock.monotonic() - overloadedAt > OVERLOAD_OVER_MS) overload.set(null);
        overloadedAt = clock.monotonic();
        overload.set(settled.overload);
      }
      const error = settled.standing ?? settled.error;
      const isVerdict = from !== null && !settled.error && !settled.overload;
      if (settled.answer) pass(msg, settled.answer, isVerdict);
      if (settled.answer && isVerdict)
        status.answered(settled.answer, questions, {
          standIn: from.standIn,
          saving: endpoint.notice !== null,
        });
      else if (error) status.failed(error.code);
      if (settled.error) throw settled.error;
    };

    const control = (command: string, msg: FlowMessage): void => {
      if (command !== 'reset') throw unknownCommand(command, COMMANDS);
      recent.forget(cameraNamed(msg));
      endpointNow().leave(lanesOf(this.id, cameraNamed(msg)));
    };

    io.onInput(async (msg) => {
      const command = commandOf(msg);
      try {
        if (command === null) await ask(msg);
        else control(command, msg);
      } catch (thrown) {
        if (closed) return;
        if (thrown instanceof StageError) status.failed(thrown.code);
        throw thrown;
      }
    });

    this.on('close', () => {
      closed = true;
      recent.forget(null);
      status.close();
      leave();
    });
    const leave = () => {
      try {
        endpointNow().leave(mine);
      } catch {
        // No endpoint, or it was closed first: then nothing of this node is left there.
      }
    };

    // Config nodes are made before the nodes that use them, so what is wrong shows at once.
    try {
      endpointNow();
    } catch (thrown) {
      status.failed((asError(thrown) as StageError).code);
    }
  }
  RED.nodes.registerType('vision-llm', VisionLlm);
  offerPromptHints(RED);
};
