import { createHash } from 'node:crypto';
import net from 'node:net';
import tls from 'node:tls';
import { asError, CameraError } from '../../shared/errors';
import type { TlsTrust } from '../source';
import type { Deadline } from './deadline';
import { canonicalHost } from './host';

/**
 * Old cameras have keys of 1024 bits, signatures with SHA-1, and TLS 1.0. Where their certificate is pinned or not
 * looked at, that is no worse than what the user has chosen; with `system` OpenSSL's own limits hold.
 */
const LENIENT: tls.SecureContextOptions = { ciphers: 'DEFAULT:@SECLEVEL=0', minVersion: 'TLSv1' };

/**
 * Makes the TLS handshake on a connected socket, and checks the certificate before any byte of ours is sent.
 *
 * @returns a socket without listeners
 * @throws CameraError CAMERA_TLS; the socket is then closed
 */
export function secure(
  plain: net.Socket,
  { host, port }: { host: string; port: number },
  trust: TlsTrust,
  deadline: Deadline,
): Promise<tls.TLSSocket> {
  const name = canonicalHost(host);
  deadline.waitsFor = `${host} on port ${port} does not finish the TLS handshake`;
  return new Promise((resolve, reject) => {
    const socket = tls.connect({
      socket: plain,
      host: name,
      // TLS knows no addresses as server names (RFC 6066, section 3).
      ...(net.isIP(name) === 0 ? { servername: name } : {}),
      // Checked below, where the certificate can be named.
      rejectUnauthorized: false,
      ...(trust.verify === 'system' ? {} : LENIENT),
    });
    const settle = () => {
      deadline.signal.removeEventListener('abort', onAbort);
      socket.off('error', onError).off('close', onClose).off('secureConnect', onSecure);
    };
    const fail = (error: Error) => {
      settle();
      socket.on('error', () => {}).destroy();
      plain.on('error', () => {}).destroy();
      reject(error);
    };
    const onAbort = () => fail(asError(deadline.signal.reason));
    const onError = (error: Error) => fail(handshakeError(error));
    const onClose = () => fail(handshakeError(new Error('closed')));
    const onSecure = () => {
      const problem = certificateProblem(socket, trust);
      if (problem) return fail(problem);
      settle();
      socket.setNoDelay(true);
      resolve(socket);
    };
    if (deadline.signal.aborted) return onAbort();
    deadline.signal.addEventListener('abort', onAbort, { once: true });
    socket.once('error', onError).once('close', onClose).once('secureConnect', onSecure);
  });
}

function certificateProblem(socket: tls.TLSSocket, trust: TlsTrust): CameraError | null {
  if (trust.verify === 'any') return null;
  const presented = fingerprintOf(socket);
  if (trust.verify === 'pin') {
    if (presented === trust.fingerprint) return null;
    return new CameraError(
      'CAMERA_TLS',
      'The camera shows another certificate than the one that was pinned.',
      {
        advice:
          'If its certificate was renewed, pin the new fingerprint. If not, somebody else may be answering in its place.',
        detail: `SHA-256 of what it shows: ${presented}`,
      },
    );
  }
  if (socket.authorized) return null;
  return new CameraError('CAMERA_TLS', `The certificate of the camera is not trusted: ${reasonOf(socket)}.`, {
    advice: `Compare this SHA-256 fingerprint with the one the camera shows in its settings, and pin it: ${presented}`,
    detail: String(socket.authorizationError ?? ''),
  });
}

/** SHA-256 of the certificate as it was sent (DER), 64 hexadecimal digits; '' where there is none. */
function fingerprintOf(socket: tls.TLSSocket): string {
  const { raw } = socket.getPeerCertificate();
  return raw ? createHash('sha256').update(raw).digest('hex') : '';
}

/** OpenSSL's names for what is wrong. */
function reasonOf(socket: tls.TLSSocket): string {
  switch (String(socket.authorizationError ?? '')) {
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
    case 'SELF_SIGNED_CERT_IN_CHAIN':
      return 'it is signed by itself';
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
    case 'UNABLE_TO_GET_ISSUER_CERT':
    case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
      return 'this machine does not know who signed it';
    case 'CERT_HAS_EXPIRED':
      return 'it has expired';
    case 'CERT_NOT_YET_VALID':
      return 'it is not valid yet (is the time of this machine right?)';
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return 'it was made for another host';
    default:
      return 'it was not accepted';
  }
}

function handshakeError(error: Error): CameraError {
  const detail = (error as NodeJS.ErrnoException).code ?? error.message;
  return new CameraError('CAMERA_TLS', 'No secure connection could be made: the TLS handshake failed.', {
    retryable: true,
    advice: 'Check that this port speaks TLS; without it the address begins with rtsp:// or http://.',
    detail,
  });
}
