import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { VerdictSpan } from '../../../src/shared/messages';
import { heldRule } from '../../../src/window/held';
import type { Proof } from '../../../src/window/rule';
import { Sequence, type SequenceOptions, START, seen } from './sequence';

const NO_PROOF = { least: 1, share: 0, coverage: 0 };

interface Held extends Partial<SequenceOptions> {
  holdS?: number;
  proof?: Partial<Proof>;
}

function held({ holdS = 10, gapS = 3, noEnds = 2, proof = {}, ...options }: Held = {}) {
  const rule = heldRule({
    holdMs: holdS * 1000,
    gapMs: gapS * 1000,
    ends: noEnds,
    proof: { ...NO_PROOF, ...proof },
  });
  return new Sequence(rule, { gapS, noEnds, ...options });
}

/** `y 1-3, n 4`: verdicts by the seconds of the first and the last of them. */
function spans(text: string): VerdictSpan[] {
  const verdicts = { y: 'yes', n: 'no', u: 'unknown' } as const;
  return text.split(', ').map((part) => {
    const [, letter = 'u', first, last = first] = /(\w) (\d+)(?:-(\d+))?/.exec(part) ?? [];
    const [from, to] = [Number(first), Number(last)];
    const verdict = verdicts[letter as keyof typeof verdicts];
    return { verdict, from: START + from * 1000, to: START + to * 1000, n: to - from + 1 };
  });
}

