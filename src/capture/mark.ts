import { randomBytes } from 'node:crypto';
import { readlinkSync } from 'node:fs';

/** Who started an ffmpeg, as it is written in its arguments. */
export interface Owner {
  /** The process that started it. */
  pid: number;
  /** Which process with that pid, as pids are used again: 8 hexadecimal digits, new at each start. */
  instance: string;
  /** In which count of pids: containers have their own. A number, or `0` where there is one only. */
  space: string;
}

/** This process, as an owner. */
export const thisOwner: Owner = {
  pid: process.pid,
  instance: randomBytes(4).toString('hex'),
  space: pidSpace(),
};

/** The argument that marks an ffmpeg as its owner's: it goes behind `-metadata`, which no output of ours writes down. */
export function markOf({ pid, instance, space }: Owner): string {
  return `comment=video-to-llm-${pid}-${instance}-${space}`;
}

/** The owner out of the arguments of a process; null where it is not marked. */
export function ownerIn(args: readonly string[]): Owner | null {
  for (let index = 1; index < args.length; index++) {
    const found = /^comment=video-to-llm-(\d+)-([0-9a-f]{8})-(\d+)$/.exec(args[index] as string);
    const [, pid, instance, space] = found ?? [];
    if (args[index - 1] === '-metadata' && pid && instance && space) {
      return { pid: Number(pid), instance, space };
    }
  }
  return null;
}

/** A machine sees the processes of its containers, under other pids than those they know of themselves. */
function pidSpace(): string {
  try {
    return /\d+/.exec(readlinkSync('/proc/self/ns/pid'))?.[0] ?? '0';
  } catch {
    return '0';
  }
}
