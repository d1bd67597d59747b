import { join } from 'node:path';
import t, { type Test } from 'tap';
import type { EntryVersion } from '../../proto/entry/entry.js';
import { BrokenFileError } from '../../proto/workbook/broken-file.js';
import { temporaryFolder } from '../../tests/support/nats/nats.js';
import { RecordMapping, type Row } from '../runtime/mapping/record-mapping.js';
import { RecordIndex } from '../runtime/source/records/record-index.js';
import { type Drop, dropDifference, surveyDrop } from './drop-difference.js';

const ENTRY = {
  id: 'p.e',
  items: [
    { name: 'id', type: 'string', identifier: true, number: 1 },
    { name: 'age', type: 'integer', number: 2 },
    { name: 'district', type: 'string', filterable: true, number: 3 },
  ],
} as unknown as EntryVersion;
const COLUMNS = { nr: { item: 'id' }, age: { item: 'age' }, district: { item: 'district' } };
const mapping = new RecordMapping({ entry: 'p.e', columns: COLUMNS }, ['nr'], ENTRY);
const row = (nr: string, age: string, district = 'd1'): Row => ({ nr, age, district });

async function eventsOf(rows: Row[], number: number, published: RecordIndex, share = 0.5): Promise<string[]> {
  const drop: Drop = {
    number,
    epoch: 'e',
    isSnapshot: number === 1,
    rows: async function* () {
      yield* rows;
    },
  };
  const survey = await surveyDrop(drop, mapping, published, share);
  const events: string[] = [];
  for await (const { op, subject, sourceposition, previous } of dropDifference(drop, survey, mapping, published)) {
    events.push([op, subject, sourceposition, previous?.district].filter((part) => part !== undefined).join(' '));
  }
  return events;
}

const emptyIndex = async (t: Test): Promise<RecordIndex> =>
  new RecordIndex(join(await temporaryFolder(t), 'published'));

t.test('the first drop is published as a snapshot, later ones as differences with previous images', async (t) => {
  const published = await emptyIndex(t);
  t.same(await eventsOf([row('a', '1'), row('b', '2')], 1, published), [
    'snapshot_begin 1.0',
    'snapshot a 1.1',
    'snapshot b 1.2',
    'snapshot_end 1.3',
  ]);
  await published.flush(published.checkpoint());
  await published.load();
  t.same(await eventsOf([row('c', '3'), row('b', '2', 'd2')], 2, published), [
    'create c 2.1',
    'update b 2.2 d1',
    'delete a 2.3 d1',
  ]);
  t.same(await eventsOf([row('c', '3'), row('b', '2', 'd2')], 3, published), []);
});

t.test('a drop that is published again after a crash gives the same positions', async (t) => {
  const published = await emptyIndex(t);
  await eventsOf([row('a', '1'), row('b', '2')], 1, published);
  await published.flush(published.checkpoint());
  const second = [row('b', '9'), row('c', '3')];
  const first = await eventsOf(second, 2, published);
  await published.load();
  t.same(await eventsOf(second, 2, published), first);
});

t.test('a file that cannot be a complete list is refused before anything is published', async (t) => {
  const published = await emptyIndex(t);
  const many = Array.from({ length: 200 }, (_none, number) => row(`p${number}`, '1'));
  await eventsOf(many, 1, published);
  await t.rejects(eventsOf(many.slice(0, 50), 2, published), BrokenFileError);
  t.equal((await eventsOf(many.slice(0, 50), 2, published, 1)).length, 150, 'a maxDeletedShare of 1 allows it');
  await t.rejects(eventsOf([row('a', '1'), row('a', '2')], 3, published), BrokenFileError);
  await t.rejects(eventsOf([row('', '1')], 3, published), BrokenFileError);
});

t.test('maxDeletedShare holds for every number of records', async (t) => {
  for (const size of [1, 2, 3, 10, 99, 100, 101]) {
    const published = await emptyIndex(t);
    const all = Array.from({ length: size }, (_none, number) => row(`p${number}`, '1'));
    await eventsOf(all, 1, published);
    const kept = Math.ceil(size / 2);
    await t.rejects(eventsOf(all.slice(0, kept - 1), 2, published), BrokenFileError, `${kept - 1} of ${size}`);
    t.equal((await eventsOf(all.slice(0, kept), 3, published)).length, size - kept, `${kept} of ${size}`);
  }
});

t.test('a file without records is refused where there were some, whatever the share is', async (t) => {
  for (const size of [1, 99]) {
    const published = await emptyIndex(t);
    await eventsOf(
      Array.from({ length: size }, (_none, number) => row(`p${number}`, '1')),
      1,
      published,
    );
    await t.rejects(eventsOf([], 2, published, 1), /has no records/);
    t.equal(published.size, size);
  }
  t.same(
    await eventsOf([], 1, await emptyIndex(t)),
    ['snapshot_begin 1.0', 'snapshot_end 1.1'],
    'not where there were none',
  );
});
