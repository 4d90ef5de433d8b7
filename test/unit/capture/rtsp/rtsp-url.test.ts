import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { RtspHeaders } from '../../../../src/capture/rtsp/rtsp-message';
import { endpointOf, redirectedUrl, sessionUrls } from '../../../../src/capture/rtsp/rtsp-url';

describe('RTSP addresses', () => {
  const endpoints: [string, [secure: boolean, host: string, port: number] | null][] = [
    ['rtsp://camera/live', [false, 'camera', 554]],
    ['RTSPS://Camera', [true, 'camera', 322]],
    ['rtsp://10.0.0.1:8554?x=1', [false, '10.0.0.1', 8554]],
    ['rtsp://[fe80::1]:554/live', [false, 'fe80::1', 554]],
    ['rtsp://u:p@camera:1/x@y:2', [false, 'camera', 1]],
    ['rtsp://camera:70000/', null],
    ['rtsp://camera:0/', null],
    ['rtsp:///live', null],
    ['http://camera/', null],
    ['/live', null],
  ];
  for (const [url, expected] of endpoints)
    test(`where ${url} leads`, () => {
      const to = endpointOf(url);
      assert.deepEqual(to && [to.secure, to.host, to.port], expected);
    });

  const ASKED = 'rtsp://10.0.0.1:554/live';
  const DAHUA = 'rtsp://10.0.0.1:554/cam/realmonitor?channel=1&subtype=0';
  interface Case {
    asked?: string;
    base?: string;
    location?: string;
    session?: string;
    video?: string;
    aggregate: string;
    track: string;
  }
  const cases: [string, Case][] = [
    [
      'a base with a slash',
      { base: `${ASKED}/`, video: 'trackID=1', aggregate: `${ASKED}/`, track: `${ASKED}/trackID=1` },
    ],
    ['a base without', { base: ASKED, video: 'trackID=1', aggregate: ASKED, track: `${ASKED}/trackID=1` }],
    ['no base', { video: 'trackID=1', aggregate: ASKED, track: `${ASKED}/trackID=1` }],
    [
      'Content-Location alone',
      { location: `${ASKED}2/`, video: 't', aggregate: `${ASKED}2/`, track: `${ASKED}2/t` },
    ],
    [
      'an absolute control',
      {
        base: `${ASKED}/`,
        video: 'rtsp://10.0.0.1/x/t',
        aggregate: `${ASKED}/`,
        track: 'rtsp://10.0.0.1/x/t',
      },
    ],
    [
      'an absolute control of the session',
      {
        base: 'rtsp://a/',
        session: `${ASKED}/s`,
        video: 't',
        aggregate: `${ASKED}/s`,
        track: `${ASKED}/s/t`,
      },
    ],
    ['*', { base: `${ASKED}/`, session: '*', video: '*', aggregate: `${ASKED}/`, track: `${ASKED}/` }],
    ['no control', { aggregate: ASKED, track: ASKED }],
    [
      'a query (Dahua)',
      {
        asked: DAHUA,
        base: `${DAHUA}/`,
        video: 'trackID=0',
        aggregate: `${DAHUA}/`,
        track: `${DAHUA}/trackID=0`,
      },
    ],
    [
      'a query and no base',
      { asked: DAHUA, video: 'trackID=0', aggregate: DAHUA, track: `${DAHUA}/trackID=0` },
    ],
    [
      'a control that is a query',
      { base: ASKED, video: '?track=1', aggregate: ASKED, track: `${ASKED}?track=1` },
    ],
    [
      'a control with a slash before it',
      { base: `${ASKED}/`, video: '/trackID=1', aggregate: `${ASKED}/`, track: `${ASKED}/trackID=1` },
    ],
    [
      'a control from the root',
      { base: `${ASKED}/`, video: '/live/trackID=1', aggregate: `${ASKED}/`, track: `${ASKED}/trackID=1` },
    ],
    [
      'a base without scheme',
      { base: '10.0.0.1:554/live/', video: 't', aggregate: `${ASKED}/`, track: `${ASKED}/t` },
    ],
    [
      'a base without scheme and port',
      {
        base: '10.0.0.1/live/',
        video: 't',
        aggregate: 'rtsp://10.0.0.1/live/',
        track: 'rtsp://10.0.0.1/live/t',
      },
    ],
    [
      'a base with slashes for a scheme',
      {
        base: '//10.0.0.1/live',
        video: 't',
        aggregate: 'rtsp://10.0.0.1/live',
        track: 'rtsp://10.0.0.1/live/t',
      },
    ],
    [
      'a base that is a path',
      {
        base: '/other/',
        video: 't',
        aggregate: 'rtsp://10.0.0.1:554/other/',
        track: 'rtsp://10.0.0.1:554/other/t',
      },
    ],
    ['a base that is a word', { base: 'live/', video: 't', aggregate: ASKED, track: `${ASKED}/t` }],
    [
      'the address behind a NAT',
      {
        asked: 'rtsp://example.com/live',
        base: 'rtsp://192.168.1.2/live/',
        video: 't',
        aggregate: 'rtsp://192.168.1.2/live/',
        track: 'rtsp://192.168.1.2/live/t',
      },
    ],
    [
      'IPv6',
      {
        asked: 'rtsp://[::1]:8554/a',
        base: '[::1]:8554/a/',
        video: 't',
        aggregate: 'rtsp://[::1]:8554/a/',
        track: 'rtsp://[::1]:8554/a/t',
      },
    ],
  ];
  for (const [
    name,
    { asked = ASKED, base, location, session = null, video = null, aggregate, track },
  ] of cases)
    test(`addresses of a session: ${name}`, () => {
      const headers: RtspHeaders = [];
      if (base !== undefined) headers.push(['content-base', base]);
      if (location !== undefined) headers.push(['Content-Location', location]);
      assert.deepEqual(sessionUrls(asked, headers, { session, video }), { aggregate, video: track });
    });

  const redirects: [string, string | null][] = [
    ['rtsp://10.0.0.2/x', 'rtsp://10.0.0.2/x'],
    ['rtsp://a:b@10.0.0.2/x', 'rtsp://10.0.0.2/x'],
    ['/other', 'rtsp://10.0.0.1:554/other'],
    ['http://10.0.0.1/', null],
    ['file:///etc/passwd', null],
    ['', null],
  ];
  for (const [location, expected] of redirects)
    test(`a redirect to "${location}"`, () => {
      assert.equal(redirectedUrl(location, ASKED), expected);
    });
});
