import { CameraError } from '../../shared/errors';

const ADVICE = 'Check the power of the camera, the network, and the host and port in the address.';

/**
 * Says in words why a connection failed.
 *
 * @param thrown what Node's sockets or the name look-up gave
 * @param where host and port, without secrets
 */
export function networkError(thrown: unknown, where: string): CameraError {
  if (thrown instanceof CameraError) return thrown;
  const code = codeOf(thrown);
  return new CameraError('CAMERA_NETWORK', wordsOf(code, where), {
    retryable: true,
    advice: ADVICE,
    detail: code || (thrown instanceof Error ? thrown.message : ''),
  });
}

function wordsOf(code: string, where: string): string {
  switch (code) {
    case 'ECONNREFUSED':
      return `The connection is refused: nothing listens at ${where}.`;
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
    case 'EHOSTDOWN':
    case 'EADDRNOTAVAIL':
      return `There is no way to ${where}.`;
    case 'ENOTFOUND':
      return `There is no host of the name ${where}.`;
    case 'EAI_AGAIN':
      return `The name server does not answer for ${where}.`;
    case 'ETIMEDOUT':
      return `There is no answer from ${where}.`;
    case 'ECONNRESET':
    case 'EPIPE':
      return `The connection was reset by ${where}.`;
    case 'EACCES':
    case 'EPERM':
      return `This machine does not permit a connection to ${where}.`;
    default:
      return `No connection could be made to ${where}.`;
  }
}

function codeOf(thrown: unknown): string {
  const code = thrown instanceof Error ? (thrown as NodeJS.ErrnoException).code : undefined;
  return typeof code === 'string' ? code : '';
}
