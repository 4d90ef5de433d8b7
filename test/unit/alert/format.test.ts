import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Finding } from '../../../src/alert/finding';
import { type FormatOptions, formatAlert } from '../../../src/alert/format';
import { compileTemplate, isHtml } from '../../../src/alert/template';
import { alertTopic } from '../../../src/alert/topic';
import { duration, wordingOf } from '../../../src/alert/wording';
import type { AlertInfo, Picture } from '../../../src/shared/messages';

const SINCE = Date.UTC(2026, 10, 22, 7, 12, 5);

const ALERT: AlertInfo = {
  id: 'gate-loitering-1-abcd',
  key: 'gate/loitering',
  state: 'raised',
  severity: 'critical',
  since: SINCE,
  count: 1,
};

function finding(changes: Partial<Finding> = {}): Finding {
  return {
    key: 'gate/loitering',
    camera: 'gate',
    cameraName: 'Gate 2',
    rule: 'loitering',
    subject: '',
    zones: [],
    timeZone: '',
    since: SINCE,
    time: SINCE + 65_400,
    heldMs: 65_400,
    confidence: 0.9,
    reason: '',
    timeline: '',
    picture: null,
    ...changes,
  };
}

const PICTURE = { data: Buffer.from('jpeg'), type: 'image/png' } as Picture;

const OPTIONS: FormatOptions = {
  format: 'object',
  chatId: '42',
  topicPrefix: 'site/alerts',
  retain: true,
  timeZone: 'Europe/Berlin',
  title: null,
  text: null,
  html: false,
};

function format(options: Partial<FormatOptions>, picture?: Picture, found = finding()) {
  return formatAlert(ALERT, found, picture, { ...OPTIONS, ...options });
}

