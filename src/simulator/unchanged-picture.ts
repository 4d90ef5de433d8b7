import { BitReader, BitWriter } from './bits';

/** What of the parameter sets a slice header depends on. */
interface SliceSyntax {
  frameNumBits: number;
  /** 0 where the order of the pictures follows from their numbers. */
  orderBits: number;
  hasBottomOrder: boolean;
  ppsId: number;
  hasDeblocking: boolean;
  hasRedundant: boolean;
  macroblocks: number;
}

/** nal_ref_idc 2, nal_unit_type 1: a slice of a P picture that others refer to. */
const P_SLICE_HEADER = 0x41;
const P_SLICES_ONLY = 5;

/**
 * Makes P pictures in which every macroblock is skipped: they show the picture before them, and take a few bytes. That
 * is what an encoder sends whose input has stopped.
 *
 * @param sps of H.264, as the encoders of the simulator make it: Baseline or Main, progressive
 * @returns the slice with the given number since the last keyframe, 1 and more; undefined for video that is coded in
 *   another way (CABAC, weighted prediction, High profile)
 */
export function unchangedPictures(sps: Buffer, pps: Buffer): ((number: number) => Buffer) | undefined {
  const syntax = sliceSyntax(sps, pps);
  return syntax && ((number) => skippedSlice(syntax, number));
}

/** ITU-T H.264, sections 7.3.3 and 7.3.4. */
function skippedSlice(syntax: SliceSyntax, number: number): Buffer {
  const slice = new BitWriter().ue(0).ue(P_SLICES_ONLY).ue(syntax.ppsId);
  slice.bits(number % 2 ** syntax.frameNumBits, syntax.frameNumBits);
  slice.bits((2 * number) % 2 ** syntax.orderBits, syntax.orderBits);
  if (syntax.hasBottomOrder) slice.ue(0);
  if (syntax.hasRedundant) slice.ue(0);
  // The default number of references, in their default order, none of them forgotten by command; no change of QP.
  slice.bits(0, 3).ue(0);
  if (syntax.hasDeblocking) slice.ue(1);
  return slice.ue(syntax.macroblocks).nal(P_SLICE_HEADER);
}

const BASELINE = 66;
const MAIN = 77;

/** ITU-T H.264, sections 7.3.2.1 and 7.3.2.2. */
function sliceSyntax(sps: Buffer, pps: Buffer): SliceSyntax | undefined {
  const s = new BitReader(sps.subarray(1));
  const profile = s.bits(8);
  s.bits(16);
  s.ue();
  if (profile !== BASELINE && profile !== MAIN) return undefined;
  const frameNumBits = s.ue() + 4;
  const orderType = s.ue();
  const orderBits = orderType === 0 ? s.ue() + 4 : 0;
  s.ue();
  s.flag();
  const macroblocks = (s.ue() + 1) * (s.ue() + 1);
  const isProgressive = s.flag();

  const p = new BitReader(pps.subarray(1));
  const ppsId = p.ue();
  p.ue();
  const isCabac = p.flag();
  const hasBottomOrder = p.flag() && orderType === 0;
  const hasSliceGroups = p.ue() > 0;
  p.ue();
  p.ue();
  const isWeighted = p.flag();
  p.bits(2);
  for (let skipped = 0; skipped < 3; skipped += 1) p.se();
  const hasDeblocking = p.flag();
  p.flag();
  const hasRedundant = p.flag();

  if (orderType === 1 || !isProgressive || isCabac || hasSliceGroups || isWeighted) return undefined;
  return { frameNumBits, orderBits, hasBottomOrder, ppsId, hasDeblocking, hasRedundant, macroblocks };
}
