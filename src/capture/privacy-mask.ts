/** A part of a camera's picture that is never shown: it is covered inside ffmpeg, before a pixel leaves it. */
export interface PrivacyMask {
  /** Corners of a polygon, 3 to 50, as fractions of the picture's width and height: 0 to 1 from left and top. */
  points: [number, number][];
  /** `black`: nothing is seen; `blur`: rough colours and light, no detail. */
  style: 'black' | 'blur';
}
