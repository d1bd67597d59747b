import { deepStrictEqual } from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';
import { entryVersion, entryWithRecords, recordOf } from '../../tests/support/arbitrary-entry.js';
import { fieldOf, type ItemField } from '../entry/item-field.js';
import type { RecordData } from './event.js';
import { Writer } from './protobuf.js';
import { RecordCodec } from './record.js';

const RUNS = { numRuns: 300 };
const field = (name: string, number: number, type: ItemField['type'], list = false): ItemField => ({
  name,
  number,
  type,
  list,
});

t.test('any record of any entry is decoded as it was encoded', async (t) => {
  fc.assert(
    fc.property(entryWithRecords, ({ version, records }) => {
      const codec = new RecordCodec(version.items.map(fieldOf));
      for (const record of records) {
        const bytes = codec.encode(record);
        deepStrictEqual(codec.decode(bytes), record);
      }
    }),
    RUNS,
  );
  t.pass('for every record');
});

t.test('absent, null and [] are encoded alike, zero and "" are values', async (t) => {
  const codec = new RecordCodec([
    field('count', 1, 'integer'),
    field('ratio', 2, 'number'),
    field('flag', 3, 'boolean'),
    field('name', 4, 'string'),
    field('tags', 5, 'string', true),
  ]);
  const empty = codec.encode({});
  t.strictSame(codec.encode({ count: null, ratio: null, flag: null, name: null, tags: [] }), empty);
  t.strictSame(codec.decode(empty), {});
  const values: RecordData = { count: 0, ratio: 0, flag: false, name: '', tags: ['', ''] };
  t.strictSame(codec.decode(codec.encode(values)), values);
});

t.test('integers up to ±(2^53−1) are exact', async (t) => {
  const codec = new RecordCodec([field('n', 1, 'integer'), field('all', 2, 'integer', true)]);
  const edges = [0, 1, -1, 2 ** 31, -(2 ** 31) - 1, 2 ** 32, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER];
  for (const n of edges) t.equal(codec.decode(codec.encode({ n })).n, n);
  t.strictSame(codec.decode(codec.encode({ all: edges })).all, edges);
});

t.test('fields are written in ascending number whatever the order of the items', async (t) => {
  fc.assert(
    fc.property(
      entryVersion.chain((version) =>
        fc.tuple(
          fc.constant(version),
          fc.shuffledSubarray(version.items, { minLength: version.items.length }),
          recordOf(version.items),
        ),
      ),
      ([version, shuffled, record]) => {
        deepStrictEqual(
          new RecordCodec(shuffled.map(fieldOf)).encode(record),
          new RecordCodec(version.items.map(fieldOf)).encode(record),
        );
      },
    ),
    RUNS,
  );
  t.pass('for every record');
});

t.test('an older or newer shape decodes the items that it knows and skips the others', async (t) => {
  fc.assert(
    fc.property(
      entryVersion.chain((version) =>
        fc.tuple(fc.constant(version), fc.subarray(version.items), recordOf(version.items)),
      ),
      ([version, known, record]) => {
        const read = new RecordCodec(known.map(fieldOf)).decode(
          new RecordCodec(version.items.map(fieldOf)).encode(record),
        );
        const names = new Set(known.map((one) => one.name));
        deepStrictEqual(read, Object.fromEntries(Object.entries(record).filter(([name]) => names.has(name))));
      },
    ),
    RUNS,
  );
  t.pass('for every record');
});

t.test('lists of numbers are decoded packed as well as one by one', async (t) => {
  const codec = new RecordCodec([
    field('n', 1, 'integer', true),
    field('d', 2, 'number', true),
    field('b', 3, 'boolean', true),
  ]);
  const packed = Writer.create();
  packed
    .uint32((1 << 3) | 2)
    .fork()
    .sint64(-5)
    .sint64(7)
    .ldelim();
  packed
    .uint32((2 << 3) | 2)
    .fork()
    .double(0.5)
    .double(-1)
    .ldelim();
  packed
    .uint32((3 << 3) | 2)
    .fork()
    .bool(true)
    .bool(false)
    .ldelim();
  const bytes = packed.finish();
  const expected = { n: [-5, 7], d: [0.5, -1], b: [true, false] };
  t.strictSame(codec.decode(bytes), expected);
});

t.test('inherited properties of an object are not encoded as items', async (t) => {
  const codec = new RecordCodec([field('constructor', 1, 'string'), field('toString', 2, 'string', true)]);
  t.equal(codec.encode({}).length, 0, 'nothing is stored for them');
});

t.test('a packed list that ends inside a number is refused', async (t) => {
  const codec = new RecordCodec([field('n', 1, 'integer', true), field('id', 2, 'string')]);
  const bytes = Buffer.from([(1 << 3) | 2, 1, 0x80, (2 << 3) | 2, 1, 0x41]);
  t.throws(() => codec.decode(bytes), RangeError);
});
