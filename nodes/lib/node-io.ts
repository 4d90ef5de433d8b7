import type { Node, NodeAPI } from 'node-red';
import { asError, StageError } from '../../src/shared/errors';
import type { FlowMessage } from './message';

type Send = (msg: never) => void;
type Done = (error?: Error) => void;

/**
 * The one way in which a node of ours takes messages, sends them and tells errors (DESIGN: Outputs and errors).
 * The last port is the error output.
 */
export class NodeIo {
  readonly #RED: NodeAPI;
  readonly #node: Node;
  readonly #ports: number;

  /** @param ports number of outputs, the error output included */
  constructor(RED: NodeAPI, node: Node, ports: number) {
    this.#RED = RED;
    this.#node = node;
    this.#ports = ports;
  }

  /**
   * Takes messages. A handler that returns, or whose promise resolves, has dealt with its message; one that
   * throws or rejects tells an error. Either way `done` is called once.
   */
  onInput(handle: (msg: FlowMessage) => Promise<void> | void): void {
    // Three declared parameters: Node-RED looks at the length of the function.
    this.#node.on('input', (msg, _send, done) => {
      const message = msg as unknown as FlowMessage;
      // A promise that rejects unheard would end the whole process.
      Promise.resolve()
        .then(() => handle(message))
        .then(
          () => done(),
          (error) => this.#fail(asError(error), message, done),
        )
        // The same for those who hear of an error or of the end of a message.
        .catch((error) => this.#node.error(asError(error).message));
    });
  }

  /** Sends on one port, counted from 0. The message is the receiver's from then on. */
  send(port: number, msg: FlowMessage): void {
    const ports: (FlowMessage | null)[] = new Array(this.#ports).fill(null);
    ports[port] = msg;
    try {
      (this.#node.send as Send)(ports as never);
    } catch (thrown) {
      // For several receivers Node-RED copies, and a message may hold what cannot be copied. Sends come from timers
      // and promises too, where an exception would end the process. Told without the message, for the same reason.
      this.#node.error(asError(thrown).message);
    }
  }

  /** Tells an error that no message in hand has caused. `about` says what it is about, such as the camera. */
  tell(error: Error, about: FlowMessage): void {
    this.#fail(error, about, null);
  }

  /** To the error output if somebody listens there, else the way Catch nodes and the log hear of it. */
  #fail(error: Error, msg: FlowMessage, done: Done | null): void {
    if (this.#errorOutputIsWired()) {
      this.send(this.#ports - 1, { ...msg, error: this.#describe(error) });
      done?.();
    } else if (done) {
      done(error);
    } else {
      this.#node.error(error as unknown as string, msg as never);
    }
  }

  #errorOutputIsWired(): boolean {
    const wires = (this.#node as unknown as { wires?: string[][] }).wires?.[this.#ports - 1] ?? [];
    return wires.some((id) => this.#RED.nodes.getNode(id));
  }

  #describe(error: Error): Record<string, unknown> {
    const { id, type, name } = this.#node;
    const source = { id, type, name };
    if (error instanceof StageError)
      return { code: error.code, message: error.message, cause: error.cause, source };
    // Only a defect of ours comes here: still told, never lost.
    return {
      code: 'INTERNAL',
      message: error.message,
      cause: {
        retryable: false,
        advice: 'Please report this, with the flow that shows it.',
        detail: error.name,
      },
      source,
    };
  }
}
