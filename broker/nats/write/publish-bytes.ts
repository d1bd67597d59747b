import { StoreRefusedError } from '../store-errors.js';

/** Subject, reply, headers and framing of a message have about so many bytes; more make the memory grow. */
const BYTES_BESIDE_DATA = 256;
const UTF8_BYTES_PER_UNIT_MAX = 3;
/** Longer strings are left to the engine's own encoder, which is faster above this. */
const ASCII_LOOP_MAX = 96;
/** Digits of the two lengths of a message, which are known when its headers are written: leading zeros are read as digits. */
const LENGTH_DIGITS = 8;
const NO_LENGTH = '0'.repeat(LENGTH_DIGITS);
const ZERO = 0x30;

/**
 * Publishes in the NATS protocol, one behind the other in one piece of memory: `open`, `header` for each, `close`; or `plain`.
 *
 * The client makes five buffers of a message and copies each into the one that it writes. A commit has a thousand messages, so
 * its bytes are made here, once and without a string or an object for a message, and the client sends them as they are.
 */
export class PublishBytes {
  #bytes: Buffer;
  #at = 0;
  /** Where the two lengths of the open message end, and its headers begin. */
  #headStart = 0;

  /** `payloadMax`: bytes of headers and data of one message that the server takes. */
  constructor(
    private readonly payloadMax: number,
    messages: number,
    dataBytes: number,
  ) {
    this.#bytes = Buffer.allocUnsafe(messages * BYTES_BESIDE_DATA + dataBytes);
  }

  /** Adds a message without headers. */
  plain(subject: string, reply: string, data: Uint8Array): this {
    this.#requireSize(data.length);
    this.#put('PUB ').#put(subject).#put(' ');
    if (reply !== '') this.#put(reply).#put(' ');
    return this.#put(String(data.length)).#put('\r\n').#data(data);
  }

  /** Begins a message with headers; `reply` is the subject of its acknowledgement, empty for none. */
  open(subject: string, reply: string): this {
    this.#put('HPUB ').#put(subject).#put(' ');
    if (reply !== '') this.#put(reply).#put(' ');
    this.#put(NO_LENGTH).#put(' ').#put(NO_LENGTH).#put('\r\n');
    this.#headStart = this.#at;
    return this.#put('NATS/1.0\r\n');
  }

  header(name: string, value: string | number): this {
    return this.#put(name).#put(': ').#put(String(value)).#put('\r\n');
  }

  /** Ends the message. Throws StoreRefusedError when it is too large. */
  close(data: Uint8Array): this {
    this.#put('\r\n');
    const headBytes = this.#at - this.#headStart;
    const payload = headBytes + data.length;
    this.#requireSize(payload);
    this.#putLength(headBytes, this.#headStart - LENGTH_DIGITS - '\r\n'.length - ' '.length);
    this.#putLength(payload, this.#headStart - '\r\n'.length);
    return this.#data(data);
  }

  /** Nothing may be added afterwards: the bytes are not copied. */
  finish(): Uint8Array {
    return this.#bytes.subarray(0, this.#at);
  }

  #requireSize(payload: number): void {
    if (payload > this.payloadMax) throw new StoreRefusedError(10054, 'the message is larger than the server takes');
  }

  #data(data: Uint8Array): this {
    this.#reserve(data.length);
    this.#bytes.set(data, this.#at);
    this.#at += data.length;
    return this.#put('\r\n');
  }

  #put(text: string): this {
    this.#reserve(text.length * UTF8_BYTES_PER_UNIT_MAX);
    if (text.length > ASCII_LOOP_MAX || !this.#putAscii(text)) this.#at += this.#bytes.write(text, this.#at);
    return this;
  }

  /** False, with nothing written, when the string is not ASCII. */
  #putAscii(text: string): boolean {
    const bytes = this.#bytes;
    const start = this.#at;
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i);
      if (code > 127) return false;
      bytes[start + i] = code;
    }
    this.#at = start + text.length;
    return true;
  }

  #putLength(length: number, end: number): void {
    const bytes = this.#bytes;
    for (let at = end - 1, rest = length; rest > 0; at--) {
      bytes[at] = ZERO + (rest % 10);
      rest = Math.floor(rest / 10);
    }
  }

  #reserve(length: number): void {
    if (this.#at + length <= this.#bytes.length) return;
    const grown = Buffer.allocUnsafe(Math.max(this.#bytes.length * 2, this.#at + length));
    this.#bytes.copy(grown, 0, 0, this.#at);
    this.#bytes = grown;
  }
}
