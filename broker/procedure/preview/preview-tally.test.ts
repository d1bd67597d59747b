import t from 'tap';
import type { ItemField } from '../../../proto/entry/item-field.js';
import { RecordCodec } from '../../../proto/event/record.js';
import type { ProjectedEvent } from '../../../proto/frames/event-encoder.js';
import { maskedValue } from './masked-sample.js';
import { PreviewTally } from './preview-tally.js';

const field = (name: string, number: number): ItemField => ({ name, number, type: 'string', list: false });
const [ID, DISTRICT] = [field('id', 1), field('district', 2)];
const codec = new RecordCodec([ID, DISTRICT]);

const tallyOf = (): PreviewTally =>
  new PreviewTally({ view: { codec, fields: [ID, DISTRICT] }, groupedBy: [{ field: DISTRICT, isPersonal: false }] });

const event = (position: number, id: string, district?: string): ProjectedEvent => ({
  entry: 'p.e',
  position,
  timeMs: Date.parse('2026-01-31T17:00:00Z'),
  subject: id,
  op: district === undefined ? 'delete' : 'create',
  record: district === undefined ? undefined : codec.encode({ id, district }),
  snapshotId: undefined,
  corrects: undefined,
});

t.test('a record is in the group of its newest event, whatever stretch is read first', async (t) => {
  const tally = tallyOf();
  for (const one of [event(11, 'a', 'north'), event(12, 'a', 'south'), event(13, 'gone')]) tally.add(one);
  tally.endStretch();
  for (const one of [event(1, 'a', 'north'), event(2, 'gone', 'north'), event(3, 'b', 'north')]) tally.add(one);
  tally.endStretch();
  t.same(tally.smallGroups, [
    { rows: { district: 'south' }, count: 1 },
    { rows: { district: 'north' }, count: 1 },
  ]);
  t.same(tally.perMonth, { '2026-02': 6 }, 'months are those of Shanghai');
  t.equal(tally.samples.length, 3);
});

t.test('a group of five records is not small', async (t) => {
  const tally = tallyOf();
  for (const id of ['a', 'b', 'c', 'd']) tally.add(event(1, id, 'north'));
  tally.endStretch();
  t.match(tally.smallGroups, [{ count: 4 }]);
  tally.add(event(2, 'e', 'north'));
  tally.endStretch();
  t.same(tally.smallGroups, []);
});

t.test('a masked value is never the whole one', async (t) => {
  t.equal(maskedValue('Chen Wei', { type: 'string' }), 'C*******');
  t.equal(maskedValue('男', { type: 'string' }), '*');
  t.equal(maskedValue('0412', { type: 'code' }), '***');
  t.equal(maskedValue(true, { type: 'boolean' }), '***');
  t.equal(maskedValue(1234567, { type: 'integer' }), '1******');
  t.equal(maskedValue(['Chen Wei', 'Li'], { type: 'string' }), 'C*******, *');
  t.equal(maskedValue(undefined, { type: 'string' }), null);
});
