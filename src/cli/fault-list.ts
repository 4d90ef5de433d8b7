import type { CameraFault, FaultyMethod } from '../simulator/fault';
import { QUIRKS, type Quirk } from '../simulator/quirk';
import { numberFrom, UsageError } from './usage-error';

/** A fault that needs a second video, which must be encoded first. */
export type OtherVideo = { kind: 'resolution'; width?: number; height?: number } | { kind: 'codec' };

export type NamedFault = CameraFault | OtherVideo;

interface Entry {
  /** How the value is written; '' where there is none, in brackets where it may be left out. */
  value: string;
  /** What the camera does, in a line. */
  line: string;
  /** @throws UsageError */
  make(value: string): NamedFault;
}

/** No value: the fault begins at once. Else it begins that many seconds after each PLAY. */
function later(kind: 'stall' | 'stall-video' | 'stall-junk' | 'close', line: string): Entry {
  return {
    value: '[SECONDS]',
    line: `${line}; with a value: so long after each PLAY`,
    make: (text) => (text ? { kind, atMs: seconds(kind, text) } : { kind }),
  };
}

function plain(
  kind: 'none' | 'refuse' | 'reset' | 'noreply' | 'frozen' | 'udp-blocked',
  line: string,
): Entry {
  return { value: '', line, make: () => ({ kind }) };
}

/** Also the order in which they are shown. */
export const FAULTS: Record<string, Entry> = {
  none: plain('none', 'all is well'),
  refuse: plain('refuse', 'switched off: connections are closed and refused'),
  reset: plain('reset', 'connections are reset as soon as they are made'),
  noreply: plain('noreply', 'connections are accepted, requests are never answered'),
  status: {
    value: 'CODE[/METHOD]',
    line: 'answers this status, such as 401, 403, 404, 429, 453/SETUP, 461/SETUP, 500, 503; to DESCRIBE unless told',
    make: (text) => ({ kind: 'status', ...statusFrom('status', text) }),
  },
  redirect: redirect(302),
  moved: redirect(301),
  delay: {
    value: 'SECONDS[/METHOD]',
    line: 'answers so much later; to DESCRIBE unless told',
    make(text) {
      const [time = '', method] = text.split('/');
      return { kind: 'delay', ms: seconds('delay', time), on: methodFrom('delay', method) };
    },
  },
  stall: later('stall', 'sends nothing more, connections stay open'),
  'stall-video': later('stall-video', 'sends no video, but RTCP and (with --audio) sound'),
  'stall-junk': later('stall-junk', 'sends nothing but bytes on a channel that nobody asked for'),
  burst: {
    value: '',
    line: 'holds everything back, and sends it at once when the next fault begins',
    make: () => ({ kind: 'burst' }),
  },
  close: later('close', 'closes connections that play'),
  jump: {
    value: 'SECONDS',
    line: 'the clock is set by so much, such as 3600 or -5',
    make: (text) => ({ kind: 'jump', byS: numberFrom('jump', text, { min: -20_000, max: 20_000 }) }),
  },
  wrap: {
    value: '[SECONDS]',
    line: 'time stamps go over the end of their 32 bits so long after each PLAY (5)',
    make: (text) => ({ kind: 'wrap', afterMs: text ? seconds('wrap', text) : undefined }),
  },
  drift: {
    value: 'PPM',
    line: 'the clock is fast by so many microseconds a second, slow if negative',
    make: (text) => ({ kind: 'drift', ppm: numberFrom('drift', text, { min: -500_000, max: 500_000 }) }),
  },
  corrupt: {
    value: 'PERCENT',
    line: 'bytes are wrong in so many of the pictures',
    make: (text) => ({ kind: 'corrupt', percent: percent('corrupt', text) }),
  },
  frozen: plain('frozen', 'the same picture again and again, at the usual pace'),
  resolution: {
    value: '[WxH]',
    line: 'pictures of another size, half of it unless told, without a new session',
    make: (text) => ({ kind: 'resolution', ...(text ? sizeFrom('resolution', text) : {}) }),
  },
  codec: {
    value: '',
    line: 'goes over to H.265 in the middle of the stream, then closes; is H.265 from then on',
    make: () => ({ kind: 'codec' }),
  },
  junk: {
    value: '',
    line: 'bytes on a channel that nobody asked for, beside the video',
    make: () => ({ kind: 'junk' }),
  },
  'late-keyframe': {
    value: 'SECONDS',
    line: 'the first keyframe comes so long after PLAY, other pictures before it',
    make: (text) => ({ kind: 'late-keyframe', ms: seconds('late-keyframe', text) }),
  },
  'udp-blocked': plain('udp-blocked', 'agrees to UDP, but nothing arrives'),
  'udp-loss': {
    value: 'PERCENT',
    line: 'so many of the UDP packets are lost',
    make: (text) => ({ kind: 'udp-loss', percent: percent('udp-loss', text) }),
  },
  quirk: {
    value: 'NAME',
    line: 'answers or sends in an odd way, see below',
    make(text) {
      if (!Object.hasOwn(QUIRKS, text))
        throw new UsageError(`quirk: "${text.slice(0, 40)}" is none. --fault list shows all.`);
      return { kind: 'quirk', name: text as Quirk };
    },
  },
};

