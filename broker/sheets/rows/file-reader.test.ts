import t from 'tap';
import { csv, FIRST, SECOND } from '../../../tests/support/sheets/guide-rows.js';
import { MemoryDrafts, profileOf } from '../../../tests/support/sheets/memory-drafts.js';
import { importCatalog } from '../importing/import-catalog.js';
import { TableProposer } from '../importing/table-proposer.js';
import { SheetFileReader } from './file-reader.js';
import { boundFaults, boundSize, type Fault, type SheetEntry, type SheetHead } from './sheet-entry.js';

const profile = profileOf('guide-2017');
const reading = (text: string) => ({
  bytes: Buffer.from(text),
  form: 'csv' as const,
  profile,
  encoding: 'utf-8' as const,
});
const kept = new AbortController().signal;

t.test('a file that was read in its thread gives the entries of its rows, and other work has its turns', async (t) => {
  const rows = Array.from({ length: 400 }, (_, number) => [
    FIRST.replace('306001/1', `306001/${number + 1}`).replace('出生登记', `登记${number}`),
    SECOND,
  ]);
  const file = await new SheetFileReader().read(reading(csv(...rows.flat())), kept);
  const drafts = new MemoryDrafts();
  const proposer = await TableProposer.of(profile, file as SheetHead, drafts);
  let turns = 0;
  const count = (): void => {
    turns++;
    timer = setImmediate(count);
  };
  let timer = setImmediate(count);
  const lines: unknown[] = [];
  const entries = file.entries as Iterable<SheetEntry>;
  for await (const line of importCatalog({ ...file, entries }, proposer, drafts, { dryRun: true })) lines.push(line);
  clearImmediate(timer);
  t.match(lines.at(-1), { total: 400, drafts: 400, problems: 0 });
  t.match(lines[399], { result: 'draft', entry: 'civil.e-306001-400', row: 800, lastRow: 801 });
  t.ok(turns > 1, `${turns} turns of the event loop`);
});

t.test('a file that nobody waits for any more lets the next one be read', async (t) => {
  const reader = new SheetFileReader();
  const gone = new AbortController();
  const rows = Array.from({ length: 90_000 }, () => SECOND);
  const given = [reader.read(reading(csv(FIRST, ...rows)), gone.signal), reader.read(reading(csv(FIRST)), gone.signal)];
  const next = reader.read(reading(csv(FIRST)), kept);
  gone.abort();
  for (const one of given) await t.rejects(one, { code: 'REQUEST_TIMEOUT' });
  t.equal([...(await next).entries].length, 1);
});

t.test('a file of line breaks alone is refused before it is parsed', async (t) => {
  const bytes = csv(FIRST) + '\n'.repeat(2_000_001);
  await t.rejects(new SheetFileReader().read(reading(bytes), kept), { code: 'BAD_REQUEST', message: /line breaks/ });
});

t.test('what is handed over of one entry is bounded', (t) => {
  const fault = (row: number): Fault => ({ result: 'problem', row, text: 'x' });
  const entry = {
    row: 2,
    lastRow: 9,
    fields: { a: 'x'.repeat(100) },
    faults: Array.from({ length: 10_500 }, (_, row) => fault(row)),
  };
  boundFaults(entry);
  t.equal(entry.faults.length, 10_001);
  t.match(entry.faults.at(-1), { row: 2, text: 'the entry has 500 problems more' });
  t.same(JSON.parse(boundSize(entry)), entry);
  const large = JSON.parse(boundSize({ ...entry, fields: { a: 'x'.repeat(4 * 1024 * 1024) } } as typeof entry));
  t.match(large, { row: 2, lastRow: 9, isIgnored: true, fields: {}, faults: [{ code: 'ENTRY_INVALID' }] });
  t.equal(large.faults.length, 1);
  t.end();
});
