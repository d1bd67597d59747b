import type pg from 'pg';
import t from 'tap';
import type { SourceEvent } from '../../../proto/event/event.js';
import { eventually as within } from '../../../tests/support/condition.js';
import type { RecordFormParts } from '../../runtime/mapping/record-form.js';
import type { SnapshotProgress } from '../progress.js';
import { EventEncoder } from '../stream/event-encoder.js';
import type { ChangeMessage } from '../stream/pgoutput-decoder.js';
import { SelectedRow } from '../stream/row-values.js';
import { TableForm } from '../stream/table-form.js';
import { type StreamItem, TransactionReader } from '../stream/transaction-reader.js';
import type { TableMapping } from '../tables/table-mapping.js';
import { InterleavedSnapshots } from './interleaved-snapshots.js';

const WAIT_MS_MAX = 30_000;
const eventually = (check: () => boolean, what: string) => within(check, what, WAIT_MS_MAX);

const read = (text: string): string => text;
const parts: RecordFormParts<number> = {
  entry: 'p.e',
  columns: [{ column: 1, item: 'name', filterable: false, type: 'string', list: false, read }],
  key: [0],
  identifier: { item: 'id', read },
  hasFilterable: false,
};
const form = new TableForm(parts);
const mapping = {
  name: 'public.t',
  oid: 1,
  entry: 'p.e',
  key: ['id'],
  columns: ['id', 'name'],
  config: { schema: 'public', table: 't' },
  facts: { oid: '1' },
  byIndex: () => parts,
} as unknown as TableMapping;
const ORIGIN = { origin: 'o', validFrom: '0', filterable: '' };
const BEGUN: SnapshotProgress = { id: 's', lastKey: undefined, isDone: false, ...ORIGIN };

const change = (commitLsn: bigint, subject: string, more: object = {}): StreamItem & { kind: 'changes' } => ({
  kind: 'changes',
  commitLsn,
  xid: Number(commitLsn),
  time: '',
  changes: [{ mapping, form, index: 1, ordinal: 0, before: undefined, after: new SelectedRow([subject, 'new']) }],
  rereads: [],
  isWhole: true,
  endLsn: commitLsn + 10n,
  ...more,
});

/** A table of rows `1`, `2` … in chunks of two, at a server that answers when the test says so. */
class ScriptedServer {
  lsn = 100n;
  /** Statements that wait for their answer, in order. */
  readonly asked: { text: string; answer: () => void }[] = [];
  selects = 0;
  snapshot = '1000000:1000000:';
  writers: string[] = [];
  readonly #isHeld: boolean;

  constructor(
    private readonly rows: number,
    { isHeld }: { isHeld: boolean } = { isHeld: false },
  ) {
    this.#isHeld = isHeld;
  }

