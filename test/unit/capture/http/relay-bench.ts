import http, { type IncomingMessage } from 'node:http';
import type { TestContext } from 'node:test';
import { HttpRelay } from '../../../../src/capture/http/http-relay';
import { NetConnector } from '../../../../src/capture/net/connect';
import { NetPolicy } from '../../../../src/capture/net/policy';
import { type HttpSource, SYSTEM_TRUST } from '../../../../src/capture/source';
import type { Clock } from '../../../../src/shared/clock';
import type { CameraError } from '../../../../src/shared/errors';

/** A relay for a source on loopback, and what it told. */
export function relayFor(
  t: TestContext,
  clock: Clock,
  given: Partial<HttpSource> & Pick<HttpSource, 'kind' | 'url'>,
  allowedHosts: string[] = [],
) {
  const ends: CameraError[] = [];
  const told = { traffic: 0 };
  // Every name is this machine: nothing of a test leaves it.
  const policy = new NetPolicy({ allowedHosts });
  const connector = new NetConnector({ clock, policy, lookup: async () => ['127.0.0.1'] });
  const source = { user: '', password: '', tls: SYSTEM_TRUST, everyMs: 1000, ...given };
  const relay = new HttpRelay(source, {
    clock,
    connector,
    listener: { onTraffic: () => told.traffic++, onEnd: (error) => ends.push(error) },
  });
  t.after(() => relay.stop());
  return { relay, ends, told };
}

/** What ffmpeg would get. */
export async function fetchWhole(url: string): Promise<{ status: number; body: Buffer }> {
  const response = await fetch(url);
  return { status: response.status, body: Buffer.from(await response.arrayBuffer()) };
}

/** Opens an endless answer, as ffmpeg does. */
export function watch(t: TestContext, url: string): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const request = http.get(url, { agent: false }, resolve).on('error', reject);
    t.after(() => request.destroy());
  });
}

/** A JPEG by its markers: with a small picture in its EXIF data, and a number that tells it apart. */
export function fakeJpeg(id: number, bytes = 200): Buffer {
  const thumbnail = Buffer.from([0xff, 0xd8, 0xff, 0xdb, 0, 2, 0xff, 0xd9]);
  const exif = Buffer.from([0xff, 0xe1, 0, 2 + thumbnail.length]);
  const scan = Buffer.alloc(bytes, 0x55);
  scan.writeUInt32BE(id & 0x7fffffff, 0);
  return Buffer.concat([
    Buffer.from([0xff, 0xd8]),
    ...[exif, thumbnail],
    Buffer.from([0xff, 0xda, 0, 4, 1, 1]),
    ...[scan, Buffer.from([0xff, 0x00, 0xff, 0xd3])],
    // A second scan, as progressive pictures have it.
    ...[Buffer.from([0xff, 0xda, 0, 4, 1, 2]), scan],
    Buffer.from([0xff, 0xd9]),
  ]);
}