describe('a condition that has held', () => {
  const table: {
    name: string;
    pattern: string;
    changes: string[];
    holdS?: number;
    gapS?: number;
    noEnds?: number;
  }[] = [
    { name: 'never seen tells nothing', pattern: 'nnunnu', changes: [] },
    {
      name: 'fires on the observation that makes it T',
      pattern: 'yyyyyyyyyyyyy',
      changes: ['pending@0', 'firing@10'],
    },
    { name: 'does not fire a moment earlier', pattern: 'yyyyyyyyyy', changes: ['pending@0'] },
    { name: 'fires once a run', pattern: 'y'.repeat(60), changes: ['pending@0', 'firing@10'] },
    { name: 'fires at once with T 0', pattern: 'nyn', holdS: 0, changes: ['firing@1'] },
    { name: 'is not ended by a single no', pattern: 'yyynyyynyyy', changes: ['pending@0', 'firing@10'] },
    {
      name: 'is ended by two no in a row while pending',
      pattern: 'yyynny',
      changes: ['pending@0', 'idle@4', 'pending@5'],
    },
    {
      name: 'is ended by two no in a row while firing',
      pattern: 'yyyyyyyyyyynyynn',
      changes: ['pending@0', 'firing@10', 'resolved@15'],
    },
    {
      name: 'ends with one no where one is set',
      pattern: 'yyn',
      noEnds: 1,
      changes: ['pending@0', 'idle@2'],
    },
    {
      name: 'takes unknown neither for nor against',
      pattern: 'yuunuunuu',
      gapS: 9,
      changes: ['pending@0', 'idle@6'],
    },
    { name: 'is not kept alive by unknown', pattern: 'yuuuuu', changes: ['pending@0', 'idle@3'] },
    { name: 'holds over gaps of exactly G', pattern: 'y..y..y..y..y', changes: ['pending@0', 'firing@12'] },
    {
      name: 'does not hold over a longer gap',
      pattern: 'y...y...y...y',
      changes: ['pending@0', 'idle@0', 'pending@4', 'idle@4', 'pending@8', 'idle@8', 'pending@12'],
    },
    {
      name: 'is blind in silence while firing, and goes on when it is seen again',
      pattern: `yyyyyyyyyyy${'.'.repeat(500)}ynn`,
      changes: ['pending@0', 'firing@10', 'blind@10', 'firing@511', 'resolved@513'],
    },
    {
      name: 'is blind, not ended, while it is unknown',
      pattern: `yyyyyyyyyyy${'u'.repeat(50)}`,
      changes: ['pending@0', 'firing@10', 'blind@13'],
    },
    {
      name: 'begins anew after it was resolved',
      pattern: 'yyyyyyyyyyynnyyyyyyyyyyynn',
      changes: ['pending@0', 'firing@10', 'resolved@12', 'pending@13', 'firing@23', 'resolved@25'],
    },
  ];
  for (const { name, pattern, changes, ...options } of table) {
    it(name, () => assert.deepEqual(held(options).play(pattern).changes, changes));
  }

  it('ends a pending run by silence, when the gap has become too long', () => {
    const sequence = held().play('yy');
    sequence.clock.advance(3000);
    assert.deepEqual(sequence.changes, ['pending@0']);
    sequence.clock.advance(2);
    assert.deepEqual(sequence.changes, ['pending@0', 'idle@1']);
  });

  it('goes on with the run where an answer came late but its frame was captured in time', () => {
    const sequence = held({ holdS: 4 }).play('y');
    sequence.clock.advance(4000);
    sequence.see(seen(2, 'y'), seen(4, 'y'));
    assert.deepEqual(sequence.changes, ['pending@0', 'idle@0', 'pending@2', 'firing@4']);
    assert.equal(sequence.last().since, START);
  });

  it('decides the same whether timers ran or not', () => {
    const live = held().play('yyy......yyy');
    const replayed = held();
    for (const second of [0, 1, 2, 9, 10, 11]) replayed.see(seen(second, 'y'));
    assert.deepEqual(replayed.changes, live.changes);
  });

  it('tells since when, for how long, of how many and how much was known', () => {
    const info = held().play('nyyynyuyyyyyyy').last();
    assert.deepEqual(info, {
      key: 'gate/loitering',
      camera: 'gate',
      rule: 'loitering',
      state: 'firing',
      since: START + 1000,
      heldMs: 12_000,
      samples: { yes: 11, no: 1, unknown: 1 },
      coverage: 1,
      time: START + 13_000,
      confidence: null,
    });
  });

  it('tells all verdicts of the run with their times when its state changes', () => {
    const { verdicts, until } = held().play('nyyynyuyyyyyyynn').last();
    assert.deepEqual(verdicts, spans('y 1-3, n 4, y 5, u 6, y 7-13, n 14-15'));
    assert.equal(until, START + 14_000, 'the first of the no that ended it');
  });

  it('does not claim the time for which nothing was seen', () => {
    const sequence = held().play(`yyyyyyyyyyy${'.'.repeat(89)}yyy`);
    assert.equal(sequence.last().state, 'firing');
    assert.equal(sequence.last().heldMs, 12_000);
    assert.ok(sequence.last().coverage < 0.25);
  });

  it('tells how far a run came that ended', () => {
    const sequence = held().play('yyyyynn');
    const { state, since, heldMs, samples } = sequence.last();
    assert.deepEqual(
      { state, since, heldMs, samples },
      {
        state: 'idle',
        since: null,
        heldMs: 4000,
        samples: { yes: 5, no: 2, unknown: 0 },
      },
    );
  });

  it('finds each of the six persons of the clip, and nothing in between', () => {
    const inView = [
      [6, 19],
      [23, 43],
      [51, 68],
      [75, 85],
      [93, 118],
      [124, 134],
    ];
    const labels = Array.from({ length: 139 }, (_, second) =>
      inView.some(([first = 0, last = 0]) => second >= first && second <= last) ? 'y' : 'n',
    ).join('');
    const { changes } = held({ holdS: 8, gapS: 3 }).play(labels);
    assert.deepEqual(
      changes,
      inView.flatMap(([first = 0, last = 0]) => [
        `pending@${first}`,
        `firing@${first + 8}`,
        `resolved@${last + 2}`,
      ]),
    );
  });
});

