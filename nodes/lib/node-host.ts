import { EventEmitter } from 'node:events';
import type { NodeAPI } from 'node-red';
import { ConfigError } from '../../src/shared/errors';
import alertGate from '../alert-gate';
import frameSelect from '../frame-select';
import imageEncode from '../image-encode';
import temporalWindow from '../temporal-window';
import visionLlm from '../vision-llm';
import type { FlowMessage } from './message';

/** A node's settings, as a flow file has them. */
export interface HostedConfig {
  id: string;
  type: string;
  name?: string;
  [setting: string]: unknown;
}

/** What comes out of the nodes. */
export interface HostListener {
  onSend(from: HostedConfig, port: number, msg: FlowMessage): void;
  onReceive(to: HostedConfig, msg: FlowMessage): void;
  /** What Catch nodes would get, or the error output. */
  onError(from: HostedConfig, error: unknown): void;
}

type Listener = (...args: unknown[]) => void;

/**
 * The part of Node-RED that our nodes use, without its runtime: messages wait until they are asked to go on, so that
 * whoever drives the nodes knows when they are at rest. Nothing is kept on the disk.
 */
export class NodeHost {
  readonly #listener: HostListener;
  readonly #wires: ReadonlyMap<string, string[][]>;
  readonly #types = new Map<string, new (config: HostedConfig) => HostedNode>();
  readonly #nodes = new Map<string, HostedNode>();
  readonly #events = new EventEmitter();
  /** Messages on their way. */
  readonly #queue: { to: HostedNode; msg: FlowMessage }[] = [];
  #lastId = 0;

  /** @param wires ids of nodes, by id and output */
  constructor(wires: ReadonlyMap<string, string[][]>, listener: HostListener) {
    this.#wires = wires;
    this.#listener = listener;
    for (const register of [frameSelect, imageEncode, visionLlm, temporalWindow, alertGate])
      register(this.#api());
  }

  /** Something that nodes look up by id, such as an endpoint. */
  provide(id: string, node: object): void {
    this.#nodes.set(id, node as HostedNode);
  }

  /** Makes nodes and lets them start, as a deploy does. @throws ConfigError where a type is not known */
  start(configs: readonly HostedConfig[]): void {
    for (const config of configs) {
      const Type = this.#types.get(config.type);
      if (!Type) throw new ConfigError('CONFIG_INVALID', `There is no node "${config.type}".`);
      this.#nodes.set(config.id, new Type(config));
    }
    this.#events.emit('flows:started');
  }

  /** Sends on an output of `from`, which need not be a node of this host. */
  send(from: HostedConfig, port: number, msg: FlowMessage): void {
    this.#listener.onSend(from, port, msg);
    const targets = (this.#wires.get(from.id)?.[port] ?? []).flatMap((id) => this.#nodes.get(id) ?? []);
    for (const [index, to] of targets.entries()) {
      // As Node-RED does it: the first one gets the message itself.
      this.#queue.push({ to, msg: index === 0 ? msg : copyOf(msg) });
    }
  }

  /** Whether messages wait. */
  get isBusy(): boolean {
    return this.#queue.length > 0;
  }

  /** Hands over all that wait, and what comes of it at once. */
  deliver(): void {
    for (let next = this.#queue.shift(); next; next = this.#queue.shift()) {
      const { to, msg } = next;
      this.#listener.onReceive(to.config, msg);
      to.emit('input', msg, null, (error?: unknown) => {
        if (error !== undefined && error !== null) this.#listener.onError(to.config, error);
      });
    }
  }

  /** Closes all nodes. */
  async stop(): Promise<void> {
    const nodes = [...this.#nodes.values()].filter((node) => node instanceof HostedNode);
    this.#nodes.clear();
    this.#queue.length = 0;
    await Promise.all(nodes.map((node) => node.closed()));
  }

  #api(): NodeAPI {
    const host = this;
    const api = {
      settings: {},
      events: this.#events,
      util: {
        cloneMessage: copyOf,
        generateId: () => String(++this.#lastId),
      },
      // Texts of the status line, which nobody sees here.
      _: (key: string) => key,
      nodes: {
        createNode(node: HostedNode, config: HostedConfig) {
          const { id, type, name } = config;
          Object.assign(node, { id, type, name, config, wires: host.#wires.get(id) ?? [], host });
        },
        registerType(type: string, Type: new (config: HostedConfig) => HostedNode) {
          Object.setPrototypeOf(Type.prototype, HostedNode.prototype);
          host.#types.set(type, Type);
        },
        getNode: (id: string) => this.#nodes.get(id) ?? null,
      },
    };
    return api as unknown as NodeAPI;
  }

  /** An error that a node tells without a message. */
  tell(from: HostedConfig, error: unknown): void {
    this.#listener.onError(from, error);
  }
}

/** What a node function gets as `this`. Only methods: Node-RED's nodes are made without a constructor of ours. */
class HostedNode extends EventEmitter {
  declare config: HostedConfig;
  declare host: NodeHost;

  send(ports: FlowMessage | (FlowMessage | null)[]): void {
    const all = Array.isArray(ports) ? ports : [ports];
    for (const [port, msg] of all.entries()) if (msg) this.host.send(this.config, port, msg);
  }

  error(error: unknown): void {
    this.host.tell(this.config, error);
  }

  status(): void {}
  warn(): void {}

  /** Node-RED tells by the number of parameters what a listener of `close` wants. */
  async closed(): Promise<void> {
    const listeners = this.listeners('close') as Listener[];
    await Promise.all(
      listeners.map(
        (listener) =>
          new Promise<void>((resolve) => {
            const done = () => resolve();
            if (listener.length === 0) {
              listener.call(this);
              done();
            } else if (listener.length === 1) listener.call(this, done);
            else listener.call(this, false, done);
          }),
      ),
    );
    this.removeAllListeners();
  }
}

/** A copy that shares what nobody may write to: Buffers. */
function copyOf<T>(value: T): T {
  if (Array.isArray(value)) return value.map(copyOf) as T;
  if (value === null || typeof value !== 'object' || Object.getPrototypeOf(value) !== Object.prototype)
    return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, copyOf(part)])) as T;
}
