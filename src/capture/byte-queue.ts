/** Bytes that came in pieces and are taken in other pieces. */
export class ByteQueue {
  #chunks: Buffer[] = [];
  #length = 0;

  /** Bytes that wait. */
  get length(): number {
    return this.#length;
  }

  push(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#length += chunk.length;
  }

  /** Takes the first `count` bytes as a Buffer of their own memory; null where there are not so many yet. */
  take(count: number): Buffer | null {
    if (count > this.#length) return null;
    const out = Buffer.allocUnsafeSlow(count);
    let filled = 0;
    let used = 0;
    while (filled < count) {
      const chunk = this.#chunks[used] as Buffer;
      const part = Math.min(chunk.length, count - filled);
      chunk.copy(out, filled, 0, part);
      filled += part;
      if (part === chunk.length) used++;
      else this.#chunks[used] = chunk.subarray(part);
    }
    this.#chunks.splice(0, used);
    this.#length -= count;
    return out;
  }
}
