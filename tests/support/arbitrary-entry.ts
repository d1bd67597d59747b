import fc from 'fast-check';
import {
  type EntryVersion,
  ITEM_TYPES,
  type ItemType,
  isItemName,
  type NumberedItem,
} from '../../proto/entry/entry.js';
import type { ItemValue, RecordData } from '../../proto/event/event.js';

/** Any valid token: party, entry and system ids. */
export const token = fc.stringMatching(/^[a-z0-9](?:[a-z0-9_-]{0,62}[a-z0-9])?$/, { maxLength: 64 });
export const entryId = fc.tuple(token, token).map(([party, entry]) => `${party}.${entry}`);

/** Any string that UTF-8 can hold, characters outside the basic plane included. */
export const text = fc.string({ unit: 'binary', maxLength: 40 });

const itemName = fc
  .oneof(
    { weight: 4, arbitrary: fc.stringMatching(/^[A-Za-z][A-Za-z0-9_]{0,20}$/) },
    // Keywords of protobuf and names with a meaning in some of its libraries.
    fc.constantFrom(
      'message',
      'optional',
      'repeated',
      'reserved',
      'string',
      'group',
      'map',
      'oneof',
      'package',
      'syntax',
    ),
    fc.constantFrom(
      'encode',
      'decode',
      'toJSON',
      'fromObject',
      'length',
      'name',
      'id',
      'data',
      'op',
      'max',
      'to',
      'bool',
    ),
  )
  .filter(isItemName);

const itemNumber = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: 1, max: 40 }) },
  fc.integer({ min: 1, max: 18_999 }),
);

const item: fc.Arbitrary<NumberedItem> = fc.record({
  name: itemName,
  number: itemNumber,
  type: fc.constantFrom(...ITEM_TYPES),
  list: fc.boolean(),
  filterable: fc.boolean(),
});

export const items: fc.Arbitrary<NumberedItem[]> = fc
  .uniqueArray(item, { minLength: 1, maxLength: 12, selector: (one) => one.name })
  .map((all) => [...new Map(all.map((one) => [one.number, one])).values()])
  .map(([first, ...rest]) => [{ ...(first as NumberedItem), type: 'string', list: false, identifier: true }, ...rest]);

export const entryVersion: fc.Arbitrary<EntryVersion> = fc
  .record({
    id: entryId,
    items,
    dropped: fc.array(itemNumber, { maxLength: 3 }),
    version: fc.integer({ min: 1, max: 99 }),
  })
  .map(({ id, items: all, dropped, version }) => ({
    id,
    version,
    partition: 0,
    publishedAt: '2026-11-22T00:00:00.000Z',
    document: { id, name: id, sharingAttribute: 'unconditional', items: all },
    items: all,
    numbers: Object.fromEntries([
      ...dropped
        .map((number, i) => [`gone${i}`, number] as const)
        .filter(([, n]) => !all.some((one) => one.number === n)),
      ...all.map((one) => [one.name, one.number] as const),
    ]),
  }));

const integer = fc.oneof(
  fc.maxSafeInteger(),
  fc.constantFrom(0, -1, 127, 128, 2 ** 31, 2 ** 32, -(2 ** 32), Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER),
);
// JSON writes -0 as 0, so -0 is left out.
const number = fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => (Object.is(value, -0) ? 0 : value));
const anyDay = fc.date({ min: new Date('0001-01-01'), max: new Date('9999-12-31'), noInvalidDate: true });

/** Nested JSON without `__proto__`, which msgpack decoders rename; tests of their own cover it. */
const nested = fc.letrec<{ value: ItemValue; object: object }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    text,
    integer,
    number,
    fc.boolean(),
    fc.constant(null),
    fc.array(tie('value'), { maxLength: 3 }),
    tie('object'),
  ),
  object: fc.dictionary(
    text.filter((key) => key !== '__proto__'),
    tie('value'),
    { maxKeys: 3, noNullPrototype: true },
  ),
})).object;

function scalar(type: ItemType): fc.Arbitrary<ItemValue> {
  switch (type) {
    case 'integer':
      return integer;
    case 'number':
      return number;
    case 'boolean':
      return fc.boolean();
    case 'date':
      return anyDay.map((day) => day.toISOString().slice(0, 10));
    case 'datetime':
      return anyDay.map((day) => day.toISOString());
    case 'decimal':
      return fc.tuple(fc.bigInt(), fc.nat()).map(([whole, fraction]) => `${whole}.${fraction}`);
    case 'object':
      return nested;
    default:
      return text;
  }
}

/** A record of these items: any of them may be absent, except the identifier. A list has at least one element. */
export function recordOf(all: readonly NumberedItem[]): fc.Arbitrary<RecordData> {
  const model = Object.fromEntries(
    all.map((one) => [
      one.name,
      one.list ? fc.array(scalar(one.type), { minLength: 1, maxLength: 4 }) : scalar(one.type),
    ]),
  );
  const requiredKeys = all.filter((one) => one.identifier).map((one) => one.name);
  return fc.record(model, { requiredKeys, noNullPrototype: true }) as fc.Arbitrary<RecordData>;
}

/** An entry and some records of it. */
export const entryWithRecords = entryVersion.chain((version) =>
  fc.record({
    version: fc.constant(version),
    records: fc.array(recordOf(version.items), { minLength: 1, maxLength: 4 }),
  }),
);
