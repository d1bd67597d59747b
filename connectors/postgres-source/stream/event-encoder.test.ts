import { deepStrictEqual } from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';
import type { EntryVersion } from '../../../proto/entry/entry.js';
import { RecordMapping, type Row } from '../../runtime/mapping/record-mapping.js';
import { EventEncoder } from './event-encoder.js';
import { RowReader } from './row-reader.js';
import { type RowValues, SelectedRow } from './row-values.js';
import { TableForm } from './table-form.js';

const ENTRY = {
  items: [
    { name: 'id', number: 1, type: 'string', identifier: true },
    { name: 'name', number: 2, type: 'string', filterable: true },
    { name: 'staff', number: 3, type: 'integer', filterable: true },
    { name: 'state', number: 4, type: 'code' },
    { name: 'tags', number: 5, type: 'string', list: true, filterable: true },
    { name: '"odd"', number: 6, type: 'boolean' },
  ],
} as object as EntryVersion;
const SETTINGS = {
  entry: 'p.e',
  columns: {
    name: { item: 'name' },
    staff: { item: 'staff' },
    state: { item: 'state', codes: { '1': 'active' } },
    tags: { item: 'tags' },
    odd: { item: '"odd"' },
    no: { item: 'id' },
  },
};
const COLUMNS = ['unmapped', 'no', 'name', 'staff', 'state', 'tags', 'odd'];
const mapping = new RecordMapping(SETTINGS, ['no'], ENTRY);
const form = new TableForm(mapping.byIndex(COLUMNS));

const text = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.constantFrom('', '1', '-5', 't', '{a,"b c"}', '陈小明', '"', '\\'),
);
const row = fc.tuple(...COLUMNS.map(() => fc.option(text)));

const namedRow = (values: readonly (string | null)[]): Row =>
  Object.fromEntries(COLUMNS.map((name, i) => [name, values[i]]));

function rowBytes(values: readonly (string | null)[]): Buffer {
  const parts = values.flatMap((value) => {
    if (value === null) return [Buffer.from('n')];
    const length = Buffer.alloc(4);
    length.writeUInt32BE(Buffer.byteLength(value));
    return [Buffer.from('t'), length, Buffer.from(value)];
  });
  return Buffer.concat([Buffer.from('N'), Buffer.from([0, values.length]), ...parts]);
}

const ROWS: Record<string, (values: readonly (string | null)[]) => RowValues> = {
  'of the stream': (values) => new RowReader(rowBytes(values), 0).after(undefined),
  'of a statement': (values) => new SelectedRow(values),
};

for (const [which, rowOf] of Object.entries(ROWS)) {
  t.test(`a row ${which} is written as the record that its mapping makes of it`, async (t) => {
    const encoder = new EventEncoder('7.1.9');
    const common = { specversion: '1.0', type: 'p.e', sourceepoch: '7.1.9' };
    fc.assert(
      fc.property(row, row, (one, other) => {
        const [before, after] = [rowOf(one), rowOf(other)];
        const event = encoder.change('update', {
          form,
          time: '2026-11-30T00:00:00.000Z',
          commit: '5',
          index: 1,
          ordinal: 0,
          before,
          after,
        });
        const subject = mapping.subjectOf(namedRow(other));
        deepStrictEqual(JSON.parse(event.text), {
          ...common,
          id: '7.1.9:5.1.0',
          sourceposition: '5.1.0',
          op: 'update',
          time: '2026-11-30T00:00:00.000Z',
          subject,
          data: mapping.dataOf(namedRow(other)),
          previous: mapping.previousOf(namedRow(one)),
        });
        const { id, type, sourceposition } = event;
        deepStrictEqual({ id, type, sourceposition }, { id: '7.1.9:5.1.0', type: 'p.e', sourceposition: '5.1.0' });
        deepStrictEqual(event.subject, subject);
        const snapshot = encoder.row({ form, snapshotId: 's-1', lsn: '5', index: 3, subject, row: after });
        deepStrictEqual(JSON.parse(snapshot.text), {
          ...common,
          id: '7.1.9:5.0.3',
          sourceposition: '5.0.3',
          op: 'snapshot',
          snapshotid: 's-1',
          subject,
          data: mapping.dataOf(namedRow(other)),
        });
      }),
      { numRuns: 1_000 },
    );
    t.pass();
  });
}

t.test(
  'a create has no previous image, a delete no data, and the edges of a snapshot have neither subject nor data',
  async (t) => {
    const encoder = new EventEncoder('7.1.9');
    const one = new SelectedRow([null, 'k', 'Chen', null, null, null, null]);
    const change = { form, time: 'T', commit: '5', index: 1, ordinal: 0 };
    const parsed = (event: { text: string }) => JSON.parse(event.text) as Record<string, unknown>;
    const created = parsed(encoder.change('create', { ...change, before: undefined, after: one }));
    t.same([created.subject, created.data, created.previous], ['k', { id: 'k', name: 'Chen' }, undefined]);
    const deleted = parsed(encoder.change('delete', { ...change, before: one, after: undefined }));
    t.same([deleted.subject, deleted.data, deleted.previous], ['k', undefined, { name: 'Chen' }]);
    const edge = parsed(encoder.edge('snapshot_end', { entry: 'p.e', snapshotId: 's-1', lsn: '5', index: 4 }));
    t.same(Object.keys(edge).sort(), [
      'id',
      'op',
      'snapshotid',
      'sourceepoch',
      'sourceposition',
      'specversion',
      'type',
    ]);
  },
);
