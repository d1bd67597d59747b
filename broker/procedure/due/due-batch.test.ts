import t from 'tap';
import type { Act } from '../../ledger/record.js';
import type { FileRef } from '../files/file.js';
import { DueBatch } from './due-batch.js';

const grant: FileRef = { kind: 'grants', id: 'gr-1' };
const itsCase: FileRef = { kind: 'cases', id: 'ca-1' };
const other: FileRef = { kind: 'grants', id: 'gr-2' };

const act = ({ kind, id }: FileRef, endsAt?: string): Act => ({
  kind: kind === 'grants' ? 'grant' : 'case',
  id,
  act: 'expire',
  actor: 'bus',
  document: {},
  step: { state: { state: 'expired', sides: {}, clocks: [], memo: { ...(endsAt && { endsAt }) }, about: [] } },
});

t.test('a batch ends before a file that one of its acts has changed', async (t) => {
  const batch = new DueBatch();
  t.ok(batch.add([act(grant), act(itsCase)]));
  t.notOk(batch.mayTake(itsCase, 0), 'it was decided on the state before');
  t.ok(batch.mayTake(other, 0));
  t.notOk(batch.add([act(other), act(itsCase)]), 'also when a later act would change it');
  t.equal(batch.acts.length, 2);
});

t.test('a batch ends before a moment that is later than the next one of a file that it holds', async (t) => {
  const batch = new DueBatch();
  t.ok(batch.add([act(grant, '2026-03-01T00:00:00+08:00')]));
  t.ok(batch.mayTake(other, Date.parse('2026-03-01T00:00:00+08:00')));
  t.notOk(batch.mayTake(other, Date.parse('2026-03-01T00:00:01+08:00')));
});

t.test('a batch takes no more acts than one append should have, but always those of one file', async (t) => {
  const many = Array.from({ length: 700 }, (_, i) => act({ kind: 'grants', id: `gr-${i}` }));
  const batch = new DueBatch();
  t.ok(batch.add(many));
  t.notOk(batch.mayTake({ kind: 'grants', id: 'gr-x' }, 0));
  const second = new DueBatch();
  t.ok(second.add(many.slice(0, 400)));
  t.notOk(second.add(many.slice(400)));
});
