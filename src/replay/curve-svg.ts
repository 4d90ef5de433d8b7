import { money, percent, type SweepPoint } from './report';
import { escaped } from './timeline-svg';

const WIDTH = 560;
const HEIGHT = 300;
/** Room that the name of a point takes. */
const NAME_PX = 60;
const MARGIN = { left: 60, right: 60, top: 20, bottom: 46 };

/**
 * The recall-cost curve of a sweep: what each value of a setting costs, and what it finds.
 *
 * @param own the flow's own value, marked where it is one of them
 */
export function curve(setting: string, points: readonly SweepPoint[], own: number): string {
  const isCost = points.every(({ figures }) => figures.costPerDay !== null);
  const costOf = ({ figures }: SweepPoint) => (isCost ? (figures.costPerDay ?? 0) : figures.framesSent);
  const recallOf = ({ figures }: SweepPoint) => figures.eventRecall ?? 0;
  const most = Math.max(...points.map(costOf)) || 1;
  const x = (cost: number) => MARGIN.left + (cost / most) * (WIDTH - MARGIN.left - MARGIN.right);
  const y = (recall: number) => HEIGHT - MARGIN.bottom - recall * (HEIGHT - MARGIN.top - MARGIN.bottom);
  const at = (point: SweepPoint) => `${x(costOf(point)).toFixed(1)},${y(recallOf(point)).toFixed(1)}`;
  const grid = [0, 0.25, 0.5, 0.75, 1].map(
    (recall) =>
      `<line class="rule" x1="${MARGIN.left}" x2="${WIDTH - MARGIN.right}" y1="${y(recall)}" y2="${y(recall)}"/>` +
      `<text class="tick end" x="${MARGIN.left - 6}" y="${y(recall) + 4}">${percent(recall)}</text>`,
  );
  const costs = [0, most / 2, most].map(
    (cost) =>
      `<text class="tick" x="${x(cost)}" y="${HEIGHT - 26}">${isCost ? money(cost) : Math.round(cost)}</text>`,
  );
  // Values that come to the same share a point.
  const places = new Map<string, SweepPoint[]>();
  for (const point of points) places.set(at(point), [...(places.get(at(point)) ?? []), point]);
  // Names of points beside each other would cover each other: every second one of them stands below.
  let lastX = Number.NEGATIVE_INFINITY;
  let isBelow = false;
  const sorted = [...places].sort(([a], [b]) => Number(a.split(',')[0]) - Number(b.split(',')[0]));
  const dots = sorted.map(([place, same]) => {
    const [cx, cy] = place.split(',');
    isBelow = Number(cx) - lastX < NAME_PX && !isBelow;
    lastX = Number(cx);
    const kind = same.some(({ value }) => value === own) ? 'dot own' : 'dot';
    const values = same.map(({ value }) => value).join(', ');
    const [first] = same as [SweepPoint];
    const text = `${setting} ${values}: recall ${percent(recallOf(first))}, ${first.figures.framesSent} frames sent`;
    return (
      `<circle class="${kind}" cx="${cx}" cy="${cy}" r="5"><title>${escaped(text)}</title></circle>` +
      `<text class="tick" x="${cx}" y="${Number(cy) + (isBelow ? 19 : -9)}">${values.length > 24 ? `${values.slice(0, 23)}…` : values}</text>`
    );
  });
  const unit = isCost ? 'Cost per camera and day' : 'Frames sent';
  return (
    `<svg class="curve" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="Recall and cost">${grid.join('')}${costs.join('')}` +
    `<polyline class="line" points="${points.map(at).join(' ')}"/>${dots.join('')}` +
    `<text class="tick" x="${WIDTH / 2}" y="${HEIGHT - 6}">${unit}</text></svg>`
  );
}
