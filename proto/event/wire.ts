/**
 * Walks the fields of a protobuf message without decoding any value: after `next()` the current field is
 * `bytes[start..end)`, its number is `number`, and its value begins at `valueStart` (behind the length of a string).
 */
export class WireCursor {
  number = 0;
  wireType = 0;
  start = 0;
  valueStart = 0;
  end = 0;

  constructor(readonly bytes: Uint8Array) {}

  /** False at the end. Throws WireError when the bytes are not a message. */
  next(): boolean {
    const { bytes } = this;
    if (this.end >= bytes.length) return false;
    this.start = this.end;
    const tag = this.#varint();
    this.number = tag >>> 3;
    this.wireType = tag & 7;
    this.#skipValue();
    if (this.end > bytes.length) throw new WireError('a field is longer than its message');
    return true;
  }

  #skipValue(): void {
    this.valueStart = this.end;
    switch (this.wireType) {
      case 0:
        this.#skipVarint();
        break;
      case 1:
        this.end += 8;
        break;
      case 2: {
        const length = this.#varint();
        this.valueStart = this.end;
        this.end += length;
        break;
      }
      case 5:
        this.end += 4;
        break;
      default:
        throw new WireError(`wire type ${this.wireType} is not used`);
    }
  }

  /** Reads a tag or a length, which has at most five bytes. */
  #varint(): number {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.bytes[this.end++];
      if (byte === undefined) throw new WireError('the message ends inside a number');
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value >>> 0;
    }
    throw new WireError('a number has too many bytes');
  }

  #skipVarint(): void {
    for (let i = 0; i < 10; i++) {
      const byte = this.bytes[this.end++];
      if (byte === undefined) throw new WireError('the message ends inside a number');
      if (byte < 0x80) return;
    }
    throw new WireError('a number has too many bytes');
  }
}

export class WireError extends Error {
  override readonly name = 'WireError';
}