describe('observations out of order', () => {
  it('are put in their place within G', () => {
    const sequence = held({ holdS: 4, gapS: 3 });
    // Without the one of second 2 the gap would be too long.
    sequence.see(seen(0, 'y'), seen(4, 'y'), seen(2, 'y'));
    assert.deepEqual(sequence.changes.at(-1), 'firing@4');
    assert.equal(sequence.last().since, START);
  });

  it('end no run twice: a late yes between two no makes them two single ones', () => {
    const sequence = held();
    sequence.see(seen(0, 'y'), seen(1, 'n'), seen(3, 'n'), seen(2, 'y'));
    assert.deepEqual(sequence.changes, ['pending@0', 'idle@3', 'pending@3']);
    assert.equal(sequence.last().since, START);
  });

  it('take nothing back that was told', () => {
    const sequence = held({ holdS: 2 });
    sequence.see(seen(0, 'y'), seen(2, 'y'), seen(1, 'n'), seen(1.5, 'n'));
    assert.deepEqual(sequence.changes, ['pending@0', 'firing@2', 'firing@2', 'firing@2']);
    assert.deepEqual(sequence.dropped(), []);
    assert.deepEqual(sequence.last().amended, {
      state: 'firing',
      verdict: 'no',
      time: START + 1500,
      count: 2,
    });
  });

  it('are dropped and counted beyond G', () => {
    const sequence = held().play('..........y').see(seen(5, 'y'));
    assert.deepEqual(sequence.dropped(), ['late']);
  });

  it('are told whole when they complete a run that had ended by then', () => {
    const sequence = held({ holdS: 4, gapS: 3 });
    sequence.see(seen(0, 'y'), seen(4, 'y'), seen(5, 'n'), seen(6, 'n'), seen(3, 'y'));
    assert.deepEqual(sequence.changes.slice(-2), ['firing@4', 'resolved@6']);
  });

  it('start the key anew when the clock of the camera was set back', () => {
    const sequence = held({ holdS: 2 }).play('yyyy');
    sequence.see(seen(-3600, 'y'), seen(-3599, 'y'), seen(-3598, 'y'), seen(-3597, 'y'), seen(-3596, 'y'));
    assert.deepEqual(sequence.dropped(), ['late', 'late']);
    assert.deepEqual(sequence.changes.slice(-3), ['expired@3', 'pending@-3598', 'firing@-3596']);
  });

  it('do not start it anew where it is the same one that comes three times', () => {
    const sequence = held({ holdS: 2 }).play('yyyy');
    sequence.see(seen(-3600, 'n'), seen(-3600, 'n'), seen(-3600, 'n'));
    assert.deepEqual(sequence.dropped(), ['late', 'duplicate', 'duplicate']);
    assert.deepEqual(sequence.changes, ['pending@0', 'firing@2']);
  });

  it('of a time to come end no alarm, and make nothing that follows too late', () => {
    const sequence = held({ holdS: 2 }).play('yyyy');
    sequence.see(seen(7200, 'y', { clockS: 3 }));
    sequence.play('yyn', 4);
    assert.deepEqual(sequence.dropped(), ['early']);
    assert.deepEqual(sequence.changes, ['pending@0', 'firing@2']);
  });

  it('of a time to come are believed when three in a row are', () => {
    const sequence = held({ holdS: 2 }).play('yyyy');
    for (const second of [7200, 7201, 7202, 7203]) sequence.see(seen(second, 'y', { clockS: 4 }));
    assert.deepEqual(sequence.dropped(), ['early', 'early']);
    assert.deepEqual(sequence.changes.slice(2), ['blind@3', 'expired@3', 'pending@7202']);
    assert.equal(sequence.last().time, START + 7_203_000);
  });

  it('count once where the same frame comes again', () => {
    const sequence = held({ noEnds: 2 }).play('yy');
    sequence.see(seen(2, 'n', { id: 'same' }), seen(2, 'n', { id: 'same' }));
    assert.deepEqual(sequence.changes, ['pending@0']);
    assert.deepEqual(sequence.dropped(), ['duplicate']);
  });

  it('without an id are never taken for a repeat', () => {
    const sequence = held()
      .play('yy')
      .see(seen(2, 'n', { id: null }), seen(2, 'n', { id: null }));
    assert.deepEqual(sequence.changes, ['pending@0', 'idle@2']);
  });
});

describe('the state of a key', () => {
  it('is bounded however many observations come within G', () => {
    const sequence = held({ holdS: 1e6, gapS: 1000 });
    for (let i = 0; i < 2999; i++) sequence.see(seen(i / 10, i % 7 === 3 ? 'u' : 'y'));
    assert.ok(JSON.stringify(sequence.runner.peek('gate/loitering')).length < 25_000);
    assert.equal(sequence.last().samples.yes + sequence.last().samples.unknown, 2999);
  });

  it('is forgotten when idle for long, and leaves no timer', () => {
    const sequence = held().play('ynn');
    sequence.clock.advance(700_000);
    assert.equal(sequence.runner.size, 0);
    assert.equal(sequence.clock.pending, 0);
  });

  it('is not forgotten while firing', () => {
    const sequence = held({ expireS: 20_000 }).play('yyyyyyyyyyy');
    sequence.clock.advance(10_000_000);
    assert.equal(sequence.runner.size, 1);
  });

  it('is plain data: a run goes on from its JSON', () => {
    const sequence = held().play('yyyyyyy');
    const state = sequence.runner.peek('gate/loitering');
    assert.deepEqual(JSON.parse(JSON.stringify(state)), state);
  });
});