  readonly client = {
    query: (query: string | { text: string; values: string[] }, values: string[] = []) => {
      const text = typeof query === 'string' ? query : query.text;
      const given = typeof query === 'string' ? values : query.values;
      const result = { rows: this.#answer(text, given) };
      if (!this.#isHeld || !text.includes('FROM ONLY')) return Promise.resolve(result);
      return new Promise((resolve) => this.asked.push({ text, answer: () => resolve(result) }));
    },
  } as unknown as pg.Client;

  #answer(text: string, [last = '0']: string[]): unknown[] {
    if (text.includes('pg_current_snapshot')) return [{ snapshot: this.snapshot }];
    if (text.includes('pg_locks')) return this.writers.map((one) => ({ one }));
    if (text.includes('insert_lsn')) return [{ lsn: `0/${this.lsn.toString(16)}` }];
    if (text.includes('emit_message')) this.lsn += 100n;
    if (!text.includes('FROM ONLY')) return [];
    this.selects++;
    const from = Number(last) + 1;
    const rows: string[][] = [];
    for (let id = from; id <= Math.min(this.rows, from + 1); id++) rows.push([String(id), 'old']);
    return rows;
  }
}

function open(server: ScriptedServer, progress: Record<string, SnapshotProgress> = { 'public.t': BEGUN }) {
  let arrived = 0;
  const errors: unknown[] = [];
  const snapshots = new InterleavedSnapshots({
    client: server.client,
    rowsMax: 2,
    mappings: [mapping],
    progress,
    origins: new Map([['public.t', ORIGIN]]),
    onChunk: () => arrived++,
    onError: (error) => errors.push(error),
    onWait: () => undefined,
  });
  const take = (lsn: bigint) => {
    const chunk = snapshots.takeBefore(lsn);
    if (!chunk) return undefined;
    const batches = [...chunk.eventBatches(new EventEncoder('e'), snapshots.firstIndexOf(chunk))];
    return batches.flatMap(({ events }) => events.map(({ text }) => JSON.parse(text) as SourceEvent));
  };
  const arrivals = (count: number) => eventually(() => arrived >= count, `${count} chunks`);
  return { snapshots, take, arrivals, errors };
}

const END = 1n << 60n;
const shown = (
  events: { op: string; subject?: string | null | undefined; sourceposition?: string | undefined }[] | undefined,
) => events?.map(({ op, subject, sourceposition }) => `${op} ${subject ?? ''} ${sourceposition}`);

t.test('several chunks are read ahead, and no more', async (t) => {
  const server = new ScriptedServer(100);
  const { snapshots, take, arrivals } = open(server);
  snapshots.readAhead();
  await arrivals(4);
  t.equal(server.selects, 4);
  t.equal(take(99n), undefined, 'the stream has not passed it');
  t.same(shown(take(100n)), ['snapshot 1 100.0.0', 'snapshot 2 100.0.1']);
  t.equal(take(199n), undefined);
  snapshots.readAhead();
  await arrivals(5);
  t.equal(server.selects, 5);
});

t.test('rows are requested once the begin is returned', async (t) => {
  const server = new ScriptedServer(1);
  const { snapshots, take, arrivals } = open(server, {});
  snapshots.readAhead();
  await arrivals(1);
  snapshots.readAhead();
  t.equal(server.selects, 0);
  t.same(shown(take(END)), ['snapshot_begin  100.0.0']);
  snapshots.readAhead();
  await arrivals(2);
  t.same(shown(take(END)), ['snapshot 1 200.0.0', 'snapshot_end  200.0.1']);
  snapshots.readAhead();
  t.equal(server.selects, 1, 'nothing is left to read');
});

t.test('a chunk that arrives late is placed behind what the stream has returned, without it', async (t) => {
  const server = new ScriptedServer(2, { isHeld: true });
  const { snapshots, take, arrivals } = open(server);
  snapshots.readAhead();
  await eventually(() => server.asked.length === 1, 'the statement');
  snapshots.changed(change(700n, '1'));
  server.asked[0]!.answer();
  await arrivals(1);
  snapshots.changed(change(750n, '7'));
  t.equal(take(700n), undefined, 'a later part of that transaction comes first');
  t.same(shown(take(800n)), ['snapshot 2 701.0.0']);
});

t.test('chunks at one place in the stream have positions of their own', async (t) => {
  const server = new ScriptedServer(3, { isHeld: true });
  const { snapshots, take, arrivals } = open(server);
  snapshots.readAhead();
  await eventually(() => server.asked.length === 1, 'the first statement');
  snapshots.changed(change(700n, '9'));
  server.asked[0]!.answer();
  await eventually(() => server.asked.length === 2, 'the second statement');
  server.asked[1]!.answer();
  await arrivals(2);
  const positions = [take(END), take(END)].flatMap((events) => events!.map((one) => one.sourceposition!));
  t.same(positions.slice(0, 2), ['701.0.0', '701.0.1']);
  t.equal(positions.length, 4);
  const indexes = positions.map((position) => Number(position.split('.')[2]));
  t.same(
    indexes,
    [...new Set(indexes)].sort((a, b) => a - b),
  );
});

t.test('a change of a record removes it from every chunk in flight', async (t) => {
  const server = new ScriptedServer(5);
  const { snapshots, take, arrivals } = open(server);
  snapshots.readAhead();
  await arrivals(3);
  snapshots.changed(change(50n, '3'));
  snapshots.changed(change(60n, '5'));
  const events = [take(END), take(END), take(END)].flatMap((batch) => batch!);
  t.same(
    events.map(({ op, subject }) => subject ?? op),
    ['1', '2', '4', 'snapshot_end'],
  );
});

t.test('a table that is read again drops its chunks, those in flight included', async (t) => {
  const server = new ScriptedServer(100, { isHeld: true });
  const { snapshots, take, arrivals } = open(server);
  snapshots.readAhead();
  await eventually(() => server.asked.length === 1, 'the first statement');
  server.asked[0]!.answer();
  await eventually(() => server.asked.length === 2, 'the second statement');
  snapshots.changed(change(700n, '9', { rereads: [mapping] }));
  server.asked[1]!.answer();
  await arrivals(3);
  const [begin] = take(END)!;
  t.equal(begin?.op, 'snapshot_begin');
  t.not(begin?.snapshotid, 's');
  t.equal(take(END), undefined);
});

t.test('a chunk is read once the returned transactions are visible to it', async (t) => {
  const server = new ScriptedServer(1);
  const { snapshots, arrivals } = open(server);
  server.snapshot = '700:701:700';
  snapshots.changed(change(700n, '1'));
  snapshots.readAhead();
  await new Promise((resolve) => setImmediate(resolve));
  t.equal(server.selects, 0, 'the commit of 700 is on disk and not visible yet');
  server.snapshot = '701:701:';
  await arrivals(1);
  t.equal(server.selects, 1);
});

t.test('a snapshot that continues waits for those who were writing to the table', async (t) => {
  const server = new ScriptedServer(1);
  const { snapshots, arrivals } = open(server);
  server.writers = ['3/7'];
  snapshots.readAhead();
  await new Promise((resolve) => setImmediate(resolve));
  t.equal(server.selects, 0, 'the stream of an earlier session may have returned what they wrote');
  server.writers = ['3/8'];
  await arrivals(1);
  t.equal(server.selects, 1, 'a later writer is none of them');
});

/** The stream of a session that begins again with a transaction that an earlier one has returned. */
function replayed(commitLsn: bigint, subject: string, validFrom: bigint): StreamItem[] {
  const columns = [{ name: 'id' }, { name: 'name' }];
  const relation = { tag: 'relation', relationOid: 1, columns, replicaIdentity: 'full' };
  const messages = [
    { tag: 'begin', commitLsn, commitMs: 0, xid: 7 },
    relation,
    { tag: 'row', relation, before: undefined, after: new SelectedRow([subject, 'new']) },
    { tag: 'commit', endLsn: commitLsn + 10n },
  ] as unknown as ChangeMessage[];
  const reader = new TransactionReader([mapping], () => validFrom);
  return messages.flatMap((message) => reader.read(message));
}

t.test('a replayed change from before the begin leaves its record in the snapshot', async (t) => {
  const server = new ScriptedServer(1);
  const { snapshots, arrivals } = open(server, {});
  snapshots.changed(change(700n, '1'));
  snapshots.readAhead();
  await arrivals(1);
  const begun = snapshots.takeBefore(END)!.read!;
  t.equal(begun.lsn, 701n, 'the change is published before the begin');
  const later = open(server, { 'public.t': begun.after });
  later.snapshots.readAhead();
  for (const item of replayed(700n, '1', BigInt(begun.after.validFrom!)))
    if (item.kind === 'changes') later.snapshots.changed(item);
  await later.arrivals(1);
  const rows = later.snapshots.takeBefore(END)!.read!;
  t.same([...rows.rows.keys()], ['1'], 'else receivers would drop it at the end of the snapshot');
  t.equal(rows.after.validFrom, '701', 'a third session gets the change once more');
});

t.test('a failed statement is reported once, and nothing more is read', async (t) => {
  const server = new ScriptedServer(1);
  const { snapshots, errors } = open(server);
  const failing = server.client as { query: unknown };
  failing.query = () => Promise.reject(new Error('gone'));
  snapshots.readAhead();
  await eventually(() => errors.length > 0, 'the error');
  snapshots.readAhead();
  await new Promise((resolve) => setImmediate(resolve));
  t.equal(errors.length, 1);
});