/** What `--fault list` prints. */
export function faultList(): string {
  const entries = Object.entries(FAULTS).map(([name, { value, line }]): [string, string] => {
    const optional = value.startsWith('[') ? `[:${value.slice(1)}` : value && `:${value}`;
    return [`${name}${optional}`, line];
  });
  const quirks = Object.entries(QUIRKS).map(([name, line]): [string, string] => [`quirk:${name}`, line]);
  return [...entries, ...quirks].map(([name, line]) => `  ${name.padEnd(34)}${line}\n`).join('');
}

/** `453` or `453/SETUP`. @throws UsageError */
export function statusFrom(what: string, text: string): { status: number; on?: FaultyMethod } {
  const [code = '', method] = text.split('/');
  return {
    status: numberFrom(what, code, { min: 400, max: 599, whole: true }),
    on: methodFrom(what, method),
  };
}

/** `1280x720`. @throws UsageError */
export function sizeFrom(what: string, text: string): { width: number; height: number } {
  const [, width = 0, height = 0] = (/^(\d+)x(\d+)$/.exec(text) ?? []).map(Number);
  const isGood = (pixels: number) => pixels >= 64 && pixels <= 3840 && pixels % 2 === 0;
  if (isGood(width) && isGood(height)) return { width, height };
  throw new UsageError(
    `${what}: expected WxH, even numbers from 64 to 3840, such as 1280x720, got "${text.slice(0, 40)}".`,
  );
}

function redirect(status: 301 | 302): Entry {
  const name = status === 301 ? 'moved' : 'redirect';
  return {
    value: 'PORT|URL|loop',
    line: `answers DESCRIBE with ${status} and another address`,
    make(text) {
      if (text === 'loop' || /^rtsps?:\/\/[^\s/]+/.test(text)) return { kind: 'redirect', to: text, status };
      const to = /^\d+$/.test(text) ? numberFrom(name, text, { min: 1, max: 65_535, whole: true }) : 0;
      if (to === 0) throw new UsageError(`${name}: expected a port, an rtsp:// address or "loop".`);
      return { kind: 'redirect', to, status };
    },
  };
}

function methodFrom(what: string, text: string | undefined): FaultyMethod | undefined {
  if (text === undefined || text === 'DESCRIBE' || text === 'SETUP' || text === 'PLAY') return text;
  throw new UsageError(`${what}: expected DESCRIBE, SETUP or PLAY behind the slash.`);
}

/** @returns milliseconds */
function seconds(what: string, text: string): number {
  return numberFrom(what, text, { min: 0, max: 86_400 }) * 1000;
}

function percent(what: string, text: string): number {
  return numberFrom(what, text, { min: 0, max: 100 });
}
