/** Bytes in arrival order, taken off the front without copying what stays. */
export class ByteQueue {
  readonly #chunks: Uint8Array[] = [];
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** @param data One buffer, or a list of buffers such as libp2p delivers. */
  push(data: Uint8Array | Iterable<Uint8Array>): void {
    for (const chunk of data instanceof Uint8Array ? [data] : data) {
      if (chunk.length === 0) continue;
      this.#chunks.push(chunk);
      this.#length += chunk.length;
    }
  }

  /** A copy of the first `length` bytes, or undefined when there are fewer. */
  peek(length: number): Uint8Array | undefined {
    if (this.#length < length) return undefined;
    const result = new Uint8Array(length);
    let offset = 0;
    for (const chunk of this.#chunks) {
      const part = chunk.subarray(0, length - offset);
      result.set(part, offset);
      offset += part.length;
      if (offset === length) break;
    }
    return result;
  }

  /** Removes and returns the first `length` bytes, or undefined when there are fewer. */
  take(length: number): Uint8Array | undefined {
    const result = this.peek(length);
    if (result === undefined) return undefined;
    let left = length;
    while (left > 0) {
      const chunk = this.#chunks[0];
      if (chunk === undefined) break;
      if (chunk.length > left) this.#chunks[0] = chunk.subarray(left);
      else this.#chunks.shift();
      left -= Math.min(left, chunk.length);
    }
    this.#length -= length;
    return result;
  }
}
