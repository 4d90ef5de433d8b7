/** Before each of several pictures, so that a model knows which it is and when it was taken. */
export function captionOf(index: number, count: number, takenAt: string): string {
  return `Picture ${index + 1} of ${count}${takenAt === '' ? '' : `, taken ${takenAt}`}:`;
}

/** Goes with several pictures. */
export function seriesWords(count: number): string {
  return `There are ${count} pictures, all of this camera, in the order in which they were taken. Answer for the last one; the others show what was before.`;
}

/**
 * Goes with a contact sheet; '' for a single picture. The times stand in the cells as well, but models read them
 * more surely here (reference §5: "burn the time into each cell AND state times in text").
 *
 * @param takenAt of each cell; '' where it is not known
 */
export function sheetWords(takenAt: readonly string[]): string {
  if (takenAt.length < 2) return '';
  const times = takenAt.map((time, index) => `${index + 1}${time === '' ? '' : `: ${time}`}`);
  return (
    `The picture is a contact sheet of ${takenAt.length} pictures of this camera, in the order in which they were ` +
    `taken, from left to right and from top to bottom: ${times.join('; ')}. Answer for the last one; the others ` +
    'show what was before.'
  );
}
