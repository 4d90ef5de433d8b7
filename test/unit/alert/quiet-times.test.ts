import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { quietUntil, readQuietTimes } from '../../../src/alert/quiet-times';

function quietTimes(text: string) {
  const { times } = readQuietTimes(text);
  assert.ok(times, text);
  return times;
}

describe('quiet times', () => {
  const table: [what: string, quiet: string, zone: string, now: string, until: string | null][] = [
    ['before they begin', '22:00-06:00', 'UTC', '2026-11-22T21:59:59Z', null],
    ['when they begin', '22:00-06:00', 'UTC', '2026-11-22T22:00:00Z', '2026-11-23T06:00:00Z'],
    ['after midnight', '22:00-06:00', 'UTC', '2026-11-23T00:00:00Z', '2026-11-23T06:00:00Z'],
    ['in their last second', '22:00-06:00', 'UTC', '2026-11-23T05:59:59Z', '2026-11-23T06:00:00Z'],
    ['when they are over', '22:00-06:00', 'UTC', '2026-11-23T06:00:00Z', null],
    ['within a day', '12:00-14:30', 'UTC', '2026-11-22T13:00:30Z', '2026-11-22T14:30:00Z'],
    ['on the clock of the zone', '22:00-06:00', 'Asia/Tokyo', '2026-11-22T13:00:00Z', '2026-11-22T21:00:00Z'],
    [
      'in a zone of half hours',
      '22:00-06:00',
      'Asia/Kolkata',
      '2026-11-22T16:30:00Z',
      '2026-11-23T00:30:00Z',
    ],
    ['all day but a minute', '06:01-06:00', 'UTC', '2026-11-22T06:01:00Z', '2026-11-23T06:00:00Z'],
    // Berlin, 2026-03-29: 02:00 CET becomes 03:00 CEST. The night is an hour shorter.
    [
      'in the night of spring',
      '22:00-06:00',
      'Europe/Berlin',
      '2026-03-28T21:00:00Z',
      '2026-03-29T04:00:00Z',
    ],
    [
      'when their end does not exist',
      '22:00-02:30',
      'Europe/Berlin',
      '2026-03-28T21:00:00Z',
      '2026-03-29T01:00:00Z',
    ],
    [
      'whose beginning does not exist',
      '02:30-04:00',
      'Europe/Berlin',
      '2026-03-29T01:00:00Z',
      '2026-03-29T02:00:00Z',
    ],
    // Berlin, 2026-10-25: 03:00 CEST becomes 02:00 CET. The night is an hour longer.
    [
      'in the night of autumn',
      '22:00-06:00',
      'Europe/Berlin',
      '2026-10-24T20:00:00Z',
      '2026-10-25T05:00:00Z',
    ],
    [
      'ending in the hour that comes twice',
      '22:00-02:30',
      'Europe/Berlin',
      '2026-10-24T20:00:00Z',
      '2026-10-25T00:30:00Z',
    ],
    [
      'for the second time in that hour',
      '22:00-02:30',
      'Europe/Berlin',
      '2026-10-25T01:10:00Z',
      '2026-10-25T01:30:00Z',
    ],
    [
      'half an hour of daylight saving',
      '22:00-06:00',
      'Australia/Lord_Howe',
      '2026-10-03T12:00:00Z',
      '2026-10-03T19:00:00Z',
    ],
    // 2026-11-22 is a Sunday.
    ['on a whole weekend', 'sat, sun', 'UTC', '2026-11-21T10:00:00Z', '2026-11-23T00:00:00Z'],
    ['on a working day', 'sat-sun', 'UTC', '2026-11-23T00:00:00Z', null],
    [
      'over the night of Friday',
      'mon-fri 18:00-07:00',
      'UTC',
      '2026-11-20T20:00:00Z',
      '2026-11-21T07:00:00Z',
    ],
    ['in the evening of Saturday', 'mon-fri 18:00-07:00', 'UTC', '2026-11-21T20:00:00Z', null],
    ['joined to the next', 'fri 18:00-24:00; sat-sun', 'UTC', '2026-11-20T20:00:00Z', '2026-11-23T00:00:00Z'],
    ['over the end of the week', 'sun-mon', 'UTC', '2026-11-22T12:00:00Z', '2026-11-24T00:00:00Z'],
    ['by the day of the zone', 'mon', 'Asia/Tokyo', '2026-11-22T16:00:00Z', '2026-11-23T15:00:00Z'],
    ['on the day of spring', 'sun', 'Europe/Berlin', '2026-03-28T23:00:00Z', '2026-03-29T22:00:00Z'],
    ['on the day of autumn', 'sun', 'Europe/Berlin', '2026-10-24T22:00:00Z', '2026-10-25T23:00:00Z'],
  ];
  for (const [what, quiet, zone, now, until] of table) {
    it(`${quiet} ${zone}, ${what}`, () => {
      const end = quietUntil(Date.parse(now), quietTimes(quiet), zone);
      assert.equal(
        end === null ? null : new Date(end).toISOString(),
        until === null ? null : until.replace('Z', '.000Z'),
      );
    });
  }
});

describe('a text of quiet times', () => {
  for (const text of [
    '',
    'noon',
    '24:00-06:00',
    '22:60-06:00',
    '22:00',
    '22:00-22:00',
    'mon-xyz',
    'mon-tue-wed',
    'mon 8-9',
    'mon-sun',
    '00:00-24:00',
  ]) {
    it(`is refused where it is "${text}"`, () => assert.equal(readQuietTimes(text).times, null));
  }
  it('names the part that cannot be read', () => {
    assert.equal(readQuietTimes('sat; someday; sun').part, 'someday');
  });
});
