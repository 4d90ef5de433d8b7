import { EventEmitter } from 'node:events';
import type { Node, NodeAPI } from 'node-red';

/** As Node-RED loads a node. */
export type NodeModule = (RED: NodeAPI) => void;
type Constructor = new (config: object) => Node;

/** Just enough of Node-RED to run a few nodes: what a benchmark measures is then the nodes' own work. */
export class BareRuntime {
  readonly #types = new Map<string, Constructor>();
  readonly #nodes = new Map<string, Node>();
  /** What a node sends: on which output, and what. */
  onSend: (node: string, port: number, msg: object) => void = () => {};

  constructor(modules: NodeModule[]) {
    const RED = {
      nodes: {
        createNode: (node: Node, config: object) => this.#dress(node, config),
        registerType: (type: string, make: Constructor) => this.#types.set(type, make),
        getNode: (id: string) => this.#nodes.get(id) ?? null,
        eachNode: () => {},
      },
      auth: { needsPermission: () => () => {} },
      settings: {},
      events: new EventEmitter(),
      util: { cloneMessage: (msg: object) => ({ ...msg }), generateId: () => 'bench' },
      _: (key: string) => key,
    };
    for (const module of modules) module(RED as unknown as NodeAPI);
  }

  make(config: { id: string; type: string; [property: string]: unknown }): void {
    const Made = this.#types.get(config.type);
    if (!Made) throw new Error(`no node ${config.type}`);
    new Made(config);
  }

  give(id: string, msg: object): void {
    const node = this.#nodes.get(id) as unknown as EventEmitter;
    const send = () => {};
    node.emit('input', msg, send, () => {});
  }

  /** Closes all nodes, the newest first, and waits for those that take their time. */
  async close(): Promise<void> {
    for (const node of [...this.#nodes.values()].reverse()) {
      const emitter = node as unknown as EventEmitter;
      for (const listener of emitter.listeners('close')) {
        await new Promise<void>((resolve) => {
          listener.call(node, true, resolve);
          if (listener.length < 2) resolve();
        });
      }
    }
    this.#nodes.clear();
  }

  #dress(node: Node, config: object): void {
    const { id } = config as { id: string };
    const emitter = new EventEmitter();
    Object.assign(node, {
      wires: [],
      credentials: {},
      ...config,
      on: (event: string, listener: () => void) => emitter.on(event, listener),
      emit: (event: string, ...args: unknown[]) => emitter.emit(event, ...args),
      listeners: (event: string) => emitter.listeners(event),
      send: (ports: (object | null)[]) => {
        for (const [port, msg] of ports.entries()) if (msg) this.onSend(id, port, msg);
      },
      status: () => {},
      warn: () => {},
      error: () => {},
    });
    this.#nodes.set(id, node);
  }
}
