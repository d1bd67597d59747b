import { type ItemField, type WireScalar, wireScalar } from '../entry/item-field.js';
import type { ItemValue, RecordData } from './event.js';
import { MessageWriter } from './message-writer.js';
import { Reader } from './protobuf.js';

const WIRE_TYPE: Record<WireScalar, 0 | 1 | 2> = { sint64: 0, double: 1, bool: 0, string: 2 };

const writer = new MessageWriter();

/** A field with what writing it needs, looked up once. */
interface WrittenField {
  name: string;
  list: boolean;
  tag: number;
  scalar: WireScalar;
  isObject: boolean;
  /** Every object inherits a property of this name. */
  isInherited: boolean;
}

/**
 * The canonical stored form of records of one shape: protobuf, item number = field number, fields in ascending
 * number, presence explicit (a stored zero or "" is a value; absent, null and [] are not stored).
 */
export class RecordCodec {
  /** Made for the first record that is decoded: intake only encodes. */
  #byNumber: Map<number, ItemField> | undefined;
  /** Made for the first record that is encoded: views only decode. */
  #ascending: WrittenField[] | undefined;

  constructor(private readonly fields: readonly ItemField[]) {}

  /** Skips items that the shape does not have; validate first where that must be an error. */
  encode(data: RecordData): Uint8Array {
    this.write(data, writer.begin());
    return writer.finish();
  }

  /** The same behind what a message holds already. */
  write(data: RecordData, to: MessageWriter): void {
    this.#ascending ??= [...this.fields].sort((a, b) => a.number - b.number).map(writtenField);
    for (const field of this.#ascending) {
      if (field.isInherited && !Object.hasOwn(data, field.name)) continue;
      const value = data[field.name];
      if (value === undefined || value === null) continue;
      if (field.list) for (const one of value as ItemValue[]) writeField(field, one, to);
      else writeField(field, value, to);
    }
  }

  /** Decodes bytes that are known to be valid: unknown fields are skipped, wire types are not checked. */
  decode(bytes: Uint8Array): RecordData {
    const data: RecordData = {};
    if (this.fields.length === 0) return data;
    this.#byNumber ??= new Map(this.fields.map((field) => [field.number, field]));
    const reader = Reader.create(bytes);
    while (reader.pos < reader.len) {
      const tag = reader.uint32();
      const field = this.#byNumber.get(tag >>> 3);
      if (field) readField(reader, tag & 7, field, data);
      else reader.skipType(tag & 7);
    }
    return data;
  }
}

function writtenField({ name, number, type, list }: ItemField): WrittenField {
  const scalar = wireScalar(type);
  const tag = (number << 3) | WIRE_TYPE[scalar];
  return { name, list, tag, scalar, isObject: type === 'object', isInherited: name in Object.prototype };
}

function writeField({ tag, scalar, isObject }: WrittenField, value: ItemValue, to: MessageWriter): void {
  to.varint(tag);
  switch (scalar) {
    case 'sint64':
      to.sint64(value as number);
      break;
    case 'double':
      to.double(value as number);
      break;
    case 'bool':
      to.bool(value as boolean);
      break;
    default:
      to.string(isObject ? JSON.stringify(value) : (value as string));
  }
}

/** Reads one value of the item type of `field`. */
export function readScalar(reader: Reader, field: ItemField): ItemValue {
  switch (wireScalar(field.type)) {
    case 'sint64':
      // A plain number, because proto/event/protobuf.ts switches Long off.
      return reader.sint64() as unknown as number;
    case 'double':
      return reader.double();
    case 'bool':
      return reader.bool();
    default: {
      const text = reader.string();
      return field.type === 'object' ? (JSON.parse(text) as ItemValue) : text;
    }
  }
}

/** Our writer writes one field per element; clients of other languages may send numbers packed, as proto3 does. */
function readField(reader: Reader, wireType: number, field: ItemField, data: RecordData): void {
  if (!field.list) {
    data[field.name] = readScalar(reader, field);
    return;
  }
  if (!Object.hasOwn(data, field.name)) data[field.name] = [];
  const list = data[field.name] as ItemValue[];
  if (wireType === 2 && WIRE_TYPE[wireScalar(field.type)] !== 2) {
    const end = reader.uint32() + reader.pos;
    while (reader.pos < end) list.push(readScalar(reader, field));
    if (reader.pos !== end) throw new RangeError('a packed number ends behind the end of its list');
  } else list.push(readScalar(reader, field));
}
