/** In the order in which they came, names as they were written. */
export type RtspHeaders = [name: string, value: string][];

/** A message of RTSP 1.0 (RFC 2326, section 4). Texts are byte strings: one character is one byte. */
export interface RtspRequest {
  kind: 'request';
  method: string;
  url: string;
  headers: RtspHeaders;
  body: Buffer;
}

export interface RtspAnswer {
  kind: 'answer';
  status: number;
  headers: RtspHeaders;
  body: Buffer;
}

export type RtspMessage = RtspRequest | RtspAnswer;

const NO_BODY: Buffer = Buffer.alloc(0);
const ANSWER = /^RTSP\/\d\.\d +(\d{3})(?: |$)/;
const REQUEST = /^([A-Z_]+) +(\S+) +RTSP\/\d\.\d *$/;

/** True where a line can begin a message. */
export function isStartLine(line: string): boolean {
  return ANSWER.test(line) || REQUEST.test(line);
}

/**
 * Reads a message without its body.
 *
 * @param head the start line and the headers, without the empty line; line ends may lack their CR
 * @returns null where it is not RTSP
 */
export function parseHead(head: string): RtspMessage | null {
  const [start = '', ...lines] = head.split(/\r?\n/);
  const headers = parseHeaders(lines);
  const status = ANSWER.exec(start)?.[1];
  if (status) return { kind: 'answer', status: Number(status), headers, body: NO_BODY };
  const [, method, url] = REQUEST.exec(start) ?? [];
  return method && url ? { kind: 'request', method, url, headers, body: NO_BODY } : null;
}

function parseHeaders(lines: string[]): RtspHeaders {
  const headers: RtspHeaders = [];
  for (const line of lines) {
    const last = headers.at(-1);
    const colon = line.indexOf(':');
    // A value may go on in the next line: RFC 2326 takes it from HTTP.
    if (last && /^[ \t]/.test(line)) last[1] = `${last[1]} ${line.trim()}`;
    else if (colon > 0) headers.push([line.slice(0, colon).trim(), line.slice(colon + 1).trim()]);
  }
  return headers;
}

/** The first value of a header; '' where it is missing. */
export function header(headers: RtspHeaders, name: string): string {
  return allOf(headers, name)[0] ?? '';
}

export function allOf(headers: RtspHeaders, name: string): string[] {
  const wanted = name.toLowerCase();
  return headers.filter(([each]) => each.toLowerCase() === wanted).map(([, value]) => value);
}

export function formatRequest(method: string, url: string, headers: RtspHeaders, body = NO_BODY): Buffer {
  // A camera's own URL may hold spaces, which would end the URL of the request.
  return format(`${method} ${url.replace(/\s/g, '%20')} RTSP/1.0`, headers, body);
}

export function formatAnswer(status: number, reason: string, headers: RtspHeaders, body = NO_BODY): Buffer {
  return format(`RTSP/1.0 ${status} ${reason}`, headers, body);
}

function format(start: string, headers: RtspHeaders, body: Buffer): Buffer {
  const length: RtspHeaders = body.length > 0 ? [['Content-Length', String(body.length)]] : [];
  // No value may begin a line of its own.
  const lines = [...headers, ...length].map(([name, value]) => `${name}: ${value.replace(/[\r\n]+/g, ' ')}`);
  const head = Buffer.from(`${[start, ...lines].join('\r\n')}\r\n\r\n`, 'latin1');
  return body.length > 0 ? Buffer.concat([head, body]) : head;
}
