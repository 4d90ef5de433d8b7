import type { NodeAPI } from 'node-red';
import sharp from 'sharp';
import { type CameraTrial, tryCamera } from '../../src/capture/capture-once';
import { ConfigError } from '../../src/shared/errors';
import { isSameTarget } from '../../src/shared/same-target';
import type { RtspCameraNode } from './camera-node';
import { readCamera } from './camera-settings';
import { captureParts, ffmpegFinder } from './capture-parts';
import { guardedEndpoint } from './guarded-endpoint';
import { Settings } from './settings';

/** What the dialog shows of a camera that works. */
interface TrialAnswer {
  width: number;
  height: number;
  firstPictureMs: number;
  stream: CameraTrial['stream'];
  /** A data URL, at most 1280 pixels wide. */
  picture: string;
}

/** Below the editor's own root. */
const PATH = '/video-to-llm/rtsp-camera/test';
/** The widest that a picture may be, so that its true size is told. */
const FULL_WIDTH_PX = 7680;
/** A dialog is not made for larger ones. */
const MAX_WIDTH_PX = 1280;
/** Whoever presses a button does not wait longer, whatever is set for the camera. */
const MAX_WAIT_MS = 60_000;
/** What the editor has in place of a password that it does not know. */
const UNKNOWN_PASSWORD = '__PWRD__';

/** Lets the dialog of rtsp-camera try a camera before it is deployed. */
export function offerCameraTrial(RED: NodeAPI): void {
  guardedEndpoint(RED, {
    path: PATH,
    permission: 'rtsp-camera.write',
    run: (body, signal) => tryFromDialog(RED, body, signal),
  });
}

/**
 * Tries a camera with the fields of the dialog.
 *
 * @param body `id` of the node, its `fields`, `user`, and `password` where it was typed
 * @throws StageError in words for the dialog
 */
export async function tryFromDialog(
  RED: NodeAPI,
  body: Record<string, unknown>,
  signal: AbortSignal,
): Promise<TrialAnswer> {
  const { run, files } = captureParts(RED);
  const fields = withVariables(RED, asObject(body.fields));
  const settings = new Settings(fields);
  const login = loginFor(RED, body, String(fields.url ?? '').trim());
  const id = 'test';
  const { session, problem } = readCamera(settings, { id, fallbackName: id, files, login, loginHosts: null });
  if (!session) throw problem ?? invalid();
  const { source } = session;
  const options = {
    source,
    maxWidthPx: FULL_WIDTH_PX,
    masks: session.decode.masks,
    firstFrameMs: Math.min(session.firstFrameMs, MAX_WAIT_MS),
    signal,
  };
  const findFfmpeg = ffmpegFinder(files, session.ffmpegPath, source);
  const trial = await tryCamera(options, { ...run, findFfmpeg });
  const { width, height, firstPictureMs, stream, jpeg } = trial;
  const small = await sharp(jpeg).resize({ width: MAX_WIDTH_PX, withoutEnlargement: true }).jpeg().toBuffer();
  const picture = `data:image/jpeg;base64,${small.toString('base64')}`;
  return { width, height, firstPictureMs: Math.round(firstPictureMs), stream, picture };
}

/** The stored password is used only for the server that it was stored for: else a dialog could have it sent anywhere. */
function loginFor(RED: NodeAPI, body: Record<string, unknown>, url: string) {
  const user = withVariable(RED, body.user);
  if (typeof body.password === 'string' && body.password !== UNKNOWN_PASSWORD) {
    return { user, password: withVariable(RED, body.password) };
  }
  const node = RED.nodes.getNode(String(body.id ?? '')) as RtspCameraNode | null;
  const source = node?.type === 'rtsp-camera' ? node.camera.session?.source : null;
  const isFor = source && 'url' in source && isSameTarget(source.url, withoutLogin(url));
  return { user, password: isFor ? (node?.credentials?.password ?? '') : '' };
}

function withoutLogin(url: string): string {
  return url.replace(/^(\w+:\/\/)[^/]*@/, '$1');
}

/** As Node-RED does it at a deploy: a field that is `${NAME}` as a whole is a variable. */
function withVariables(RED: NodeAPI, fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, withVariable(RED, value)]));
}

function withVariable(RED: NodeAPI, value: unknown): string {
  const text =
    typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : '';
  const name = /^\$\{(\w+)\}$/.exec(String(text))?.[1];
  if (!name) return String(text);
  const found: unknown = RED.util.getSetting(null as never, name);
  // Left as it is, it is told as a variable that is not set.
  return found === undefined || found === null ? String(text) : String(found);
}

function asObject(value: unknown): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return value as Record<string, unknown>;
  throw invalid();
}

function invalid(): ConfigError {
  return new ConfigError('CONFIG_INVALID', 'The fields of the dialog did not arrive.', {
    advice: 'Load the editor anew, and try again.',
  });
}
