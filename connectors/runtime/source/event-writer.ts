import { isUtf8 } from 'node:buffer';
import type { SourceEvent } from '../../../proto/event/event.js';

/** Small enough that an event which is kept for long keeps little else. */
const BLOCK_BYTES = 64 * 1024;
/** Longer ranges are copied by the engine, which is faster above this. */
const COPY_LOOP_MAX = 48;
const UTF8_BYTES_PER_UNIT_MAX = 3;
const COMMA = 0x2c;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const SPACE = 0x20;
const DELETE = 0x7f;

/**
 * An event as JSON in UTF-8, written by its source. Thousands wait at a time, and the collector copies each of their objects again and
 * again: so it has few of them, and what it is asked for now and then is read from the bytes.
 */
export class WrittenEvent {
  constructor(
    readonly type: string,
    public subject: string | undefined,
    readonly block: Buffer,
    readonly start: number,
    readonly end: number,
  ) {}

  get text(): string {
    return this.block.toString('utf8', this.start, this.end);
  }

  get id(): string {
    return this.#parsed.id;
  }

  get sourceposition(): string | undefined {
    return this.#parsed.sourceposition;
  }

  get #parsed(): SourceEvent {
    return JSON.parse(this.text) as SourceEvent;
  }

  /** With the comma behind it. */
  get bytes(): number {
    return this.end - this.start + 1;
  }
}

/**
 * Writes events as JSON, each behind the comma of the one before it, so that those of one block are sent as they lie.
 *
 * An object for each event, with a string for each value, and a text of it cost more than all else that a connector does with a row; half
 * of that was collecting them as garbage. Here a value goes from the bytes of the source to those of the frame.
 * Invariants: one event at a time, from `begin` to `end`; bytes are reserved before they are written; what was written is not changed.
 */
export class EventWriter {
  #block = Buffer.alloc(0);
  #start = 0;
  #at = 0;

  begin(): this {
    this.#start = this.#at;
    return this;
  }

  end(type: string, subject?: string): WrittenEvent {
    const event = new WrittenEvent(type, subject, this.#block, this.#start, this.#at);
    this.#start = this.#at;
    this.#reserve(1);
    this.#block[this.#at++] = COMMA;
    return event;
  }

  /** Writes JSON as it is, from the given byte on. */
  raw(bytes: Uint8Array, from = 0): this {
    const length = bytes.length - from;
    this.#reserve(length);
    if (length > COPY_LOOP_MAX) {
      this.#block.set(from === 0 ? bytes : bytes.subarray(from), this.#at);
      this.#at += length;
      return this;
    }
    const block = this.#block;
    let at = this.#at;
    for (let i = from; i < bytes.length; i++) block[at++] = bytes[i] as number;
    this.#at = at;
    return this;
  }

  /** Writes JSON as it is. */
  json(text: string): this {
    this.#reserve(text.length * UTF8_BYTES_PER_UNIT_MAX);
    this.#at += this.#block.write(text, this.#at);
    return this;
  }

  /** Writes short ASCII as it is. */
  ascii(text: string): this {
    this.#reserve(text.length);
    const block = this.#block;
    let at = this.#at;
    for (let i = 0; i < text.length; i++) block[at++] = text.charCodeAt(i);
    this.#at = at;
    return this;
  }

  /** Writes a whole number that is not negative. */
  number(value: number): this {
    return this.ascii(String(value));
  }

  /** Writes a string as a value of JSON. */
  string(text: string): this {
    this.#reserve(text.length + 2);
    const block = this.#block;
    let at = this.#at;
    block[at++] = QUOTE;
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i);
      if (code < SPACE || code === QUOTE || code === BACKSLASH || code >= DELETE)
        return this.json(JSON.stringify(text));
      block[at++] = code;
    }
    block[at++] = QUOTE;
    this.#at = at;
    return this;
  }

  /** Writes a range of UTF-8 as a string of JSON; in place of what is no UTF-8 stands U+FFFD. */
  utf8(source: Buffer, start: number, end: number): this {
    this.#reserve(end - start + 2);
    const block = this.#block;
    let at = this.#at;
    let isAscii = true;
    block[at++] = QUOTE;
    for (let i = start; i < end; i++) {
      const byte = source[i] as number;
      if (byte < SPACE || byte === QUOTE || byte === BACKSLASH) return this.string(source.toString('utf8', start, end));
      if (byte > DELETE) isAscii = false;
      block[at++] = byte;
    }
    if (!isAscii && !isUtf8(source.subarray(start, end))) return this.string(source.toString('utf8', start, end));
    block[at++] = QUOTE;
    this.#at = at;
    return this;
  }

  /** An event that does not fit goes to a new block, with what was written of it. */
  #reserve(length: number): void {
    if (this.#at + length <= this.#block.length) return;
    const written = this.#at - this.#start;
    const block = Buffer.allocUnsafeSlow(Math.max(BLOCK_BYTES, (written + length) * 2));
    this.#block.copy(block, 0, this.#start, this.#at);
    this.#block = block;
    this.#start = 0;
    this.#at = written;
  }
}
