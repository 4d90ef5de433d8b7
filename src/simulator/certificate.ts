import { generateKeyPairSync, randomBytes, sign } from 'node:crypto';

/** What a TLS server needs: PEM. */
export interface Certificate {
  key: string;
  cert: string;
}

/** ecdsa-with-SHA256: RFC 5758, section 3.2. */
const SIGNATURE_ALGORITHM = oid([0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02]);
/** id-at-commonName, id-ce-subjectAltName: RFC 5280, appendix A. */
const COMMON_NAME = oid([0x55, 0x04, 0x03]);
const ALTERNATIVE_NAME = oid([0x55, 0x1d, 0x11]);

/**
 * Makes a self-signed certificate with a new key, as a camera does when it is started first. Node signs but makes no
 * certificates, and openssl is not on every machine; so its few fields are written here (RFC 5280, section 4.1).
 *
 * @param name of the subject, and the only DNS name that it is for
 */
export function selfSigned(name = 'simulated-camera.invalid'): Certificate {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const who = sequence(der(0x31, sequence(COMMON_NAME, der(0x0c, Buffer.from(name)))));
  const names = sequence(der(0x82, Buffer.from(name)));
  const algorithm = sequence(SIGNATURE_ALGORITHM);
  const content = sequence(
    der(0xa0, der(0x02, Buffer.from([2]))),
    // Positive, and not shortened: the first byte is neither zero nor above 127.
    der(0x02, Buffer.concat([Buffer.from([0x40]), randomBytes(8)])),
    algorithm,
    who,
    // Valid whenever it is used: cameras with a flat battery think that it is 1970.
    sequence(der(0x17, Buffer.from('700101000000Z')), der(0x18, Buffer.from('21000101000000Z'))),
    who,
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, sequence(sequence(ALTERNATIVE_NAME, der(0x04, names)))),
  );
  const signature = sign('sha256', content, privateKey);
  const whole = sequence(content, algorithm, der(0x03, Buffer.concat([Buffer.from([0]), signature])));
  const lines = whole.toString('base64').replace(/.{1,64}/g, '$&\n');
  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    cert: `-----BEGIN CERTIFICATE-----\n${lines}-----END CERTIFICATE-----\n`,
  };
}

/** One value in DER: ITU-T X.690. Lengths below 64 KiB. */
function der(tag: number, content: Buffer): Buffer {
  const { length } = content;
  const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 255];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}

function sequence(...parts: Buffer[]): Buffer {
  return der(0x30, Buffer.concat(parts));
}

function oid(bytes: number[]): Buffer {
  return der(0x06, Buffer.from(bytes));
}
