import { deepStrictEqual, strictEqual } from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';
import { fieldOf, type ItemField } from '../../../proto/entry/item-field.js';
import { Reader } from '../../../proto/event/protobuf.js';
import { RecordCodec } from '../../../proto/event/record.js';
import { entryVersion, recordOf } from '../../../tests/support/arbitrary-entry.js';
import { Projection } from './projection.js';

const RUNS = { numRuns: 500 };

/** A record of an arbitrary entry, and a subset of its items. */
const recordAndSubset = entryVersion.chain((version) => {
  const fields = version.items.map(fieldOf);
  return fc.record({ fields: fc.constant(fields), granted: fc.subarray(fields), record: recordOf(version.items) });
});

function numbersIn(record: Uint8Array): Set<number> {
  const numbers = new Set<number>();
  const reader = Reader.create(record);
  while (reader.pos < reader.len) {
    const tag = reader.uint32();
    numbers.add(tag >>> 3);
    reader.skipType(tag & 7);
  }
  return numbers;
}

t.test('a projection by bytes equals decoding, picking and encoding again', async (t) => {
  fc.assert(
    fc.property(recordAndSubset, ({ fields, granted, record }) => {
      const projection = new Projection(
        granted.map((field) => field.number),
        [],
      );
      const projected = projection.project(new RecordCodec(fields).encode(record));
      const names = new Set(granted.map((field) => field.name));
      const picked = Object.fromEntries(Object.entries(record).filter(([name]) => names.has(name)));
      deepStrictEqual(Buffer.from(projected), Buffer.from(new RecordCodec(fields).encode(picked)));
    }),
    RUNS,
  );
  t.pass('all did');
});

t.test('a projection contains no field that is not granted, whatever the bytes are', async (t) => {
  fc.assert(
    fc.property(recordAndSubset, fc.uint8Array({ maxLength: 60 }), ({ granted }, bytes) => {
      const projection = new Projection(
        granted.map((field) => field.number),
        [],
      );
      const allowed = new Set(granted.map((field) => field.number));
      let projected: Uint8Array;
      try {
        projected = projection.project(bytes);
      } catch {
        return;
      }
      for (const number of numbersIn(projected)) strictEqual(allowed.has(number), true);
    }),
    { numRuns: 2000 },
  );
  t.pass('none was');
});

t.test('the value of an item that is not granted appears nowhere in a projection', async (t) => {
  const secret = 'S3CRET';
  const fields: ItemField[] = ['a', 'b', 'c', 'd'].map((name, i) => ({
    name,
    number: i + 1,
    type: 'string',
    list: i === 2,
  }));
  const record = new RecordCodec(fields).encode({ a: `${secret}a`, b: 'b', c: [`${secret}c`, 'c'], d: `${secret}d` });
  fc.assert(
    fc.property(fc.subarray(fields), (granted) => {
      const projected = Buffer.from(
        new Projection(
          granted.map((field) => field.number),
          [],
        ).project(record),
      ).toString('latin1');
      for (const field of fields) {
        if (!granted.includes(field)) strictEqual(projected.includes(`${secret}${field.name}`), false);
      }
    }),
  );
  t.pass('it did not');
});

t.test('a transformed item keeps its position and number and is a string, element by element in a list', async (t) => {
  fc.assert(
    fc.property(recordAndSubset, ({ fields, granted, record }) => {
      const transform = (value: string): string => `<${Array.from(value).length}>`;
      const plain = fields.filter((field) => !granted.includes(field));
      const projection = new Projection(
        plain.map((field) => field.number),
        granted.map((field) => ({ field, transform })),
      );
      const delivered = fields.map((field) =>
        granted.includes(field) ? { ...field, type: 'string' as const } : field,
      );
      const read = new RecordCodec(delivered).decode(projection.project(new RecordCodec(fields).encode(record)));
      const text = (field: ItemField, value: unknown): string =>
        transform(field.type === 'object' ? JSON.stringify(value) : String(value));
      for (const field of granted) {
        const value = record[field.name];
        if (value === undefined) strictEqual(field.name in read, false);
        else if (field.list)
          deepStrictEqual(
            read[field.name],
            (value as unknown[]).map((one) => text(field, one)),
          );
        else strictEqual(read[field.name], text(field, value));
      }
      for (const field of plain) deepStrictEqual(read[field.name], record[field.name]);
    }),
    RUNS,
  );
  t.pass('all did');
});
