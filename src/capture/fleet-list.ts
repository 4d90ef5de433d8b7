import { asError } from '../shared/errors';
import { fleetEntries, fleetError } from './fleet';

/** A list of 500 cameras has some 200 kB. */
export const MAX_LIST_BYTES = 2_000_000;

/**
 * Reads a list of cameras: a JSON array of objects, or CSV whose first line names the fields.
 *
 * @param text of the file
 * @throws CameraError CAMERA_FLEET where it is neither
 */
export function readFleetList(text: string): readonly unknown[] {
  // Spreadsheets begin their files with a mark of the byte order.
  const clean = text.replace(/^\uFEFF/, '').trim();
  if (clean === '') return [];
  if (!clean.startsWith('[') && !clean.startsWith('{')) return csvEntries(clean);
  try {
    return fleetEntries(JSON.parse(clean));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw fleetError(
      'The list of cameras is not valid JSON',
      `Correct the file: ${where(asError(error).message)}.`,
    );
  }
}

/** V8 repeats a part of the text, which may hold what is not to be shown. */
function where(message: string): string {
  const position = /position (\d+)/.exec(message)?.[1];
  return position ? `see character ${position}` : 'a bracket, a quote or a comma is missing or too many';
}

function csvEntries(text: string): Record<string, string>[] {
  const [first = ''] = text.split(/\r?\n/, 1);
  // Where the comma is the decimal sign, spreadsheets write semicolons.
  const separator = first.includes(';') && !first.includes(',') ? ';' : ',';
  const [head = [], ...rows] = csvRows(text, separator);
  const names = head.map((name) => name.trim());
  if (!names.includes('name') && !names.includes('id')) {
    throw fleetError(
      'The first line of the list names no field "name" or "id"',
      'Begin with a line such as name,url,credential; or write a JSON array.',
    );
  }
  return rows
    .filter((row) => row.some((cell) => cell.trim() !== ''))
    .map((row) => Object.fromEntries(names.map((name, column) => [name, row[column]?.trim() ?? ''])));
}

/** RFC 4180: cells in quotes may hold separators, line breaks, and quotes that are doubled. */
function csvRows(text: string, separator: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  let cell = '';
  let quoted = false;
  const endCell = () => {
    row.push(cell);
    cell = '';
  };
  for (let at = 0; at < text.length; at++) {
    const char = text[at] as string;
    if (quoted && char === '"' && text[at + 1] === '"') {
      cell += '"';
      at++;
    } else if (char === '"' && (quoted || cell.trim() === '')) {
      quoted = !quoted;
      if (quoted) cell = '';
    } else if (quoted) cell += char;
    else if (char === separator) endCell();
    else if (char === '\n') {
      endCell();
      rows.push(row);
      row = [];
    } else if (char !== '\r') cell += char;
  }
  endCell();
  return [...rows, row];
}
