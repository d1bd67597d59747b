const INITIAL_BYTES = 16 * 1024;
/** Longer strings are left to the engine's own encoder, which is faster above this. */
const ASCII_LOOP_MAX = 48;
/** Longer ranges are copied by the engine, which is faster above this. */
const COPY_LOOP_MAX = 128;
/** Reserved for the length of a nested message: enough from 128 bytes to 16 KiB, otherwise the message is moved. */
const NESTED_LENGTH_BYTES = 2;

/** Keeps messages. */
export interface Memory {
  allocate(length: number): Uint8Array;
}

const NOTHING = Buffer.alloc(0);
const SHORT_LIVED: Memory = { allocate: Buffer.allocUnsafe };

/**
 * Writes protobuf messages one after the other into the same memory.
 *
 * Events are many and small, and the writer of protobufjs, which makes an object per field, costs several times as much. So
 * each message is written from `begin` to `finish` into one buffer that only grows, and `finish` returns a copy. What is sent from where
 * it was written goes from `beginIn` to `release`, which gives the memory away.
 * Invariants: one message at a time; every `put` has reserved its bytes before.
 */
export class MessageWriter {
  #bytes: Buffer;
  #at = 0;

  constructor(memory = Buffer.allocUnsafe(INITIAL_BYTES)) {
    this.#bytes = memory;
  }

  /** Bytes written since `begin`. */
  get length(): number {
    return this.#at;
  }

  /** Discards whatever an error may have left half written. */
  begin(): this {
    this.#at = 0;
    return this;
  }

  /** Begins behind a gap in memory of the caller's, which is moved when it is too small. */
  beginIn(memory: Buffer, gap: number): this {
    this.#bytes = memory;
    this.#at = gap;
    return this;
  }

  /** Discards what was written behind an offset. */
  cut(length: number): this {
    this.#at = length;
    return this;
  }

  /** All memory that was written to, without a copy: it is not written to any more. */
  release(): Buffer {
    const memory = this.#bytes;
    this.#bytes = NOTHING;
    this.#at = 0;
    return memory;
  }

  /** Writes an integer from 0 to 2^53 − 1: a tag, a length or an unsigned value. */
  varint(value: number): this {
    this.#reserve(8);
    // Nearly all are tags and short lengths.
    if (value < 128) this.#bytes[this.#at++] = value;
    else this.#putVarint(value);
    return this;
  }

  /** Writes an integer inside ±(2^53 − 1) in zigzag form, in two parts, because twice its value may not fit a double. */
  sint64(value: number): this {
    const magnitude = value < 0 ? -value - 1 : value;
    const low = (magnitude % 64) * 2 + (value < 0 ? 1 : 0);
    const rest = Math.floor(magnitude / 64);
    this.#reserve(9);
    this.#bytes[this.#at++] = rest > 0 ? low | 0x80 : low;
    if (rest > 0) this.#putVarint(rest);
    return this;
  }

  double(value: number): this {
    this.#reserve(8);
    this.#at = this.#bytes.writeDoubleLE(value, this.#at);
    return this;
  }

  bool(value: boolean): this {
    return this.varint(value ? 1 : 0);
  }

  string(text: string): this {
    this.#reserve(8 + text.length * 3);
    if (text.length <= ASCII_LOOP_MAX && this.#putAscii(text)) return this;
    this.#putVarint(Buffer.byteLength(text));
    this.#at += this.#bytes.write(text, this.#at);
    return this;
  }

  bytes(value: Uint8Array): this {
    return this.varint(value.length).raw(value);
  }

  /** Writes a string without its length. */
  text(text: string): this {
    const most = text.length * 3;
    // Most texts have as many bytes as characters: memory that is large enough must not be moved for three times as many.
    this.#reserve(this.#at + most <= this.#bytes.length ? most : Buffer.byteLength(text));
    this.#at += this.#bytes.write(text, this.#at);
    return this;
  }

  /** Writes bytes without their length. */
  raw(value: Uint8Array): this {
    this.#reserve(value.length);
    this.#bytes.set(value, this.#at);
    this.#at += value.length;
    return this;
  }

  /** Copies a range of other bytes. */
  copy(source: Uint8Array, start: number, end: number): this {
    if (end - start > COPY_LOOP_MAX) return this.raw(source.subarray(start, end));
    this.#reserve(end - start);
    const bytes = this.#bytes;
    let at = this.#at;
    for (let i = start; i < end; i++) bytes[at++] = source[i] as number;
    this.#at = at;
    return this;
  }

  /** Begins a nested message behind its tag; `close` writes its length. */
  open(): number {
    this.#reserve(NESTED_LENGTH_BYTES);
    this.#at += NESTED_LENGTH_BYTES;
    return this.#at;
  }

  /** Ends the message that `open` began. */
  close(start: number): this {
    const length = this.#at - start;
    const lengthBytes = length < 128 ? 1 : length < 16_384 ? 2 : length < 2_097_152 ? 3 : 4;
    if (lengthBytes !== NESTED_LENGTH_BYTES) {
      this.#reserve(lengthBytes);
      this.#bytes.copyWithin(start - NESTED_LENGTH_BYTES + lengthBytes, start, this.#at);
    }
    this.#at = start - NESTED_LENGTH_BYTES;
    this.#putVarint(length);
    this.#at += length;
    return this;
  }

  /** A copy of the message, in memory of its owner or in the pool of short-lived buffers. */
  finish(memory: Memory = SHORT_LIVED): Uint8Array {
    const message = memory.allocate(this.#at);
    this.#bytes.copy(message, 0, 0, this.#at);
    return message;
  }

  /** View of the bytes written between two offsets; valid until the next call. */
  between(start: number, end: number): Uint8Array {
    return this.#bytes.subarray(start, end);
  }

  #putVarint(value: number): void {
    const bytes = this.#bytes;
    let at = this.#at;
    let rest = value;
    while (rest > 0x7fffffff) {
      bytes[at++] = (rest % 128) | 0x80;
      rest = Math.floor(rest / 128);
    }
    while (rest > 127) {
      bytes[at++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    bytes[at++] = rest;
    this.#at = at;
  }

  /** False, with nothing written, when the string is not ASCII. */
  #putAscii(text: string): boolean {
    const bytes = this.#bytes;
    const start = this.#at + 1;
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i);
      if (code > 127) return false;
      bytes[start + i] = code;
    }
    bytes[this.#at] = text.length;
    this.#at = start + text.length;
    return true;
  }

  #reserve(length: number): void {
    if (this.#at + length <= this.#bytes.length) return;
    const grown = Buffer.allocUnsafe(Math.max(this.#bytes.length * 2, this.#at + length));
    this.#bytes.copy(grown, 0, 0, this.#at);
    this.#bytes = grown;
  }
}
