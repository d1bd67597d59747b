import t, { type Test } from 'tap';
import { connect, startNats } from '../../tests/support/nats/nats.js';
import { Metrics } from '../metrics/metrics.js';
import type { Bus } from '../nats/bus.js';
import { StoreUnavailableError } from '../nats/store-errors.js';
import { ensureStreams } from '../nats/streams.js';
import type { OutMessage } from '../nats/write/out-message.js';
import type { PubAck } from '../nats/write/publisher.js';
import { hashOf } from './chain.js';
import { Ledger } from './ledger.js';
import type { LedgerBrokenError } from './ledger-errors.js';
import { type Act, encodeRecord, type LedgerRecord } from './record.js';

const act = (id: string, document: unknown = {}): Act => ({
  kind: 'party',
  id,
  act: 'put',
  actor: 'officer:tester',
  document,
});

async function emptyLedger(
  t: Test,
): Promise<{ bus: Bus; open: (bus?: Bus) => Promise<Opened>; another: () => Promise<Bus> }> {
  const server = await startNats(t);
  const bus = await connect(t, server);
  await ensureStreams(bus, { partitions: 1, replicas: 1 });
  return { bus, open: (on = bus) => openLedger(t, on), another: () => connect(t, server, 'another') };
}

interface Opened {
  ledger: Ledger;
  folded: LedgerRecord[];
}

async function openLedger(t: Test, bus: Bus, onBroken?: (error: LedgerBrokenError) => void): Promise<Opened> {
  const folded: LedgerRecord[] = [];
  const ledger = await Ledger.open({
    bus,
    metrics: new Metrics().ledger,
    clock: Date.now,
    staleAfterMs: 5_000,
    folds: [(record) => folded.push(record)],
    onBroken,
  });
  t.teardown(() => ledger.close());
  return { ledger, folded };
}

t.test('an act is folded when append resolves, and read by the next start', async (t) => {
  const { open } = await emptyLedger(t);
  const first = await open();
  const record = await first.ledger.append(() => act('a', { name: '民政局' }));
  t.equal(record?.seq, 1);
  t.same(first.folded, [record]);
  t.ok(first.ledger.isFresh);
  const second = await open();
  t.same(second.folded, [record]);
  t.equal(second.folded[0]?.prev, '');
});

t.test('a guard that decides on nothing appends nothing', async (t) => {
  const { open } = await emptyLedger(t);
  const { ledger } = await open();
  t.equal(await ledger.append(() => undefined), undefined);
  t.equal(ledger.head, 0);
});

t.test('an error of a guard reaches its caller and does not stop the next act', async (t) => {
  const { open } = await emptyLedger(t);
  const { ledger } = await open();
  await t.rejects(
    ledger.append(() => {
      throw new Error('not allowed');
    }),
    { message: 'not allowed' },
  );
  t.ok(await ledger.append(() => act('a')));
});

t.test(
  'two brokers that append at once keep one chain, and each guard runs again after an act of the other',
  async (t) => {
    const { open, another } = await emptyLedger(t);
    const [one, two] = [await open(), await open(await another())];
    const takeNumber = ({ ledger, folded }: Opened) =>
      ledger.append(() => act(`p${folded.length}`, { number: folded.length }));
    const rounds = Array.from({ length: 40 }, (_, i) => takeNumber(i % 2 ? one : two));
    await Promise.all(rounds);
    const ids = (await one.ledger.read({ limit: 100 })).map((record) => record.id);
    t.same(
      ids,
      Array.from({ length: 40 }, (_, i) => `p${i}`),
      'no number was given twice',
    );
    t.match(await two.ledger.verify(), { records: 40 });
  },
);

t.test('thousands of acts are stored as chained batches, also several of one subject', async (t) => {
  const { open } = await emptyLedger(t);
  const { ledger, folded } = await open();
  const acts = Array.from({ length: 2_500 }, (_, i) => act(`p${i % 2_000}`, { i }));
  const records = await ledger.appendAll(() => acts);
  t.equal(records.length, 2_500);
  t.equal(folded.length, 2_500);
  t.same(records.at(-1)?.document, { i: 2_499 });
  t.match(await ledger.verify(), { records: 2_500 });
});

