import { type ItemField, wireScalar } from '../../../proto/item-field.js';
import { Reader, Writer } from '../../../proto/protobuf.js';
import { readScalar } from '../../../proto/record.js';
import { WireCursor } from '../../../proto/wire.js';
import type { TextTransform } from './transform.js';

export interface TransformedField {
  /** The item as stored. */
  field: ItemField;
  transform: TextTransform;
}

/**
 * Cuts a stored record down to the granted items by copying their bytes: what is not granted is never decoded and
 * never copied, and a number that the projection does not know is not sent.
 */
export class Projection {
  /** Indexed by item number. */
  readonly #plain: boolean[] = [];
  readonly #transformed: (TransformedField | undefined)[] = [];

  constructor(plain: Iterable<number>, transformed: Iterable<TransformedField>) {
    for (const number of plain) this.#plain[number] = true;
    for (const one of transformed) this.#transformed[one.field.number] = one;
  }

  project(record: Uint8Array): Uint8Array {
    const cursor = new WireCursor(record);
    const parts: Uint8Array[] = [];
    // Neighbouring granted fields are copied as one range.
    let rangeStart = -1;
    while (cursor.next()) {
      if (this.#plain[cursor.number] === true) {
        if (rangeStart < 0) rangeStart = cursor.start;
        continue;
      }
      if (rangeStart >= 0) parts.push(record.subarray(rangeStart, cursor.start));
      rangeStart = -1;
      const transformed = this.#transformed[cursor.number];
      if (transformed) parts.push(transformField(cursor, transformed));
    }
    if (rangeStart >= 0) parts.push(record.subarray(rangeStart));
    return parts.length === 1 ? (parts[0] as Uint8Array) : Buffer.concat(parts);
  }
}

/** A transformed item keeps its number and is delivered as text, element by element in a list. */
function transformField(cursor: WireCursor, { field, transform }: TransformedField): Uint8Array {
  const text = transform(textOf(cursor, field));
  return Writer.create()
    .uint32((field.number << 3) | 2)
    .string(text)
    .finish();
}

function textOf(cursor: WireCursor, field: ItemField): string {
  const reader = Reader.create(cursor.bytes);
  if (wireScalar(field.type) !== 'string') {
    reader.pos = cursor.valueStart;
    return String(readScalar(reader, field));
  }
  return Buffer.from(
    cursor.bytes.buffer,
    cursor.bytes.byteOffset + cursor.valueStart,
    cursor.end - cursor.valueStart,
  ).toString('utf8');
}
