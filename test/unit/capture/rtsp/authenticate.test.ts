import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { authorization, bestChallenge, Login, utf8Bytes } from '../../../../src/capture/rtsp/authenticate';
import { PASSWORDS } from '../../../fixtures/passwords';

function field(header: string, name: string): string | undefined {
  return new RegExp(`[ ,]${name}="?([^",]*)`).exec(header)?.[1];
}

/** What answers a challenge of the RFCs must be, word for word. */
function answer(challenge: string, who: { user: string; password: string }, url: string, cnonce = '') {
  const parsed = bestChallenge([challenge]);
  assert.ok(parsed);
  return authorization(parsed, who, { method: 'GET', url }, { uses: 1, cnonce });
}

const MUFASA = 'http-auth@example.org';
const RFC_7616 = `realm="${MUFASA}", qop="auth, auth-int", nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"`;
const MUFASA_CNONCE = 'f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ';

describe('login', () => {
  test('RFC 2617, section 3.5: MD5 with qop', () => {
    const header = answer(
      'Digest realm="testrealm@host.com", qop="auth,auth-int", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", opaque="5ccc069c403ebaf9f0171e9517f40e41"',
      { user: 'Mufasa', password: 'Circle Of Life' },
      '/dir/index.html',
      '0a4f113b',
    );
    assert.equal(field(header, 'response'), '6629fae49393a05397450978507c4ef1');
    assert.equal(field(header, 'opaque'), '5ccc069c403ebaf9f0171e9517f40e41');
    assert.equal(field(header, 'nc'), '00000001');
  });

  test('RFC 2069, section 2.4 as corrected: MD5 without qop', () => {
    const header = answer(
      'Digest realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093"',
      { user: 'Mufasa', password: 'CircleOfLife' },
      '/dir/index.html',
    );
    assert.equal(field(header, 'response'), '1949323746fe6a43ef61f9606e7febea');
    assert.doesNotMatch(header, /nc=|qop=|algorithm=/);
  });

  const secret = { user: 'Mufasa', password: 'Circle of Life' };
  test('RFC 7616, section 3.9.1: MD5', () => {
    const header = answer(`Digest ${RFC_7616}, algorithm=MD5`, secret, '/dir/index.html', MUFASA_CNONCE);
    assert.equal(field(header, 'response'), '8ca523f5e9506fed4657c9700eebdbec');
  });

  test('RFC 7616, section 3.9.1: SHA-256', () => {
    const header = answer(`Digest ${RFC_7616}, algorithm=SHA-256`, secret, '/dir/index.html', MUFASA_CNONCE);
    assert.equal(
      field(header, 'response'),
      '753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1',
    );
  });

  test('RFC 7617, section 2.1: Basic with a password in UTF-8', () => {
    const header = answer(
      'Basic realm="foo", charset="UTF-8"',
      { user: 'test', password: utf8Bytes('123£') },
      '/',
    );
    assert.equal(header, 'Basic dGVzdDoxMjPCow==');
  });

  const offers: [string, string[], [scheme: string, algorithm: string | null] | null][] = [
    ['Digest before Basic', ['Basic realm="a"', 'Digest realm="a", nonce="n"'], ['digest', null]],
    [
      'SHA-256 before MD5',
      ['Digest realm="a", nonce="n", algorithm=MD5', 'Digest realm="a", nonce="n", algorithm="SHA-256"'],
      ['digest', 'SHA-256'],
    ],
    ['both in one header', ['Basic realm="a", Digest realm="a", nonce="n"'], ['digest', null]],
    ['a comma in a realm', ['Digest realm="a, b c=d", nonce="n"'], ['digest', null]],
    [
      'MD5-sess is passed over',
      ['Digest realm="a", nonce="n", algorithm=MD5-sess', 'Basic realm="a"'],
      ['basic', null],
    ],
    ['auth-int alone is passed over', ['Digest realm="a", nonce="n", qop="auth-int"'], null],
    ['Digest without nonce is passed over', ['Digest realm="a"'], null],
    ['names in other cases', ['dIGEST Realm="a", NONCE="n", Algorithm=md5'], ['digest', 'md5']],
    ['Basic without a realm', ['Basic'], ['basic', null]],
    ['a scheme of the maker', ['WSSE realm="a"'], null],
    ['nothing', [], null],
  ];
  for (const [name, values, expected] of offers)
    test(`chooses among what a camera offers: ${name}`, () => {
      const best = bestChallenge(values);
      assert.deepEqual(best && [best.scheme, best.algorithm], expected);
    });

  test('reads realm and nonce as they are between the quotes', () => {
    const challenge = bestChallenge(['Digest realm="IP Camera(\\"C1\\"), 2", nonce="a/b==", stale=TRUE']);
    assert.equal(challenge?.realm, 'IP Camera(\\"C1\\"), 2');
    assert.equal(challenge?.nonce, 'a/b==');
    assert.equal(challenge?.stale, true);
  });

  test('no password can break out of the header, and none is in it', () => {
    for (const password of PASSWORDS) {
      const header = answer(
        'Digest realm="r", nonce="n"',
        { user: 'a"\\b', password: utf8Bytes(password) },
        '/',
      );
      assert.match(
        header,
        /^Digest username="a\\"\\\\b", realm="r", nonce="n", uri="\/", response="[\da-f]{32}"$/,
      );
    }
  });
});

