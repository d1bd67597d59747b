import { type ItemField, wireScalar } from '../../../proto/entry/item-field.js';
import { MessageWriter } from '../../../proto/event/message-writer.js';
import { Reader } from '../../../proto/event/protobuf.js';
import { readScalar } from '../../../proto/event/record.js';
import { WireCursor } from '../../../proto/event/wire.js';
import type { StringTransform } from './transform.js';

const writer = new MessageWriter();

export interface TransformedField {
  /** The item as stored. */
  field: ItemField;
  transform: StringTransform;
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
    writer.begin();
    // Adjacent granted fields are copied as one range.
    let rangeStart = -1;
    while (cursor.next()) {
      if (this.#plain[cursor.number] === true) {
        if (rangeStart < 0) rangeStart = cursor.start;
        continue;
      }
      if (rangeStart >= 0) writer.copy(record, rangeStart, cursor.start);
      rangeStart = -1;
      const transformed = this.#transformed[cursor.number];
      if (transformed) writeTransformed(cursor, transformed);
    }
    if (rangeStart === 0) return record;
    if (rangeStart > 0) writer.copy(record, rangeStart, record.length);
    return writer.finish();
  }
}

/** A transformed item keeps its number and is delivered as a string; a list is transformed element by element. */
function writeTransformed(cursor: WireCursor, { field, transform }: TransformedField): void {
  const value = transform(stringOf(cursor, field));
  writer.varint((field.number << 3) | 2).string(value);
}

function stringOf(cursor: WireCursor, field: ItemField): string {
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
