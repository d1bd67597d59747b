import '../../../proto/event/protobuf.js'; // switches Long off in this process: before the first message is made, or not at all
import protobuf from 'protobufjs';
import type { ItemType } from '../../../proto/entry/entry.js';
import type { RecordData } from '../../../proto/event/event.js';

/** An item as `subscribed` and `event.proto` describe it. */
export interface RawField {
  name: string;
  number: number;
  type: ItemType;
  list?: boolean | undefined;
}

/** The protobuf message of a record, made from the numbers and types of its items. */
export class RawRecord {
  readonly #message = new protobuf.Type('Record');
  readonly #objects: RawField[];

  constructor(fields: readonly RawField[]) {
    for (const { name, number, type, list } of fields) {
      this.#message.add(new protobuf.Field(name, number, scalarOf(type), list ? 'repeated' : 'optional'));
    }
    new protobuf.Root().add(this.#message);
    this.#objects = fields.filter((field) => field.type === 'object');
  }

  decode(bytes: Uint8Array): RecordData {
    const data = this.#message.toObject(this.#message.decode(bytes), { longs: Number }) as RecordData;
    for (const { name, list } of this.#objects) {
      const text = data[name];
      if (text === undefined) continue;
      data[name] = list ? (text as string[]).map((one) => JSON.parse(one)) : JSON.parse(text as string);
    }
    return data;
  }

  encode(data: RecordData): Uint8Array {
    const wire: Record<string, unknown> = { ...data };
    for (const { name, list } of this.#objects) {
      const value = data[name];
      if (value === undefined || value === null) continue;
      wire[name] = list ? (value as object[]).map((one) => JSON.stringify(one)) : JSON.stringify(value);
    }
    return this.#message.encode(this.#message.fromObject(wire)).finish();
  }
}

function scalarOf(type: ItemType): string {
  if (type === 'integer') return 'sint64';
  if (type === 'number') return 'double';
  return type === 'boolean' ? 'bool' : 'string';
}
