import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import type { EntryVersion } from '../../proto/entry/entry.js';
import { temporaryFolder } from '../../tests/support/nats/nats.js';
import { RecordMapping, type Row } from '../runtime/mapping/record-mapping.js';
import { RecordIndex } from '../runtime/source/record-index.js';
import { type Drop, dropDifference, surveyDrop } from './drop-difference.js';
import { BrokenFileError } from './file-rows.js';
import { WatchedFolder } from './watched-folder.js';

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

async function told(rows: Row[], number: number, held: RecordIndex, share = 0.5): Promise<string[]> {
  const drop: Drop = {
    number,
    epoch: 'e',
    rows: async function* () {
      yield* rows;
    },
  };
  const survey = await surveyDrop(drop, mapping, held, share);
  const events: string[] = [];
  for await (const { op, subject, sourceposition, previous } of dropDifference(drop, survey, mapping, held)) {
    events.push([op, subject, sourceposition, previous?.district].filter((part) => part !== undefined).join(' '));
  }
  return events;
}

const heldIn = async (t: Test): Promise<RecordIndex> => new RecordIndex(join(await temporaryFolder(t), 'held'));

t.test('the first drop is a snapshot, later ones are differences with former values', async (t) => {
  const held = await heldIn(t);
  t.same(await told([row('a', '1'), row('b', '2')], 1, held), [
    'snapshot_begin 1.0',
    'snapshot a 1.1',
    'snapshot b 1.2',
    'snapshot_end 1.3',
  ]);
  await held.flush();
  await held.load();
  t.same(await told([row('c', '3'), row('b', '2', 'd2')], 2, held), [
    'create c 2.1',
    'update b 2.2 d1',
    'delete a 2.3 d1',
  ]);
  t.same(await told([row('c', '3'), row('b', '2', 'd2')], 3, held), []);
});

t.test('a drop told again after a crash gives the same places', async (t) => {
  const held = await heldIn(t);
  await told([row('a', '1'), row('b', '2')], 1, held);
  await held.flush();
  const second = [row('b', '9'), row('c', '3')];
  const first = await told(second, 2, held);
  await held.load();
  t.same(await told(second, 2, held), first);
});

t.test('a list that can not be complete is refused before anything is told', async (t) => {
  const held = await heldIn(t);
  const many = Array.from({ length: 200 }, (_none, number) => row(`p${number}`, '1'));
  await told(many, 1, held);
  await t.rejects(told(many.slice(0, 50), 2, held), BrokenFileError);
  t.equal((await told(many.slice(0, 50), 2, held, 1)).length, 150, 'unless it is allowed');
  await t.rejects(told([row('a', '1'), row('a', '2')], 3, held), BrokenFileError);
  await t.rejects(told([row('', '1')], 3, held), BrokenFileError);
});

t.test('a file counts when it has not changed for a while, under a name that is meant', async (t) => {
  const folder = await temporaryFolder(t);
  const watched = new WatchedFolder({ folder, files: 'people-*.csv', settleMs: 1_000 });
  await writeFile(join(folder, 'people-1.csv'), 'half');
  await writeFile(join(folder, 'people-2.csv.part'), 'half');
  await writeFile(join(folder, 'others.csv'), 'whole');
  t.same(await watched.look(0), []);
  await writeFile(join(folder, 'people-1.csv'), 'half and more');
  t.same(await watched.look(1_500), [], 'it has grown');
  t.same(
    (await watched.look(2_600)).map(({ name }) => name),
    ['people-1.csv'],
  );
});
