import t from 'tap';
import type { SourceOp } from '../../../proto/event/event.js';
import { carriesData, deliveredOp } from './delivered-op.js';

/** Operation, matched before, matches now → the delivered operation. */
const TABLE: [SourceOp, boolean, boolean, ReturnType<typeof deliveredOp>][] = [
  ['create', false, true, 'create'],
  ['create', false, false, undefined],
  ['update', false, true, 'enter'],
  ['update', true, true, 'update'],
  ['update', true, false, 'leave'],
  ['update', false, false, undefined],
  ['correction', false, true, 'enter'],
  ['correction', true, true, 'correction'],
  ['correction', true, false, 'leave'],
  ['correction', false, false, undefined],
  ['delete', true, false, 'delete'],
  ['delete', false, false, undefined],
  ['snapshot', false, true, 'snapshot'],
  ['snapshot', false, false, undefined],
  ['snapshot_begin', false, false, 'snapshot_begin'],
  ['snapshot_end', false, false, 'snapshot_end'],
];

t.test('the delivered operation follows from whether the record matched before and matches now', async (t) => {
  for (const [op, before, now, expected] of TABLE)
    t.equal(deliveredOp(op, before, now), expected, `${op} ${before} ${now}`);
});

t.test('leave, delete and the marks around a snapshot carry no data', async (t) => {
  for (const op of ['leave', 'delete', 'snapshot_begin', 'snapshot_end'] as const) t.notOk(carriesData(op), op);
  for (const op of ['create', 'update', 'enter', 'snapshot', 'correction'] as const) t.ok(carriesData(op), op);
});