t.test('a guard that reads for a while runs again when another broker has acted meanwhile', async (t) => {
  const { open, another } = await emptyLedger(t);
  const [one, two] = [await open(), await open(await another())];
  const heads: number[] = [];
  const records = await one.ledger.appendAll(async (head) => {
    heads.push(head);
    if (heads.length === 1) {
      await two.ledger.append(() => act('faster'));
      await until(() => one.ledger.head === 1);
    }
    return [act(`after-${head}`)];
  });
  t.same(heads, [0, 1]);
  t.match(records, [{ seq: 2, id: 'after-1' }]);
});

t.test('a guard that refuses is asked once more when another broker has acted meanwhile', async (t) => {
  const { open, another } = await emptyLedger(t);
  const [one, two] = [await open(), await open(await another())];
  const heads: number[] = [];
  const decide = (refusals: number) => async (head: number) => {
    heads.push(head);
    if (heads.length === 1) await two.ledger.append(() => act('faster'));
    if (heads.length <= refusals) throw new RangeError(`refused at ${head}`);
    return [act(`after-${head}`)];
  };
  t.match(await one.ledger.appendAll(decide(1)), [{ seq: 2, id: 'after-1' }]);
  t.same(heads, [0, 1]);
  heads.length = 0;
  await t.rejects(one.ledger.appendAll(decide(9)), { message: 'refused at 3' });
  t.same(heads, [2, 3], 'once, however much others do');
  heads.length = 1;
  await t.rejects(one.ledger.appendAll(decide(9)), { message: 'refused at 3' });
  t.same(heads.slice(1), [3], 'and not when there is nothing new');
});

t.test('a guard that decides for nothing is asked once more when another broker has acted meanwhile', async (t) => {
  const { open, another } = await emptyLedger(t);
  const [one, two] = [await open(), await open(await another())];
  const heads: number[] = [];
  const records = await one.ledger.appendAll(async (head) => {
    heads.push(head);
    if (heads.length === 1) await two.ledger.append(() => act('faster'));
    return [];
  });
  t.same(records, []);
  t.same(heads, [0, 1]);
});

t.test('two brokers whose guards read asynchronously never decide on the same state', async (t) => {
  const { open, another } = await emptyLedger(t);
  const [one, two] = [await open(), await open(await another())];
  const take = ({ ledger, folded }: Opened) =>
    ledger.appendAll(async () => {
      const number = folded.length;
      await new Promise((resolve) => setImmediate(resolve));
      return [act(`p${number}`)];
    });
  await Promise.all(Array.from({ length: 20 }, (_, i) => take(i % 2 ? one : two)));
  const ids = (await one.ledger.read({ limit: 100 })).map((record) => record.id);
  t.same(
    ids,
    Array.from({ length: 20 }, (_, i) => `p${i}`),
  );
});

t.test('acts that have to be one batch are refused when they are too many, and none is stored', async (t) => {
  const { open } = await emptyLedger(t);
  const { ledger } = await open();
  const acts = (count: number): Act[] => Array.from({ length: count }, (_, i) => act(`p${i}`));
  await t.rejects(
    ledger.appendAll(() => acts(1_001), { atomic: true }),
    { code: 'TOO_LARGE' },
  );
  const large = 'x'.repeat(600_000);
  await t.rejects(
    ledger.appendAll(() => Array.from({ length: 30 }, (_, i) => ({ ...act(`p${i}`), step: { large } })), {
      atomic: true,
    }),
    { code: 'TOO_LARGE' },
  );
  t.equal(ledger.head, 0);
  t.equal((await ledger.appendAll(() => acts(1_000), { atomic: true })).length, 1_000);
});

