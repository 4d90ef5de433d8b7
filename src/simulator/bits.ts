/** Reads the bits of a NAL unit behind its header: ITU-T H.264, sections 7.2 and 9.1. */
export class BitReader {
  readonly #bytes: Buffer;
  #at = 0;

  /** @param payload without the header byte; emulation prevention bytes are taken out */
  constructor(payload: Buffer) {
    const kept: number[] = [];
    let zeros = 0;
    for (const byte of payload) {
      const isEscape = byte === 3 && zeros >= 2;
      if (!isEscape) kept.push(byte);
      zeros = byte === 0 ? zeros + 1 : 0;
    }
    this.#bytes = Buffer.from(kept);
  }

  /** @throws beyond the end */
  bits(count: number): number {
    let value = 0;
    for (let index = 0; index < count; index += 1) {
      const byte = this.#bytes[this.#at >> 3];
      if (byte === undefined) throw new Error('The NAL unit ends early.');
      value = value * 2 + ((byte >> (7 - (this.#at & 7))) & 1);
      this.#at += 1;
    }
    return value;
  }

  flag(): boolean {
    return this.bits(1) === 1;
  }

  /** Exp-Golomb, without sign. */
  ue(): number {
    let zeros = 0;
    while (!this.flag()) zeros += 1;
    return 2 ** zeros - 1 + this.bits(zeros);
  }

  /** Exp-Golomb, with sign. */
  se(): number {
    const code = this.ue();
    return code % 2 === 1 ? (code + 1) / 2 : -code / 2;
  }
}

/** Writes bits as {@link BitReader} reads them. */
export class BitWriter {
  #bits = '';

  bits(value: number, count: number): this {
    if (count > 0) this.#bits += value.toString(2).padStart(count, '0').slice(-count);
    return this;
  }

  ue(value: number): this {
    const code = (value + 1).toString(2);
    this.#bits += '0'.repeat(code.length - 1) + code;
    return this;
  }

  /** A NAL unit: the header byte, the bits with the stop bit, and the emulation prevention bytes. */
  nal(header: number): Buffer {
    const bits = `${this.#bits}1`;
    const padded = bits.padEnd(Math.ceil(bits.length / 8) * 8, '0');
    const bytes = [header];
    let zeros = 0;
    for (let at = 0; at < padded.length; at += 8) {
      const byte = Number.parseInt(padded.slice(at, at + 8), 2);
      if (zeros >= 2 && byte <= 3) {
        bytes.push(3);
        zeros = 0;
      }
      bytes.push(byte);
      zeros = byte === 0 ? zeros + 1 : 0;
    }
    return Buffer.from(bytes);
  }
}
