/**
 * What cameras do that no standard allows, or that clients must not count on: by name, with what it is. Such a camera
 * works, if the client is tolerant.
 */
export const QUIRKS = {
  'audio-only': 'only sound is announced, no video',
  'no-sprop': 'the parameter sets are in the stream alone, not in the description',
  'two-s-lines': 'the description has two s= lines',
  'bad-c-line': 'the c= line holds no address',
  'no-c-line': 'the description has no c= line',
  'trailing-spaces': 'each line of the description ends with a space',
  'absolute-control': 'a=control holds a whole URL',
  'no-content-type': 'DESCRIBE is answered without Content-Type',
  'no-content-base': 'DESCRIBE is answered without Content-Base',
  'content-base-without-scheme': 'Content-Base begins with the host',
  'rtp-info-zero': 'RTP-Info names packet 0 and time 0, whatever is sent',
  'no-rtp-info': 'PLAY is answered without RTP-Info',
  'session-id-changes': 'PLAY is answered with another session id than SETUP',
  'marker-on-each-nal': 'the end of the picture is marked on SPS, PPS and SEI too',
  'annex-b': 'all of a picture is in one NAL unit, with start codes within',
  'big-packets': 'RTP packets have up to 10 kB, as some cameras send over UDP',
  'garbage-between-packets': 'zero bytes stand between the packets of a connection over TCP',
  'needs-user-agent': 'requests without User-Agent are answered with 400',
} as const;

export type Quirk = keyof typeof QUIRKS;
