/**
 * Counts the broken pictures that ffmpeg tells of. Versions differ (measured with damaged H.264): 5.1 and 7.1 print
 * "corrupt decoded frame" once a picture, as a warning; 4.1 does not, but like all prints the decoder's own lines, of
 * which one picture may have several. So those count only while a version has not shown the better line.
 */
export class BrokenPictures {
  #pictures = 0;
  #hints = 0;
  #tellsPictures = false;

  /** @param line one line that ffmpeg printed */
  look(line: string): void {
    if (PICTURE.test(line)) {
      this.#tellsPictures = true;
      this.#pictures++;
    } else if (HINT.test(line)) {
      this.#hints++;
    }
  }

  get hasSome(): boolean {
    return this.#pictures + this.#hints > 0;
  }

  /** Pictures since the last call. */
  take(): number {
    const count = this.#tellsPictures ? this.#pictures : this.#hints;
    this.#pictures = 0;
    this.#hints = 0;
    return count;
  }
}

/** One line for each picture that came out broken. */
const PICTURE = /corrupt decoded frame/;
/**
 * Lines of the decoders: a damaged slice, a picture that gave nothing, one that is patched up, one whose neighbour is
 * missing. Lost packets ("RTP: missed 3 packets") are not among them: the feed counts those.
 */
const HINT =
  /error while decoding MB|concealing \d+|Invalid NAL unit size|decode_slice_header error|no frame!|Error (while decoding stream|submitting packet to decoder)|Could not find ref with POC|cu_qp_delta|mjpeg_decode_dc|invalid JPEG/i;
