import type { FeedbackLabel } from '../alert/label-file';
import type { LabelledEvent } from './labels';

/** What part of the world a recording shows. */
export interface Recorded {
  /** Id of the camera; null where labels of any camera count. */
  camera: string | null;
  /** When it begins, epoch milliseconds. */
  start: number;
  /** null where it is not known. */
  lengthS: number | null;
}

/** Whether a text is what alert-gate keeps of feedback: a line of JSON for each. */
export function isFeedback(text: string): boolean {
  return readLine(text.split('\n', 1)[0] ?? '') !== null;
}

/**
 * What people have said of alerts, as events of a recording. `right`: it was there and was to be told. `wrong`: it was
 * not there, so there is no event, and an alert for it is a false one. A later line about an alert counts in place of
 * an earlier one; lines that cannot be read, as a killed process leaves one, are passed over.
 */
export function feedbackEvents(text: string, { camera, start, lengthS }: Recorded): LabelledEvent[] {
  const newest = new Map<string, FeedbackLabel>();
  for (const line of text.split('\n')) {
    const label = readLine(line);
    if (label) newest.set(label.alert, label);
  }
  return [...newest.values()]
    .filter((label) => label.verdict === 'right' && (camera === null || label.camera === camera))
    .map(({ label, start: from, end }) => ({
      label: label.slice(0, 100),
      start: Math.max(0, seconds(from - start / 1000)),
      end: seconds(end - start / 1000),
      alert: true,
    }))
    .filter(({ start: from, end }) => end >= 0 && (lengthS === null || from < lengthS));
}

function readLine(line: string): FeedbackLabel | null {
  try {
    const { alert, verdict, label, camera, start, end } = JSON.parse(line) as Partial<FeedbackLabel>;
    const areTexts = [alert, label, camera].every((one) => typeof one === 'string');
    const areTimes = Number.isFinite(start) && Number.isFinite(end);
    const isSaid = verdict === 'right' || verdict === 'wrong';
    return areTexts && areTimes && isSaid ? (JSON.parse(line) as FeedbackLabel) : null;
  } catch {
    return null;
  }
}

function seconds(value: number): number {
  return Math.round(value * 1000) / 1000;
}
