import { isoTime } from '../shared/time';
import { curve } from './curve-svg';
import { hintText } from './hints';
import type { RecordedVerdict, SentFrame } from './recorder';
import { duration, figureLines, leftOutText, money, percent, type Report } from './report';
import { escaped, timeline } from './timeline-svg';

/** Rows of the table of events: more are for programs, and in report.json. */
const MAX_EVENT_ROWS = 500;

/**
 * The report as one page that needs nothing else: no script, no network.
 *
 * @param pictures small JPEGs by the id of their frame
 */
export function reportPage(report: Report, pictures: ReadonlyMap<string, Buffer>): string {
  const { input, flow, camera, model, start, sweep, record } = report;
  const facts = [
    `Flow ${flow}`,
    ...(camera === '' ? [] : [`camera ${camera}`]),
    ...(record.calls.cassette + record.calls.model > 0 ? [`answers: ${model}`] : []),
    `begins ${isoTime(start).replace('T', ' ').replace('.000Z', ' UTC')}`,
  ];
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Replay of ${escaped(input)}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>Replay of ${escaped(input)}</h1>
<p class="facts">${facts.map(escaped).join(' · ')}</p>
${goals(report)}
${tiles(report)}
<section><h2>Timeline</h2>
<div class="wide">${timeline(report)}</div>
${legend(report)}
</section>
${sweep ? sweepSection(sweep) : ''}
${eventTable(report)}
${frameGrid(report, pictures)}
${hintList(report)}
${errorList(report)}
<section><h2>All figures</h2><table>${figureLines(report.figures)
    .map(([name, value]) => `<tr><th>${escaped(name)}</th><td>${escaped(value)}</td></tr>`)
    .join('')}</table></section>
</main>
</body>
</html>
`;
}

function goals({ goals: all }: Report): string {
  return all
    .map(({ name, goal, measured, ok }) => {
      const value = (number: number | null) =>
        number === null ? 'nothing' : name === 'min-recall' ? percent(number) : money(number);
      const text = `${ok ? 'Holds' : 'Does not hold'}: ${name} ${value(goal)}, measured ${value(measured)}`;
      return `<p class="goal ${ok ? 'ok' : 'bad'}">${escaped(text)}</p>`;
    })
    .join('');
}

function tiles({ figures: f }: Report): string {
  const found = Math.round((f.eventRecall ?? 0) * (f.events ?? 0));
  const all: [name: string, value: string, more: string][] = [];
  if (f.eventRecall !== null)
    all.push(['Event recall', percent(f.eventRecall), `${found} of ${f.events} events`]);
  all.push(['Frames sent', String(f.framesSent), `of ${f.framesIn}, ${percent(f.reduction)} fewer`]);
  if (f.onsetDelayP50S !== null) all.push(['Onset to frame', `${f.onsetDelayP50S.toFixed(1)} s`, 'median']);
  if (f.alerts?.right !== null && f.alerts)
    all.push(['Alerts right', String(f.alerts.right), `${f.alerts.missed} missed, ${f.alerts.false} false`]);
  else if (f.alerts) all.push(['Alerts', String(f.alerts.raised), 'raised']);
  if (f.falseWakeupsPerHour !== null)
    all.push(['False wake-ups', f.falseWakeupsPerHour.toFixed(1), 'per camera-hour']);
  if (f.costPerDay !== null)
    all.push(['Cost', money(f.costPerDay), `per camera and day${f.tokens.estimated ? ', estimated' : ''}`]);
  else if (f.calls > 0) all.push(['Calls', String(f.calls), `in ${duration(f.durationS)}`]);
  const one = ([name, value, more]: (typeof all)[number]) =>
    `<div class="tile"><span>${escaped(name)}</span><b>${escaped(value)}</b><small>${escaped(more)}</small></div>`;
  return `<div class="tiles">${all.map(one).join('')}</div>`;
}

function legend({ record, labels }: Report): string {
  const entries: [kind: string, text: string][] = [];
  if (labels) entries.push(['event', 'event, found'], ['missed', 'event, missed']);
  entries.push(['sent start', 'start'], ['sent', 'other frame sent']);
  if (record.answers.length > 0)
    entries.push(['verdict yes', 'yes'], ['verdict no', 'no'], ['verdict unknown', 'unknown']);
  if (record.windows.length > 0)
    entries.push(['state pending', 'pending'], ['state firing', 'firing'], ['state blind', 'blind']);
  if (record.alerts.length > 0) entries.push(['alert', 'alert']);
  if (record.held.length > 0) entries.push(['held', 'held back']);
  if (record.views.length > 0) entries.push(['view', 'camera moved, covered, dark']);
  const one = ([kind, text]: [string, string]) =>
    `<span><svg viewBox="0 0 12 12"><rect class="${kind}" width="12" height="12" rx="2"/></svg>${escaped(text)}</span>`;
  return `<p class="legend">${entries.map(one).join(' ')}</p>`;
}

function sweepSection({ setting, own, points }: NonNullable<Report['sweep']>): string {
  const rows = points.map(({ value, figures: f }) => {
    const cells = [
      `${value}${value === own ? ' (the flow)' : ''}`,
      f.eventRecall === null ? '–' : percent(f.eventRecall),
      String(f.framesSent),
      f.falseWakeupsPerHour === null ? '–' : f.falseWakeupsPerHour.toFixed(1),
      f.costPerDay === null ? '–' : money(f.costPerDay),
    ];
    return `<tr>${cells.map((cell) => `<td>${escaped(cell)}</td>`).join('')}</tr>`;
  });
  const isScored = points.every(({ figures }) => figures.eventRecall !== null);
  return `<section><h2>Sweep of ${escaped(setting)}</h2>
<p>The flow has ${own}. The numbers at the points are values of the setting.</p>
${isScored ? curve(setting, points, own) : '<p>A curve needs labels.</p>'}
<table class="short"><tr><th>${escaped(setting)}</th><th>Event recall</th><th>Frames sent</th><th>False wake-ups an hour</th><th>Cost a day</th></tr>${rows.join('')}</table></section>`;
}

function eventTable({ events, leftOut }: Report): string {
  const behind = leftOut > 0 ? `<p>${escaped(leftOutText(leftOut))}</p>` : '';
  if (events.length === 0) return behind;
  const rows = events.slice(0, MAX_EVENT_ROWS).map((event) => {
    const cells = [
      event.label || 'event',
      `${duration(event.start)} to ${duration(event.end)}`,
      event.found ? 'found' : 'missed',
      String(event.frames),
      String(event.yes),
      event.onsetDelayS === null ? '–' : `${event.onsetDelayS.toFixed(1)} s`,
      event.alertDelayS === null
        ? event.alertExpected
          ? 'missing'
          : '–'
        : `${event.alertDelayS.toFixed(1)} s`,
    ];
    return `<tr${event.found ? '' : ' class="bad"'}>${cells.map((cell) => `<td>${escaped(cell)}</td>`).join('')}</tr>`;
  });
  const heads = ['Event', 'When', '', 'Frames', 'Answered yes', 'First frame after', 'Alert after'];
  const left = events.length - rows.length;
  const note = left > 0 ? `<p>The first ${rows.length} are shown; report.json has ${left} more.</p>` : '';
  return `<section><h2>Events</h2>${note}${behind}<table class="short"><tr>${heads.map((head) => `<th>${head}</th>`).join('')}</tr>${rows.join('')}</table></section>`;
}

function frameGrid({ record }: Report, pictures: ReadonlyMap<string, Buffer>): string {
  const shown = record.sent.filter(({ id }) => pictures.has(id));
  const left = record.sent.length - shown.length;
  const figures = shown.map((frame) =>
    frameFigure(
      frame,
      record.answers.filter(({ id }) => id === frame.id),
      pictures.get(frame.id),
    ),
  );
  const note = left > 0 ? `<p>The first ${shown.length} are shown, ${left} more were sent.</p>` : '';
  return `<section><h2>Frames sent</h2>${note}<div class="frames">${figures.join('\n')}</div></section>`;
}

function frameFigure(
  { id, time, reason, score, zones }: SentFrame,
  answers: RecordedVerdict[],
  jpeg?: Buffer,
): string {
  const picture = jpeg
    ? `<img loading="lazy" alt="" src="data:image/jpeg;base64,${jpeg.toString('base64')}">`
    : '';
  const told = answers.map(
    ({ verdict, rule, reason: words }) =>
      `<span class="chip ${verdict}" title="${escaped(`${rule}: ${words}`)}">${verdict}</span>`,
  );
  const where = zones.length > 0 ? `, ${zones.join(', ')}` : '';
  const words = `${time.toFixed(1)} s ${reason}${score > 0 ? ` (${score})` : ''}${where}`;
  return `<figure id="${escaped(id)}">${picture}<figcaption>${escaped(words)} ${told.join(' ')}</figcaption></figure>`;
}

function hintList({ hints }: Report): string {
  if (hints.length === 0) return '';
  const items = hints.map((hint) => `<li>${escaped(hintText(hint))}</li>`);
  return `<section><h2>Hints about the questions</h2><ul>${items.join('')}</ul></section>`;
}

function errorList({ record }: Report): string {
  if (record.errors.length === 0) return '';
  const items = record.errors.map(
    ({ node, code, message, count }) => `${node}: ${code}, ${count} times. ${message}`,
  );
  return `<section><h2>Errors</h2><ul>${items.map((text) => `<li>${escaped(text)}</li>`).join('')}</ul></section>`;
}

/** Colours keep a contrast of 3 to 1 and more to the page, light and dark. */
const STYLE = `
:root{--page:#fff;--text:#1d2129;--soft:#5b6470;--line:#d9dee5;--card:#f4f6f8;--blue:#2563c9;--green:#178048;--red:#c62f2f;--amber:#b26a00;--grey:#7a8491;--violet:#7b4cc2}
@media (prefers-color-scheme:dark){:root{--page:#14171c;--text:#e6e9ee;--soft:#a3adba;--line:#333a45;--card:#1f242c;--blue:#6ea3f5;--green:#4cc287;--red:#f27878;--amber:#e5a443;--grey:#8b96a5;--violet:#b08cf0}}
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--text);font:15px/1.5 system-ui,sans-serif}
main{max-width:1080px;margin:0 auto;padding:24px 20px 60px}
h1{font-size:24px;margin:0}h2{font-size:17px;margin:32px 0 10px}
.facts,.legend,small,.tile span{color:var(--soft)}.facts{margin:4px 0 18px}
.goal{border-left:4px solid;padding:6px 12px;background:var(--card);margin:6px 0}.goal.ok{border-color:var(--green)}.goal.bad{border-color:var(--red)}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(150px,1fr));gap:10px;margin-top:14px}
.tile{background:var(--card);border-radius:8px;padding:12px 14px;display:flex;flex-direction:column}.tile b{font-size:24px;line-height:1.3;font-weight:600}
svg{width:100%;height:auto;display:block;margin:4px 0 10px}.curve{max-width:620px}
svg text{font-size:11px;fill:var(--soft);font-family:inherit}svg text.tick{text-anchor:middle}svg text.tick.end{text-anchor:end}
.rule{stroke:var(--line)}.line{fill:none;stroke:var(--blue);stroke-width:2}.dot{fill:var(--blue)}.dot.own{fill:var(--amber)}
.event{fill:var(--grey)}.missed{fill:none;stroke:var(--red);stroke-width:2}
.sent{fill:var(--blue)}.sent.start{fill:var(--violet)}.view,.held{fill:var(--amber)}
.verdict.yes{fill:var(--green)}.verdict.no{fill:var(--grey)}.verdict.unknown{fill:var(--amber)}
.state.pending{fill:var(--amber);opacity:.55}.state.firing{fill:var(--red)}.state.blind{fill:var(--grey)}.alert{fill:var(--red)}
.legend{display:flex;flex-wrap:wrap;gap:4px 16px;font-size:13px;margin:0}.legend svg{width:12px;height:12px;display:inline-block;margin:0 6px -1px 0;overflow:visible}
table{border-collapse:collapse;font-size:14px;display:block;max-width:100%;overflow-x:auto}table.short{white-space:nowrap}
.wide{overflow-x:auto}.wide svg{min-width:720px}th{text-align:left;font-weight:500;color:var(--soft)}th,td{padding:4px 18px 4px 0;border-bottom:1px solid var(--line);vertical-align:top}tr.bad td{color:var(--red)}
.frames{display:grid;grid-template-columns:repeat(auto-fill,minmax(160px,1fr));gap:12px}
figure{margin:0}figure img{width:100%;border-radius:6px;display:block;background:var(--card)}figcaption{font-size:13px;color:var(--soft);margin-top:3px}figure:target{outline:3px solid var(--blue);outline-offset:3px;border-radius:6px}
.chip{border:1px solid;border-radius:9px;padding:0 7px;font-size:12px}.chip.yes{color:var(--green)}.chip.no{color:var(--grey)}.chip.unknown{color:var(--amber)}
`;