const ASKED = { method: 'DESCRIBE', url: 'rtsp://camera/live' };
const DIGEST = (nonce: string, more = '') => [`Digest realm="r", nonce="${nonce}"${more}`];

describe('what follows a refused login', () => {
  function begun({ user = 'u', password = 'p' } = {}) {
    const login = new Login({ user, password, random: (bytes) => Buffer.alloc(bytes, 1) });
    const tried = (renewed = false) => ({ ...login.next(ASKED), renewed });
    return { login, tried };
  }

  test('nothing is sent before the camera asks for it', () => {
    const { tried } = begun();
    assert.deepEqual(tried(), { header: null, nonce: null, proven: false, renewed: false });
  });

  test('the challenge is answered once', () => {
    const { login, tried } = begun();
    assert.equal(login.refused(DIGEST('1'), tried()), 'send-again');
    assert.match(tried().header ?? '', /nonce="1"/);
  });

  test('without a user the camera is told nothing', () => {
    const { login, tried } = begun({ user: '', password: '' });
    assert.equal(login.refused(DIGEST('1'), tried()), 'no-credentials');
  });

  test('a user without a password is a login', () => {
    const { login, tried } = begun({ user: 'u', password: '' });
    assert.equal(login.refused(DIGEST('1'), tried()), 'send-again');
  });

  test('a fresh login that is refused is wrong, although each refusal has a new nonce', () => {
    const { login, tried } = begun();
    login.refused(DIGEST('1'), tried());
    assert.equal(login.refused(DIGEST('2'), tried()), 'wrong-password');
  });

  test('a stale nonce is renewed once', () => {
    const { login, tried } = begun();
    login.refused(DIGEST('1'), tried());
    assert.equal(login.refused(DIGEST('2', ', stale=true'), tried()), 'send-again');
    assert.match(tried().header ?? '', /nonce="2"/);
    assert.equal(login.refused(DIGEST('3', ', stale=true'), tried(true)), 'wrong-password');
  });

  test('a nonce that had worked may have run out, also where the camera does not say stale', () => {
    const { login, tried } = begun();
    login.refused(DIGEST('1'), tried());
    const first = tried();
    login.accepted(first.nonce ?? '');
    const second = tried();
    assert.equal(login.refused(DIGEST('2'), second), 'send-again');
    assert.equal(login.refused(DIGEST('3'), tried(true)), 'wrong-password');
  });

  test('the same nonce that had worked and is refused now is a refusal', () => {
    const { login, tried } = begun();
    login.refused(DIGEST('1'), tried());
    login.accepted('1');
    assert.equal(login.refused(DIGEST('1'), tried()), 'wrong-password');
  });

  test('Basic that is refused is wrong', () => {
    const { login, tried } = begun();
    login.refused(['Basic realm="r"'], tried());
    login.accepted('');
    assert.equal(login.refused(['Basic realm="r"'], tried()), 'wrong-password');
  });

  test('a scheme that is not known is told apart from a wrong password', () => {
    const { login, tried } = begun();
    assert.equal(login.refused(['Negotiate'], tried()), 'unknown-scheme');
  });

  test('each use of a nonce is counted, from 1 with each new one', () => {
    const { login, tried } = begun();
    login.refused(DIGEST('1', ', qop="auth"'), tried());
    const counts = [tried(), tried()].map(({ header }) => field(header ?? '', 'nc'));
    assert.deepEqual(counts, ['00000001', '00000002']);
    login.refused(DIGEST('2', ', qop="auth", stale=true'), tried());
    assert.equal(field(tried().header ?? '', 'nc'), '00000001');
  });
});
