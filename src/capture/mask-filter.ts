import { type MaskBox, maskBoxes } from './mask-boxes';
import type { PrivacyMask } from './privacy-mask';

/**
 * Chains of filters that cover masks, for ffmpeg 4.1 and later.
 *
 * All is covered in black at full size, before anything is scaled, so that no pixel beside a mask holds a part of what
 * is under it; that also covers pixels and blocks of colour that a mask only touches. For `blur` a second copy of the
 * picture is made unrecognisable and laid over the black. ffmpeg builds the graph anew when the size of the stream
 * changes, and the rectangles are fractions of that size.
 *
 * @param scale the filter that gives the picture its final size
 * @returns a chain from the decoded picture to the scaled and masked one
 */
export function scaledWithMasks(masks: readonly PrivacyMask[], scale: string): string {
  if (masks.length === 0) return scale;
  const boxesOf = (wanted: PrivacyMask['style']) =>
    maskBoxes(
      masks.filter(({ style }) => style === wanted),
      masks.length,
    );
  const [black, blurred] = [boxesOf('black'), boxesOf('blur')];
  const covered = [EIGHT_BITS, ...draw(black, 'black')];
  if (blurred.length === 0) return [...covered, scale].join(',');
  return [
    `${[...covered, 'split'].join(',')}[clear][hidden]`,
    `[clear]${[...draw(blurred, 'black'), scale].join(',')}[covered]`,
    `[hidden]${scale},split[sharp][outline]`,
    `[sharp]${BLUR}[rough]`,
    // Red on black, so that each of the three planes tells what is inside.
    `[outline]${['lutyuv=y=16:u=128:v=128', ...draw(blurred, 'red'), ...draw(black, 'black'), INSIDE].join(',')}[where]`,
    '[covered][rough][where]maskedmerge',
  ].join(';');
}

/** What the filters below can work on, in the range that the picture has already. */
const EIGHT_BITS = 'format=yuv420p|yuvj420p';
/**
 * Three passes with a window of a tenth of the height: what is smaller than that window is weakened to less than one
 * step of 8 bits, and so it is not in the picture any more. Someone who must not be recognised for certain is covered black.
 */
const BLUR = "boxblur=luma_radius='max(1,min(w,h)/20)':luma_power=3";
/** Red is 54 to 81, 85 to 102 and 240 or 255 in the planes, by colour space and range; the ground 16, 128, 128. */
const INSIDE = "lutyuv=y='if(gt(val,35),255,0)':u='if(lt(val,115),255,0)':v='if(gt(val,184),255,0)'";

function draw(boxes: MaskBox[], color: 'black' | 'red'): string[] {
  return boxes.map(
    // Left, top, width, height. `iw` and not `w`, which is the width of the box in this filter.
    ({ left, top, right, bottom }) =>
      `drawbox=floor(${left}*iw):floor(${top}*ih):ceil(${right}*iw)-x:ceil(${bottom}*ih)-y:${color}:fill`,
  );
}
