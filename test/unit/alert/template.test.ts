import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { compileTemplate } from '../../../src/alert/template';
import { wordingOf } from '../../../src/alert/wording';
import { alertInfo, finding } from './letter';

function filled(template: string, changes = {}, alert = alertInfo()) {
  const found = finding({ since: 0, time: 65_000, heldMs: 65_000, ...changes });
  return compileTemplate(template)(alert, found, 'UTC', wordingOf(alert, found, 'UTC'));
}

describe('a template', () => {
  it('names what is known', () => {
    const zones = [{ name: 'ramp', points: [] }];
    const text = filled('{{severity}} {{camera}} ({{cameraId}}) {{rule}} {{held}} {{confidence}} {{zones}}', {
      zones,
    });
    assert.equal(text, 'warning Gate 2 (gate) loitering 1 min 5 s 90 % ramp');
  });

  it('has conditions', () => {
    const template = '{{#raised}}!{{/raised}}{{#cleared}}over{{/cleared}}{{#unverified}}?{{/unverified}}';
    assert.equal(filled(template), '!');
    assert.equal(filled(template, {}, alertInfo({ state: 'cleared' })), 'over');
    assert.equal(filled(template, {}, alertInfo({ verified: false })), '!?');
  });

  it('keeps its lines, and no other control character', () => {
    assert.equal(filled('{{camera}}\r\n{{rule}}\u0000 x'), 'Gate 2\nloitering x');
  });

  it("leaves the model's text as it is in plain text, and escapes it in HTML, in three braces too", () => {
    const reason = '<b>"x" & y</b>';
    assert.equal(filled('{{reason}}', { reason }), reason);
    for (const braces of ['{{reason}}', '{{{reason}}}', '{{&reason}}']) {
      const text = filled(`<i>${braces}</i>`, { reason });
      assert.equal(text, '<i>&lt;b&gt;&quot;x&quot; &amp; y&lt;/b&gt;</i>');
    }
  });

  it('does not read what it fills in as a template', () => {
    assert.equal(filled('{{reason}}', { reason: '{{camera}}' }), '{{camera}}');
  });

  it('is cut to 1000 characters', () => {
    assert.ok(filled('{{camera}} '.repeat(500)).length <= 1000);
  });

  it('has its long values shortened until it fits: what stands behind them stays', () => {
    const timeline = '08:12:05 yes ×14 until 08:12:45, '.repeat(40);
    const text = filled('{{timeline}}\n{{id}} {{rule}}', { timeline });
    assert.match(text, /…\na loitering$/);
    assert.ok(text.length <= 1000 && text.length >= 990, `${text.length}`);
  });

  it('of HTML is never cut within a tag or an entity', () => {
    const timeline = '08:12:05 yes & “no” <×14> until 08:12:45, '.repeat(40);
    const reason = '<&>"'.repeat(50);
    for (const maxChars of [1000, 823, 400, 60]) {
      const text = compileTemplate('<b>{{camera}}</b>\n<i>{{timeline}}</i>\n<i>{{{reason}}}</i>')(
        alertInfo(),
        finding({ timeline, reason }),
        'UTC',
        { title: '', text: '' },
        maxChars,
      );
      assert.ok(text.length <= maxChars, `${text.length} of ${maxChars}`);
      assert.match(text, /^<b>Gate 2<\/b>\n<i>[^<>]*<\/i>\n<i>[^<>]*<\/i>$/);
      assert.doesNotMatch(text, /&(?!(amp|lt|gt|quot|#39);)/);
    }
  });

  it('of HTML that is too long by itself makes way for our own words', () => {
    const text = filled(`<b>${'x'.repeat(1000)}</b>`, { cameraName: 'R&D' });
    assert.match(text, /^Seen for 1 min 5 s/);
  });

  it('with wrong braces is an error', () => {
    assert.throws(() => compileTemplate('{{#camera}}'), /Unclosed section/);
  });
});
