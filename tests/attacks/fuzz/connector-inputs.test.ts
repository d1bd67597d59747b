import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import t from 'tap';
import { fileRows } from '../../../connectors/file-source/file-rows.js';
import { valueReader } from '../../../connectors/runtime/mapping/item-value.js';
import { ITEM_TYPES } from '../../../proto/entry/entry.js';
import { BrokenFileError } from '../../../proto/workbook/broken-file.js';
import { fuzzedBytes } from './fuzzed.js';

/** In CPU time, since the test may share its core. An input takes some milliseconds. */
const HOLD_MS_MAX = 1_000;
const cpuMs = (before: NodeJS.CpuUsage): number => process.cpuUsage(before).user / 1000;
const RUNS = { numRuns: 300 };

const csv = fc
  .array(fc.array(fc.string({ unit: 'binary', maxLength: 12 }), { minLength: 2, maxLength: 4 }), { maxLength: 20 })
  .map((rows) => Buffer.from(['id,name,"x"', ...rows.map((row) => row.join(','))].join('\r\n')));

t.test('a fuzzed CSV file gives rows or is refused as broken, and never holds the process', async (t) => {
  const folder = t.testdir();
  let files = 0;
  const property = fc.asyncProperty(fuzzedBytes(csv), async (bytes) => {
    const path = join(folder, `${files++ % 16}.csv`);
    await writeFile(path, bytes);
    const before = process.cpuUsage();
    try {
      const options = { encoding: 'utf-8', delimiter: ',', sheet: 1 };
      for await (const row of fileRows(path, path, ['id', 'name'], options))
        t.ok(row !== undefined || t.fail('no row'));
    } catch (error) {
      if (!(error instanceof BrokenFileError)) throw error;
    }
    return cpuMs(before) < HOLD_MS_MAX;
  });
  await fc.assert(property, RUNS);
});

const sqlText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.constantFrom(
    '{',
    '{{',
    '{1,2}',
    '{"a\\"b",NULL}',
    '{1',
    '[1,2',
    '{"a":1}',
    'Infinity',
    '-infinity',
    '1e999999999',
  ),
  fc.constantFrom(
    '2026-02-30',
    '0001-01-01 BC',
    '294276-12-31 23:59:59+00',
    '24:00:00',
    '\\xDEADBEEF',
    '0x1F',
    '1_000',
  ),
  fc.tuple(fc.constantFrom('{', '[', '{"'), fc.nat(20_000)).map(([text, count]) => text.repeat(count)),
);

t.test(
  'a fuzzed SQL value becomes a value of its item or stays the string that it was, and holds nothing up',
  async (t) => {
    const property = fc.property(fc.constantFrom(...ITEM_TYPES), fc.boolean(), sqlText, (type, list, text) => {
      const before = process.cpuUsage();
      const value = valueReader({ type, list, codes: undefined, offset: '+08:00' })(text);
      return value !== undefined && cpuMs(before) < HOLD_MS_MAX;
    });
    fc.assert(property, { numRuns: 2_000 });
    t.pass();
  },
);
