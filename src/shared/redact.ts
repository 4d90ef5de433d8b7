/** What stands where a secret was. */
const MASK = '***';

/**
 * Takes secrets out of a text that is meant for people or logs.
 *
 * Removes the user information of every URL (`rtsp://user:password@host` becomes `rtsp://***@host`), a password that
 * an address carries as a parameter (`pwd=`), and each of the given secrets, raw, percent-encoded and in base64.
 *
 * @param text any text, such as what ffmpeg printed
 * @param secrets passwords and keys; those shorter than 3 characters are not searched for, as they would match anywhere
 */
export function redact(text: string, secrets: readonly string[] = []): string {
  let clean = text;
  // Asked first, because most of what is looked through (each answer of a model is) has neither.
  if (clean.includes('://'))
    clean = clean.replace(/([a-z][a-z0-9+.-]*:\/\/)[^\s/@]*(?:@[^\s/@]*)*@/gi, `$1${MASK}@`);
  if (clean.includes('=')) clean = clean.replace(/((?:password|passwd|pwd)=)[^&\s]*/gi, `$1${MASK}`);
  for (const secret of secrets) {
    if (secret.length < 3) continue;
    for (const form of [secret, percentEncoded(secret), Buffer.from(secret).toString('base64')]) {
      clean = clean.split(form).join(MASK);
    }
  }
  return clean;
}

function percentEncoded(secret: string): string {
  try {
    return encodeURIComponent(secret);
  } catch {
    // Half of a surrogate pair: it cannot be in any address.
    return secret;
  }
}
