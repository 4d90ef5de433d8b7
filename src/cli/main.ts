#!/usr/bin/env node
import { asError } from '../shared/errors';

/** A command of `npx @video-to-llm/node-red`. Resolves to the exit code. */
export type Command = (args: string[]) => Promise<number>;

interface Entry {
  /** One line for the list of commands. */
  summary: string;
  /** Loaded when it is asked for: a command must not pay for the others. */
  load(): Promise<{ run: Command }>;
}

const COMMANDS: Record<string, Entry> = {
  camera: {
    summary: 'a simulated RTSP camera that fails in the ways real ones do',
    load: () => import('./camera'),
  },
  replay: {
    summary: 'runs a flow over a recording: what it would send, ask, cost and raise',
    load: () => import('./replay'),
  },
};

async function main([name = '', ...args]: string[]): Promise<number> {
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (command) return (await command.load()).run(args);
  const isHelp = name === '' || name === 'help' || name === '--help' || name === '-h';
  const list = Object.entries(COMMANDS).map(([key, { summary }]) => `  ${key.padEnd(10)}${summary}`);
  const usage = ['Usage: npx @video-to-llm/node-red COMMAND [options]', '', ...list, ''].join('\n');
  if (isHelp) process.stdout.write(usage);
  else process.stderr.write(`There is no command "${name.slice(0, 40)}".\n\n${usage}`);
  return isHelp ? 0 : 2;
}

main(process.argv.slice(2)).then(
  (code) => {
    process.exitCode = code;
  },
  (error) => {
    process.stderr.write(`${asError(error).message}\n`);
    process.exitCode = 1;
  },
);
