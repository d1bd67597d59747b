import t from 'tap';
import type { SourceEvent } from '../../../proto/event/event.js';
import type { ChangeBatch } from '../../runtime/source/source.js';
import type { SnapshotProgress } from '../progress.js';
import { RepeatedBegins } from './repeated-begins.js';

const MAPPINGS = [
  { name: 'public.people', entry: 'p.people' },
  { name: 'public.pets', entry: 'p.pets' },
];
const snapshot = (isDone: boolean): SnapshotProgress => ({ id: 's', lastKey: ['7'], isDone });

const event = (type: string, sourceposition: string): SourceEvent =>
  ({ type, op: 'update', sourceposition }) as SourceEvent;
const batchOf = (...events: SourceEvent[]) => ({ events, atomic: false, confirm: () => undefined });
const eventsOf = ({ events }: ChangeBatch): SourceEvent[] => events as SourceEvent[];
const shown = (batch: ChangeBatch): string[] =>
  eventsOf(batch).map(({ type, op, sourceposition }) => `${type} ${op} ${sourceposition}`);

t.test('every batch goes back to the least position until the positions are new', async (t) => {
  const progress = { epoch: 'e', snapshots: { 'public.people': snapshot(false), 'public.pets': snapshot(true) } };
  const repeated = new RepeatedBegins(MAPPINGS, progress, 700n);
  const first = repeated.before(batchOf(event('p.people', '650.1.0'), event('p.pets', '650.2.0')));
  t.same(shown(first), ['p.people snapshot_begin 0.0.0', 'p.people update 650.1.0', 'p.pets update 650.2.0']);
  t.equal(eventsOf(first)[0]?.snapshotid, 's');
  t.same(shown(repeated.before(batchOf())), []);
  t.same(shown(repeated.before(batchOf(event('p.people', '700.1.0')))).length, 2);
  t.same(shown(repeated.before(batchOf(event('p.people', '701.1.0')))).length, 2, 'it may still pass a failed one');
  t.same(shown(repeated.before(batchOf(event('p.people', '702.1.0')))), ['p.people update 702.1.0']);
});

t.test('a snapshot that has not begun goes back too, each entry by itself', async (t) => {
  const repeated = new RepeatedBegins(MAPPINGS, { epoch: 'e', snapshots: {} }, 700n);
  const pets = repeated.before(batchOf(event('p.pets', '710.0.0')));
  t.same(shown(pets), ['p.pets snapshot_begin 0.0.0', 'p.pets update 710.0.0']);
  const people = repeated.before(batchOf(event('p.people', '720.0.0'), event('p.pets', '720.0.0')));
  t.same(shown(people), ['p.people snapshot_begin 0.0.0', 'p.people update 720.0.0', 'p.pets update 720.0.0']);
});
