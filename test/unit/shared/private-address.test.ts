import assert from 'node:assert/strict';
import { it } from 'node:test';
import { isPrivateAddress } from '../../../src/shared/private-address';

const PRIVATE = [
  '127.0.0.1',
  '127.9.9.9',
  '10.1.2.3',
  '172.16.0.1',
  '172.31.255.255',
  '192.168.1.1',
  '::1',
  'fd12::1',
  '::ffff:10.0.0.1',
];
const PUBLIC = [
  '8.8.8.8',
  '172.32.0.1',
  '172.15.0.1',
  '192.169.0.1',
  '169.254.169.254',
  '100.64.0.1',
  '0.0.0.0',
  '224.0.0.1',
  '2001:db8::1',
  'fe80::1',
  '::',
  '::ffff:8.8.8.8',
  'localhost',
  '',
];
for (const address of PRIVATE) it(`${address} is local`, () => assert.equal(isPrivateAddress(address), true));
for (const address of PUBLIC)
  it(`"${address}" is not local`, () => assert.equal(isPrivateAddress(address), false));