t.test('records are read by kind and by id', async (t) => {
  const { open } = await emptyLedger(t);
  const { ledger } = await open();
  await ledger.appendAll(() => [act('a'), { ...act('x.y'), kind: 'entry' }, act('b'), act('a')]);
  t.same(
    (await ledger.read({ kind: 'party', id: 'a', limit: 10 })).map((r) => r.seq),
    [1, 4],
  );
  t.same(
    (await ledger.read({ kind: 'entry', limit: 10 })).map((r) => r.id),
    ['x.y'],
  );
  t.same(
    (await ledger.read({ after: 2, limit: 1 })).map((r) => r.seq),
    [3],
  );
});

t.test('a forged record is found by verify, stops a running broker and keeps another from starting', async (t) => {
  const { bus, open } = await emptyLedger(t);
  let broken: LedgerBrokenError | undefined;
  const { ledger, folded } = await openLedger(t, bus, (error) => {
    broken = error;
  });
  await ledger.append(() => act('a'));
  const forged = encodeRecord(act('b', { forged: true }), {
    time: new Date().toISOString(),
    prev: hashOf(Buffer.from('guess')),
    nonce: '',
  });
  await bus.publisher.publish({ subject: 'ledger.party.b', data: forged });
  t.match(await ledger.verify(), { brokenAt: 2, why: /hash/ });
  await until(() => broken !== undefined);
  t.equal(folded.length, 1, 'the forged record is not believed');
  t.notOk(ledger.isFresh);
  await t.rejects(
    ledger.append(() => act('c')),
    { code: 'STORE_UNAVAILABLE' },
  );
  await t.rejects(open(), { name: 'LedgerBrokenError', seq: 2 });
});

t.test('a record under the subject of another object breaks the ledger', async (t) => {
  const { bus, open } = await emptyLedger(t);
  const data = encodeRecord(act('a'), { time: new Date().toISOString(), prev: '', nonce: '' });
  await bus.publisher.publish({ subject: 'ledger.party.b', data });
  await t.rejects(open(), { name: 'LedgerBrokenError', seq: 1, message: /another subject/ });
});

t.test('an act whose acknowledgement was lost is read back, not written twice', async (t) => {
  const { bus } = await emptyLedger(t);
  const { ledger, folded } = await openLedger(
    t,
    withPublish(bus, async (message) => {
      await bus.publisher.publish(message);
      throw new StoreUnavailableError('the answer was lost', true);
    }),
  );
  t.equal((await ledger.append(() => act('a')))?.id, 'a');
  t.equal((await ledger.append(() => act('b')))?.seq, 2);
  t.equal(folded.length, 2);
  t.match(await ledger.verify(), { records: 2 });
});

t.test('an act that was lost in transit is sent again', async (t) => {
  const { bus } = await emptyLedger(t);
  let losses = 2;
  const { ledger } = await openLedger(
    t,
    withPublish(bus, (message) => {
      if (losses-- > 0) throw new StoreUnavailableError('the request was lost', true);
      return bus.publisher.publish(message);
    }),
  );
  t.equal((await ledger.append(() => act('a')))?.seq, 1);
  t.match(await ledger.verify(), { records: 1 });
});

/** The same connection, except for what happens to single messages on their way. */
function withPublish(bus: Bus, publish: (message: OutMessage) => Promise<PubAck>): Bus {
  return Object.create(bus, {
    nc: { value: bus.nc },
    jsm: { value: bus.jsm },
    publisher: { value: { publish } },
    newInbox: { value: () => bus.newInbox() },
    isUp: { value: () => bus.isUp() },
    onStatus: { value: (listener: (up: boolean) => void) => bus.onStatus(listener) },
  }) as Bus;
}

t.test('many records are read, checked and folded', async (t) => {
  const { open } = await emptyLedger(t);
  const { ledger } = await open();
  const document = { name: { zh: '企业登记信息', en: 'Business registration' }, text: 'x'.repeat(800) };
  await ledger.appendAll(() => Array.from({ length: 5_000 }, (_, i) => act(`p${i}`, document)));
  t.equal((await open()).folded.length, 5_000);
});

async function until(condition: () => boolean): Promise<void> {
  for (let i = 0; i < 500 && !condition(); i++) await new Promise((resolve) => setTimeout(resolve, 10));
}
