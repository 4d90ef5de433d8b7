import type { Finding } from '../../../src/alert/finding';
import type { Letter } from '../../../src/alert/lane';
import type { AlertInfo, AlertState } from '../../../src/shared/messages';

export function finding(changes: Partial<Finding> = {}): Finding {
  return {
    key: 'gate/loitering',
    camera: 'gate',
    cameraName: 'Gate 2',
    rule: 'loitering',
    subject: '',
    zones: [],
    timeZone: '',
    since: 1000,
    time: 61_000,
    heldMs: 60_000,
    confidence: 0.9,
    reason: '',
    timeline: '',
    picture: null,
    ...changes,
  };
}

export function alertInfo(changes: Partial<AlertInfo> = {}): AlertInfo {
  return {
    id: 'a',
    key: 'gate/loitering',
    state: 'raised',
    severity: 'warning',
    since: 1000,
    count: 1,
    ...changes,
  };
}

export function letter(id: string, count: number, state: AlertState, at: number): Letter {
  return { alert: alertInfo({ id, count, state }), finding: finding(), at, tries: 0 };
}
