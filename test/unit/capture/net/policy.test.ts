import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { canonicalHost } from '../../../../src/capture/net/host';
import { NetPolicy } from '../../../../src/capture/net/policy';
import { ConfigError } from '../../../../src/shared/errors';

const USER = { origin: 'user' } as const;
const SERVER = { origin: 'server' } as const;

function allows(entries: string[], host: string, address = canonicalHost(host)): boolean {
  return new NetPolicy({ allowedHosts: entries }).refusal(address, canonicalHost(host), USER) === null;
}

describe('NetPolicy', () => {
  describe('without entries', () => {
    const allowed = [
      '192.168.1.20',
      '10.0.0.1',
      '8.8.8.8',
      '127.0.0.1',
      '::1',
      'fd00::1',
      '2001:db8::1',
      '100.64.0.1',
      '::ffff:192.168.1.20',
      '64:ff9b::192.168.1.20',
      '2002:c0a8:0114::1',
    ];
    for (const host of allowed) it(`allows ${host}`, () => assert.equal(allows([], host), true));

    const refused = [
      '169.254.0.1',
      '169.254.169.254',
      '169.254.169.254.',
      '2852039166',
      '0xa9fea9fe',
      '0xA9.0xFE.0xA9.0xFE',
      '0251.0376.0251.0376',
      '169.254.43518',
      '[::ffff:169.254.169.254]',
      '::FFFF:A9FE:A9FE',
      '0:0:0:0:0:ffff:169.254.169.254',
      '::169.254.169.254',
      '::ffff:0:169.254.169.254',
      '64:ff9b::169.254.169.254',
      '64:ff9b:1::169.254.169.254',
      '64:ff9b:1:a9fe:a9:fe00::',
      '2002:a9fe:a9fe::1',
      'fe80::1',
      'FE80::1',
      'fe80::1%eth0',
      '[fe80::1%25eth0]',
      'febf::1',
      'fd00:ec2::254',
      'fd00:0ec2:0::0254',
      'fd20:ce::254',
      '100.100.100.200',
      '0.0.0.0',
      '0',
      '0.1.2.3',
      '::',
      '::ffff:0.0.0.0',
      '224.0.0.1',
      '239.255.255.250',
      'ff02::1',
      '255.255.255.255',
      '64:ff9b::224.0.0.1',
    ];
    for (const host of refused) it(`refuses ${host}`, () => assert.equal(allows([], host), false));

    it('judges the address, not the name', () => {
      assert.equal(allows([], 'camera.example.com', '192.168.1.20'), true);
      assert.equal(allows([], 'camera.example.com', '169.254.169.254'), false);
    });

    it('refuses what is not an address', () => {
      assert.match(new NetPolicy({ allowedHosts: [] }).refusal('x', 'x', USER) ?? '', /not an address/);
    });
  });

  describe('with entries', () => {
    const cases: [entries: string[], host: string, address: string, expected: boolean][] = [
      [['192.168.1.20'], '192.168.1.20', '192.168.1.20', true],
      [['192.168.1.20'], '192.168.1.21', '192.168.1.21', false],
      [['192.168.1.20'], '::ffff:192.168.1.20', '::ffff:192.168.1.20', true],
      [['::ffff:192.168.1.20'], '192.168.1.20', '192.168.1.20', true],
      [['::ffff:192.168.0.0/112'], '192.168.1.20', '192.168.1.20', true],
      [['0xc0a80114'], '192.168.1.20', '192.168.1.20', true],
      [['192.168.0.0/16'], '192.168.255.1', '192.168.255.1', true],
      [['192.168.0.0/16'], '192.169.0.1', '192.169.0.1', false],
      [['192.168.0.0/16'], 'cam.local', '192.168.0.9', true],
      [['192.168.0.0/16'], 'cam.local', '10.0.0.9', false],
      [['fd00::/8'], 'fd12::1', 'fd12::1', true],
      [['[fd12::1]'], 'fd12::1', 'fd12::1', true],
      [['fd00::/8'], '192.168.1.20', '192.168.1.20', false],
      [['10.0.0.0/8'], '64:ff9b::10.0.0.1', '64:ff9b::10.0.0.1', false],
      [['cam.example.com'], 'cam.example.com', '203.0.113.5', true],
      [['Cam.Example.COM.'], 'cam.example.com', '203.0.113.5', true],
      [['cam.example.com'], 'CAM.example.com.', '203.0.113.5', true],
      [['cam.example.com'], 'xcam.example.com', '203.0.113.5', false],
      [['*.example.com'], 'a.example.com', '203.0.113.5', true],
      [['*.example.com'], 'a.b.example.com', '203.0.113.5', true],
      [['*.example.com'], 'example.com', '203.0.113.5', false],
      [['*.example.com'], 'evilexample.com', '203.0.113.5', false],
      [['*.example.com'], 'example.com.evil.net', '203.0.113.5', false],
      [['kamera.müller.example'], 'kamera.xn--mller-kva.example', '203.0.113.5', true],
      // A name, or all the world, does not open what is refused; naming it does.
      [['cam.example.com'], 'cam.example.com', '169.254.169.254', false],
      [['0.0.0.0/0'], '169.254.1.5', '169.254.1.5', false],
      [['169.254.1.5'], '169.254.1.5', '169.254.1.5', true],
      [['169.254.1.5'], '169.254.1.6', '169.254.1.6', false],
      [['169.254.0.0/16'], '169.254.1.6', '169.254.1.6', true],
      [['169.254.0.0/16'], '169.254.169.254', '169.254.169.254', false],
      [['169.254.169.254'], '169.254.169.254', '169.254.169.254', true],
      [['fe80::/10'], 'fe80::1%eth0', 'fe80::1%eth0', true],
      [['100.64.0.0/10'], '100.100.100.200', '100.100.100.200', false],
      [['239.0.0.0/8'], '239.1.1.1', '239.1.1.1', true],
    ];
    for (const [entries, host, address, expected] of cases) {
      it(`${entries.join()} ${expected ? 'allows' : 'refuses'} ${host} at ${address}`, () => {
        assert.equal(allows(entries, host, address), expected);
      });
    }
  });

  describe('where a server names the address', () => {
    const loopback = ['127.0.0.1', '127.9.9.9', '::1', '::ffff:127.0.0.1', '64:ff9b::127.0.0.1'];
    for (const address of loopback) {
      it(`${address} is refused, whatever the list says`, () => {
        for (const allowedHosts of [[], [address], ['localhost']]) {
          const policy = new NetPolicy({ allowedHosts });
          assert.match(policy.refusal(address, 'localhost', SERVER) ?? '', /this machine itself/);
        }
      });

      it(`${address} is allowed to a server that is on this machine itself`, () => {
        const policy = new NetPolicy({ allowedHosts: [] });
        assert.equal(policy.refusal(address, address, { ...SERVER, fromLoopback: true }), null);
      });
    }

    it('other addresses are judged as the ones of users', () => {
      const policy = new NetPolicy({ allowedHosts: [] });
      assert.equal(policy.refusal('192.168.1.20', '192.168.1.20', SERVER), null);
      assert.match(policy.refusal('169.254.169.254', 'x', SERVER) ?? '', /metadata/);
    });
  });

  describe('tells which entry cannot be understood', () => {
    const bad = [
      ...['', ' ', '*', '*.', '*.*.com', 'a.*.com', 'http://cam', 'cam:554', 'user@cam', 'cam/24', '-cam'],
      ...['192.168.0.0/33', '192.168.0.0/-1', '192.168.0.0/x', '192.168.0.0/', '10.0.0.0/8/8', 'fd00::/129'],
      ...['*.10.0.0.1', 'a b', 'fe80::1%eth0', '::ffff:10.0.0.0/8', '300.1.1.1'],
    ];
    for (const entry of bad) {
      it(JSON.stringify(entry), () => {
        assert.throws(
          () => new NetPolicy({ allowedHosts: [entry] }),
          (error) =>
            error instanceof ConfigError &&
            error.code === 'CONFIG_INVALID' &&
            error.message.includes(`"${entry.trim()}"`) &&
            error.cause.advice !== '',
        );
      });
    }

    it('and a list that is too long', () => {
      const allowedHosts = Array.from({ length: 1001 }, (_, index) => `cam${index}`);
      assert.throws(() => new NetPolicy({ allowedHosts }), ConfigError);
    });
  });
});
