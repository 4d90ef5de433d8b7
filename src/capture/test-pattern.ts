/** Seconds of one round: empty, walking in, standing, walking out, empty again. */
export const PATTERN_ROUND_S = 40;

const SIZE = { width: 640, height: 360 };
const FIGURE = { width: 56, height: 170, headSize: 36 };

/**
 * The drawn scene as the input of ffmpeg's `lavfi` device: a room in which a figure walks in after 6 s, stands for
 * 20 s and leaves, every 40 s. Uses only sources and filters that ffmpeg has had since 4.0, and no font.
 *
 * @param fps frames a second
 */
export function patternGraph(fps: number): string {
  const { width, height } = SIZE;
  const floorY = 230;
  const standX = 300;
  // Seconds into the round: in at 6, at the table at 9, off at 29, gone at 32.
  const t = `mod(t,${PATTERN_ROUND_S})`;
  const x =
    `if(lt(${t},6),-200,if(lt(${t},9),-80+(${t}-6)*${(standX + 80) / 3},` +
    `if(lt(${t},29),${standX}+4*sin(${t}*1.3),if(lt(${t},32),${standX}+(${t}-29)*${(width - standX) / 3},-200))))`;
  const y = 90;
  const color = (name: string, w: number, h: number) => `color=c=${name}:s=${w}x${h}:r=${fps}`;
  const overlay = (dx: number, dy: number) => `overlay=x='${x}+${dx}':y=${y + dy}:eval=frame`;
  return [
    `${color('0xB8B2A6', width, height)},drawbox=x=0:y=${floorY}:w=${width}:h=${height - floorY}:color=0x7A6E5E:t=fill,` +
      'drawbox=x=40:y=70:w=90:h=160:color=0x8C6B4A:t=fill,drawbox=x=470:y=60:w=110:h=80:color=0xDCE6EC:t=fill,' +
      'drawbox=x=390:y=210:w=150:h=12:color=0x5B4636:t=fill,drawbox=x=400:y=222:w=8:h=70:color=0x5B4636:t=fill,' +
      'drawbox=x=522:y=222:w=8:h=70:color=0x5B4636:t=fill[room]',
    `${color('0x2C4A7C', FIGURE.width, FIGURE.height - 70)}[body]`,
    `${color('0x20262E', FIGURE.width - 8, 70)}[legs]`,
    `${color('0xD9A97C', FIGURE.headSize, FIGURE.headSize)}[head]`,
    `[room][body]${overlay(0, 36)}[a]`,
    `[a][legs]${overlay(4, FIGURE.height - 34)}[b]`,
    `[b][head]${overlay(10, 0)}`,
  ].join(';');
}
