import type { NodeAPI } from 'node-red';
import { readZones } from '../../src/select/zones';
import { lintNode } from '../../src/vision/node-lint';
import { guardedEndpoint } from './guarded-endpoint';

/** Asked half a second after somebody has stopped typing. */
const MOST_A_MINUTE = 120;
/** More than this nobody reads below a field. */
const MAX_HINTS = 10;

/** Lets the dialog of vision-llm ask for hints about what is typed: the same that replay tells. */
export function offerPromptHints(RED: NodeAPI): void {
  guardedEndpoint(RED, {
    path: '/video-to-llm/vision-llm/hints',
    permission: 'vision-llm.write',
    most: MOST_A_MINUTE,
    run: async (body) => ({ hints: lintNode(body, zonesOf(body.zones)).slice(0, MAX_HINTS) }),
  });
}

/** @param texts zones of each frame-select on the way, as they are written there; null where there may be others */
function zonesOf(texts: unknown): string[] | null {
  if (!Array.isArray(texts)) return null;
  return texts.flatMap((text) => readZones(String(text)).zones.map(({ name }) => name));
}
