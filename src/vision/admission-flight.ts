import type { AdmissionEvent, AdmissionOptions, AdmissionOutput, AdmissionState } from './admission-state';
import * as money from './budget';
import { judge } from './judge';
import type { Candidate, Flight } from './lane';

/** What happens to the call of a lane that is under way. */
export function changeFlight(
  state: AdmissionState,
  event: Extract<AdmissionEvent, { lane: string; id: number }>,
  now: number,
  options: AdmissionOptions,
  outputs: AdmissionOutput[],
): void {
  const lane = state.lanes.get(event.lane);
  // The call may have been superseded or dropped: what is in its place is not its to change.
  if (lane?.flight?.candidate.id !== event.id) return;
  const { flight, waiting } = lane;
  const { candidate } = flight;
  const setPhase = (phase: Flight['phase'], of = candidate) =>
    state.lanes.set(event.lane, { flight: { ...flight, candidate: of, phase }, waiting });
  const end = () => {
    if (waiting.length > 0) state.lanes.set(event.lane, { flight: null, waiting });
    else state.lanes.delete(event.lane);
  };
  switch (event.type) {
    case 'attempted':
      state.budget = money.settleCost(state.budget, candidate.cost, event.spent);
      judge(state, flight, event.end, now, options);
      return void setPhase('backingOff');
    case 'again':
      if (waiting.length === 0 || candidate.pinned) {
        // What the first answer has cost is spent: it is worth having in its form, however long it took to come.
        const ageless = { ...candidate, askBy: Number.POSITIVE_INFINITY };
        return void setPhase('ready', event.isRepair ? ageless : candidate);
      }
      // While it waited, a newer picture has come that is worth more than another try.
      outputs.push({ type: 'drop', id: candidate.id, reason: 'superseded' });
      end();
      return;
    case 'elsewhere':
      unsent(state, flight, now, options);
      return void setPhase('elsewhere');
    case 'end':
      unsent(state, flight, now, options);
      end();
      if (event.isTooLate) sendNext(state, event.lane, now, outputs);
  }
}

/** What the other endpoint could not be asked about any more, it is asked about the next picture of the lane. */
function sendNext(state: AdmissionState, name: string, now: number, outputs: AdmissionOutput[]): void {
  const waiting = state.lanes.get(name)?.waiting ?? [];
  const next = waiting.find((one) => one.askBy >= now);
  if (!next) return;
  state.lanes.set(name, { flight: elsewhere(next, now), waiting: waiting.filter((one) => one !== next) });
  outputs.push({ type: 'divert', id: next.id, reason: 'blocked' });
}

/** Where the slot for another attempt came when the call was just over: nothing was sent, so nothing is to be paid. */
function unsent(state: AdmissionState, flight: Flight, now: number, options: AdmissionOptions): void {
  if (flight.phase !== 'asking') return;
  state.budget = money.settleCost(state.budget, flight.candidate.cost, 0);
  judge(state, flight, { kind: 'other' }, now, options);
}

/** Another endpoint is asked about it: that needs no slot here, but its lane is taken. */
export function elsewhere(candidate: Candidate, now: number): Flight {
  return { candidate, phase: 'elsewhere', startedAt: now };
}