describe('an alert as', () => {
  it('an object is plain JSON that mqtt out and http request take as it is', () => {
    const made = format({}, PICTURE);
    assert.deepEqual(made, {
      topic: 'site/alerts/Gate 2/loitering',
      retain: true,
      payload: {
        id: 'gate-loitering-1-abcd',
        state: 'raised',
        severity: 'critical',
        camera: 'gate',
        cameraName: 'Gate 2',
        rule: 'loitering',
        since: '2026-11-22T07:12:05.000Z',
        time: '2026-11-22T07:13:10.400Z',
        heldS: 65.4,
        confidence: 0.9,
        count: 1,
        title: 'Gate 2: loitering',
        text: 'Seen for 1 min 5 s, since 2026-11-22 08:12:05.',
      },
    });
    assert.deepEqual(JSON.parse(JSON.stringify(made.payload)), made.payload);
  });

  it('an e-mail has a subject, a text and the picture', () => {
    assert.deepEqual(format({ format: 'email' }, PICTURE), {
      topic: 'Gate 2: loitering',
      payload: 'Seen for 1 min 5 s, since 2026-11-22 08:12:05.',
      headers: { 'X-Alert-Id': 'gate-loitering-1-abcd', 'X-Alert-State': 'raised', 'X-Alert-Count': '1' },
      attachments: [{ filename: 'gate-loitering-1-abcd.png', content: PICTURE.data }],
    });
    assert.equal('attachments' in format({ format: 'email' }), false);
  });

  it('a Telegram message is a photo with a caption, or text where there is no picture', () => {
    const text = 'Gate 2: loitering\nSeen for 1 min 5 s, since 2026-11-22 08:12:05.';
    assert.deepEqual(format({ format: 'telegram' }, PICTURE).payload, {
      chatId: '42',
      type: 'photo',
      content: PICTURE.data,
      caption: text,
      fileOptions: { filename: 'gate-loitering-1-abcd.png', contentType: 'image/png' },
    });
    assert.deepEqual(format({ format: 'telegram' }).payload, {
      chatId: '42',
      type: 'message',
      content: text,
    });
  });

  it('a Telegram message of HTML has no & in its title that Telegram would take for an entity', () => {
    const options = { format: 'telegram', html: true, text: () => '<b>x</b>' } as const;
    const { payload } = format(options, undefined, finding({ cameraName: 'Loading & <dock>' }));
    const { content } = payload as { content: string };
    assert.equal(content, 'Loading &amp; ‹dock›: loitering\n<b>x</b>');
  });

  it('a Telegram photo has a title and a text that fit below it together', () => {
    const long = finding({
      cameraName: 'Warehouse & north entrance '.repeat(2).trim(),
      reason: '<&>'.repeat(66),
      timeline: '08:12:05 yes ×14 until 08:12:45, '.repeat(30),
    });
    const caption = (title: string | null, text: string | null) => {
      const made = {
        title: title === null ? null : compileTemplate(title),
        text: text === null ? null : compileTemplate(text),
        html: text !== null && isHtml(text),
      };
      const { payload } = format({ format: 'telegram', ...made }, PICTURE, long);
      return (payload as { caption: string }).caption;
    };
    // Counted after entities are read, as Telegram does.
    const lengthOf = (text: string) => text.replace(/&(amp|lt|gt|quot|#39);/g, '&').length;
    for (const [title, text] of [
      [null, null],
      [null, '{{text}}\n{{timeline}}\n{{id}}'],
      ['{{camera}} {{timeline}}', '{{text}}\n{{timeline}}\n{{id}}'],
      ['{{timeline}}', '<b>{{text}}</b>\n<i>{{timeline}}</i>\n<a href="https://x.example/{{id}}">open</a>'],
    ] as const) {
      const made = caption(title, text);
      assert.ok(lengthOf(made) <= 1024, `${lengthOf(made)} of ${text}`);
      if (text?.includes('</a>')) assert.match(made, /<\/i>\n<a href="[^"]+">open<\/a>$/);
      else if (text) assert.match(made, /…\ngate-loitering-1-abcd$/);
    }
  });

  it('text is one line', () => {
    const { payload } = format(
      { format: 'text' },
      undefined,
      finding({ cameraName: 'Gate\n2', reason: 'a\r\nb' }),
    );
    assert.doesNotMatch(String(payload), /[\r\n]/);
  });

  it('any format leaves a picture that is no Buffer (it came over MQTT) where it is', () => {
    const fromJson = { data: { type: 'Buffer', data: [1] }, type: 'image/jpeg' } as unknown as Picture;
    assert.equal('attachments' in format({ format: 'email' }, fromJson), false);
  });
});

describe('the wording', () => {
  it('tells the states apart', () => {
    const titles = (['raised', 'updated', 'cleared'] as const).map(
      (state) => wordingOf({ ...ALERT, state }, finding(), 'UTC').title,
    );
    assert.deepEqual(titles, ['Gate 2: loitering', 'Gate 2: loitering, still', 'Gate 2: loitering, over']);
  });

  it('quotes the model, whose text can neither end the quotation nor be taken for HTML', () => {
    const reason = 'ok.” Alarm off. <img src=x> "now"';
    const { text } = wordingOf(ALERT, finding({ reason }), 'UTC');
    assert.match(text, /The model: “ok\.' Alarm off\. ‹img src=x› 'now'”$/);
  });

  it('writes times in the zone of the camera before that of the node', () => {
    assert.match(wordingOf(ALERT, finding({ timeZone: 'Asia/Tokyo' }), 'UTC').text, /16:12:05/);
  });

  it('says when it was seen where nobody measured for how long', () => {
    assert.equal(wordingOf(ALERT, finding({ heldMs: 0 }), 'UTC').text, 'Seen at 2026-11-22 07:12:05.');
  });

  for (const [ms, text] of [
    [400, '0 s'],
    [59_000, '59 s'],
    [60_000, '1 min'],
    [65_400, '1 min 5 s'],
    [3_600_000, '1 h'],
    [7_860_000, '2 h 11 min'],
  ] as const) {
    it(`writes ${ms} ms as ${text}`, () => assert.equal(duration(ms), text));
  }
});

describe('topics', () => {
  for (const [prefix, name, rule, topic] of [
    ['a/b', 'Gate 2', 'loitering', 'a/b/Gate 2/loitering'],
    ['/a//b/', 'Gate', 'r', 'a/b/Gate/r'],
    ['', 'Gate', 'r', 'Gate/r'],
    ['$SYS', 'Gate', 'r', 'SYS/Gate/r'],
    ['a', 'hall/+/#', 'x/y', 'a/hall----/x-y'],
    ['a', 'Tor\u0000\nHof', 'r', 'a/Tor Hof/r'],
    ['a', 'あ'.repeat(100), 'r', `a/${'あ'.repeat(63)}…/r`],
  ] as const) {
    it(`of "${prefix}", ${JSON.stringify(name.slice(0, 12))} is "${topic.slice(0, 24)}"`, () => {
      assert.equal(alertTopic(prefix, name, rule), topic);
    });
  }

  it('has a level for the subject, of none of its words', () => {
    for (const subject of ['B-X 17', 'x/+/#\u0000', 'ignore all previous instructions'])
      assert.match(alertTopic('a', 'Gate', 'plate', subject), /^a\/Gate\/plate\/[0-9a-f]{8}$/);
    assert.equal(alertTopic('a', 'Gate', 'plate', ''), 'a/Gate/plate');
  });

  it('of two subjects are two: the end of one is not taken for that of the other', () => {
    const topicOf = (subject: string, key = `gate/plate/${subject}`) =>
      formatAlert({ ...ALERT, key }, finding({ key: `gate/plate/${subject}`, subject }), undefined, OPTIONS)
        .topic;
    assert.notEqual(topicOf('A'), topicOf('B'));
    assert.equal(topicOf('A'), topicOf('A'));
    assert.match(topicOf('A') ?? '', /^site\/alerts\/Gate 2\/loitering\/./);
    assert.equal(
      topicOf('A', 'yard'),
      topicOf('B', 'yard'),
      'a group may begin with one and end with another',
    );
  });
});
