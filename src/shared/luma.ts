/**
 * Size of the brightness plane that travels with a frame, in pixels: 16:9, 0.5 ms of ffmpeg's time, and a person who
 * fills a twentieth of the height still covers a few pixels (reference, llm-and-selection §4).
 */
export const LUMA_WIDTH = 160;
export const LUMA_HEIGHT = 90;
/** Its bytes too: one a pixel. */
export const LUMA_PIXELS = LUMA_WIDTH * LUMA_HEIGHT;
