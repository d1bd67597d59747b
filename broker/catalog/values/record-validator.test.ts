import { ok, strictEqual } from 'node:assert/strict';
import { Ajv } from 'ajv';
import fc from 'fast-check';
import t from 'tap';
import type { EntryVersion } from '../../../proto/entry/entry.js';
import { dataSchema } from '../../../proto/entry/entry-schema.js';
import type { RecordData } from '../../../proto/event/event.js';
import { RFC3339_FORMATS } from '../../../proto/values/rfc3339.js';
import { entryVersion, recordOf } from '../../../tests/support/arbitrary-entry.js';
import { ItemValidators } from './item-validators.js';
import { RecordValidator } from './record-validator.js';

const oddValue = fc.oneof(fc.string(), fc.double({ noNaN: true }), fc.boolean(), fc.array(fc.string()), fc.object());

/** An entry and a record that is valid, or has some items changed, added or removed. */
const entryAndRecord = entryVersion.chain((version) =>
  fc
    .record({
      record: recordOf(version.items),
      odd: fc.dictionary(fc.constantFrom('stranger', ...version.items.map(({ name }) => name)), oddValue),
      without: fc.subarray(version.items.map(({ name }) => name)),
      isOdd: fc.boolean(),
    })
    .map(({ record, odd, without, isOdd }) => {
      const changed = isOdd ? { ...record, ...odd } : { ...record };
      if (isOdd) for (const name of without) if (!Object.hasOwn(odd, name)) delete changed[name];
      return { version, record: changed };
    }),
);

t.test('a record validated item by item gets the same verdict as by the published schema of its entry', async (t) => {
  const validators = new ItemValidators();
  let accepted = 0;
  fc.assert(
    fc.property(entryAndRecord, ({ version, record }) => {
      const ajv = new Ajv({ formats: RFC3339_FORMATS });
      const schema = dataSchema(version);
      const present = withoutEmptyLists(version, record);
      const validator = new RecordValidator(version, version.items, schema.required as string[], validators);
      const isValid = ajv.validate(schema, present);
      strictEqual(validator.problems(present).length === 0, isValid);
      if (!validator.accepts(record as RecordData)) return;
      ok(isValid && present === record);
      accepted++;
    }),
    { numRuns: 60 },
  );
  t.ok(accepted > 0, 'some records are accepted by one walk');
});

/** An empty list means absent, which JSON Schema cannot express. */
function withoutEmptyLists({ items }: EntryVersion, record: object): object {
  const lists = new Set(items.filter(({ list }) => list).map(({ name }) => name));
  const isEmpty = (name: string, value: unknown) => lists.has(name) && Array.isArray(value) && value.length === 0;
  if (!Object.entries(record).some(([name, value]) => isEmpty(name, value))) return record;
  return Object.fromEntries(Object.entries(record).filter(([name, value]) => !isEmpty(name, value)));
}
