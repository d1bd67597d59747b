import t from 'tap';
import type { SluiceError } from '../../../proto/errors.js';
import { eventually } from '../../../tests/support/condition.js';
import { connect, startNats } from '../../../tests/support/nats/nats.js';
import type { Bus } from '../../nats/bus.js';
import { ensureStreams } from '../../nats/streams.js';
import { type CursorBound, CursorStore } from './cursor-store.js';

async function openStore(
  t: Parameters<typeof startNats>[0],
  given?: Bus,
  onCheckpoint: (cursors: number, ms: number) => void = () => {},
  bound?: CursorBound,
): Promise<CursorStore> {
  const bus = given ?? (await connect(t, await startNats(t)));
  await ensureStreams(bus, { partitions: 1, replicas: 1 });
  const store = new CursorStore(bus, onCheckpoint, bound);
  store.start();
  return store;
}

const REQUEST = { grant: 'g', name: 'default', log: 'life', narrowing: '' };

t.test('one of two simultaneous claims on a cursor is rejected with SUPERSEDED', async (t) => {
  const store = await openStore(t);
  // The first write is in flight when both come, so they are due for the same batch.
  const another = store.claim({ ...REQUEST, name: 'another' }, undefined);
  const claims = await Promise.allSettled([1, 2].map(() => store.claim(REQUEST, undefined)));
  await another;
  t.strictSame(claims.map(({ status }) => status).sort(), ['fulfilled', 'rejected']);
  const lost = claims.find(({ status }) => status === 'rejected') as PromiseRejectedResult;
  t.equal((lost.reason as SluiceError).code, 'SUPERSEDED');
});

t.test('a cursor released while an older position is being written has its newest position stored', async (t) => {
  const store = await openStore(t);
  const cursor = await store.claim(REQUEST, undefined);
  store.advance(cursor, 5);
  await new Promise(setImmediate);
  store.advance(cursor, 9);
  await store.release(cursor);
  t.equal(cursor.stored, 9);
  t.equal((await store.load('g', 'default', ''))?.record.position, 9);
});

t.test('simultaneous acknowledgements of one cursor on two brokers do not supersede each other', async (t) => {
  const nats = await startNats(t);
  const stores = [await openStore(t, await connect(t, nats)), await openStore(t, await connect(t, nats))];
  const { grant, name, log } = REQUEST;
  const request = { grant, name, log, narrowing: undefined };
  const positions = Array.from({ length: 10 }, (_, i) => i + 1);
  const answers = await Promise.all(
    positions.map((position) => (stores[position % 2] as CursorStore).acknowledge(request, position)),
  );
  t.ok(answers.every((answer, i) => answer >= (positions[i] as number)));
  t.equal((await stores[0]?.load('g', 'default', ''))?.record.position, 10);
});

t.test('a claim that a truncated store has lost is made again and not taken for superseded', async (t) => {
  const bus = await connect(t, await startNats(t));
  const store = await openStore(t, bus);
  const call = '$JS.API.STREAM.MSG.GET.CURSORS';
  await store.release(await store.claim(REQUEST, undefined));
  const older = await bus.nc.request(call, JSON.stringify({ last_by_subj: 'cursor.g.default' }));
  // Claim times have milliseconds.
  await new Promise((resolve) => setTimeout(resolve, 5));
  const cursor = await store.claim(REQUEST, await store.load('g', 'default', ''));
  let isFenced = false;
  let reads = 0;
  const stored = new Promise<number>((resolve) => {
    cursor.owner = {
      onStored: resolve,
      onFenced: () => {
        isFenced = true;
        resolve(0);
      },
    };
  });
  const ask = bus.leader.ask.bind(bus.leader);
  bus.leader.ask = async (subject, body) => (subject === call && reads++ < 12 ? older : ask(subject, body));
  for (let i = 0; i < 9; i++) {
    bus.nc.publish('sluice.claimed.g.default', JSON.stringify({ subject: 'cursor.g.default', claim: 'another' }));
    await bus.nc.flush();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  store.advance(cursor, 7);
  t.equal(await stored, 7);
  t.notOk(isFenced);
  t.ok(reads > 8, `${reads} reads`);
});

t.test('claims one after another do not wait for the interval of acknowledgements', async (t) => {
  const store = await openStore(t);
  const claims = 20;
  let fastestMs = Number.POSITIVE_INFINITY;
  for (let i = 0; i < claims; i++) {
    const startedAtMs = performance.now();
    const cursor = await store.claim({ ...REQUEST, name: `c${i}` }, undefined);
    // The first has nothing to wait for in any case.
    if (i > 0) fastestMs = Math.min(fastestMs, performance.now() - startedAtMs);
    store.advance(cursor, 1);
  }
  t.ok(fastestMs < 40, `none of them waited less than ${fastestMs} ms, the interval is 250 ms`);
  await store.drain();
});

t.test('a cursor that is acknowledged many times a second is stored a few times', async (t) => {
  let writes = 0;
  const store = await openStore(t, undefined, () => writes++);
  const cursor = await store.claim(REQUEST, undefined);
  writes = 0;
  const startedAtMs = performance.now();
  for (let position = 1; performance.now() - startedAtMs < 1_000; position++) {
    store.advance(cursor, position);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  t.ok(writes >= 1 && writes <= 5, `${writes} writes in a second`);
  await store.release(cursor);
  t.equal((await store.load('g', 'default', ''))?.record.position, cursor.position);
});

t.test('cursors that did not fit into a full batch are stored right after it', async (t) => {
  const batches: { cursors: number; ms: number; endedAtMs: number }[] = [];
  const store = await openStore(t, undefined, (cursors, ms) =>
    batches.push({ cursors, ms, endedAtMs: performance.now() }),
  );
  const names = Array.from({ length: 1_200 }, (_, i) => `c${i}`);
  const cursors = await Promise.all(names.map((name) => store.claim({ ...REQUEST, name }, undefined)));
  batches.splice(0);
  for (const cursor of cursors) store.advance(cursor, 1);
  while (batches.reduce((sum, batch) => sum + batch.cursors, 0) < names.length) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  const full = batches.findIndex((batch) => batch.cursors === 1_000);
  const [first, next] = batches.slice(full) as [(typeof batches)[0], (typeof batches)[0]];
  const waitedMs = next.endedAtMs - next.ms - first.endedAtMs;
  t.ok(waitedMs < 150, `it began ${waitedMs} ms after the full batch`);
  await store.drain();
});

t.test('a cursor is recalled as it was given up, once, until another broker claims it', async (t) => {
  const nats = await startNats(t);
  const buses = [await connect(t, nats), await connect(t, nats)] as const;
  const [store, other] = [await openStore(t, buses[0]), await openStore(t, buses[1])];
  const heard = hearing(buses[0]);
  const giveUpAt = async (position: number): Promise<void> => {
    const cursor = await store.claim(REQUEST, await store.load('g', 'default', ''));
    store.advance(cursor, position);
    t.equal(store.recall('g', 'default', ''), undefined, 'a cursor that is held is not recalled');
    await store.release(cursor);
  };
  await giveUpAt(5);
  const recalled = store.recall('g', 'default', '')?.stored;
  t.equal(recalled?.record.position, 5);
  t.equal(store.recall('g', 'default', ''), undefined);
  const again = await store.claim(REQUEST, recalled);
  t.equal(again.position, 5);
  await store.release(again);
  t.equal(store.recall('g', 'default', 'another narrowing'), undefined);

  await giveUpAt(7);
  const theirs = await other.claim(REQUEST, await other.load('g', 'default', ''));
  await heard(theirs.claim);
  t.equal(store.recall('g', 'default', ''), undefined);
});

t.test('a grant of which the store had no cursor is presumed to have none, once, until one is claimed', async (t) => {
  const nats = await startNats(t);
  const bound = { max: 100, systemOf: () => 'reader', grantsOf: () => ['g', 'new'] };
  const buses = [await connect(t, nats), await connect(t, nats)] as const;
  const [store, other] = [
    await openStore(t, buses[0], undefined, bound),
    await openStore(t, buses[1], undefined, bound),
  ];
  const heard = hearing(buses[0]);
  await other.release(await other.claim({ ...REQUEST, name: 'c1' }, undefined));
  t.equal(store.recall('new', 'default', ''), undefined, 'the store was not asked yet');
  await store.release(await store.claim(REQUEST, undefined));
  t.equal(store.recall('g', 'another', ''), undefined, 'the grant has cursors');
  t.same(store.recall('new', 'default', ''), { stored: undefined });
  t.equal(store.recall('new', 'default', ''), undefined);

  const theirs = await other.claim({ ...REQUEST, grant: 'elsewhere' }, undefined);
  await heard(theirs.claim);
  t.equal(store.recall('elsewhere', 'default', ''), undefined);
});

t.test('a claim upon a presumption that another broker has overtaken is rejected with SUPERSEDED', async (t) => {
  const nats = await startNats(t);
  const bound = { max: 100, systemOf: () => 'reader', grantsOf: () => ['g', 'new'] };
  const [store, other] = [
    await openStore(t, await connect(t, nats), undefined, bound),
    await openStore(t, await connect(t, nats), undefined, bound),
  ];
  await store.claim(REQUEST, undefined);
  const request = { ...REQUEST, grant: 'new' };
  t.same(store.recall('new', 'default', ''), { stored: undefined });
  const theirs = await other.claim(request, undefined);
  await t.rejects(store.claim(request, undefined), { code: 'SUPERSEDED' });
  t.notOk(theirs.fenced);
});

/** Returns what resolves when a broker has heard of a claim. */
function hearing(bus: Bus): (claim: string) => Promise<void> {
  let heard = '';
  bus.nc.subscribe('sluice.claimed.>', {
    callback: (_error, message) => {
      heard += message.string();
    },
  });
  return (claim) => eventually(() => heard.includes(claim), 'the announcement of a claim', 5_000);
}

t.test('claims that are stored together are announced to other brokers in fewer messages', async (t) => {
  const nats = await startNats(t);
  const buses = [await connect(t, nats), await connect(t, nats)] as const;
  const [store, other] = [await openStore(t, buses[0]), await openStore(t, buses[1])];
  const heard = hearing(buses[0]);
  const requests = Array.from({ length: 10 }, (_, i) => ({ ...REQUEST, name: `c${i}` }));
  for (const request of requests) {
    const own = await store.claim(request, undefined);
    await store.release(own);
    await heard(own.claim);
  }
  let messages = 0;
  buses[0].nc.subscribe('sluice.claimed.>', { callback: () => void messages++ });
  await buses[0].nc.flush();
  const stored = await Promise.all(requests.map(({ name }) => other.load('g', name, '')));
  const theirs = await Promise.all(requests.map((request, i) => other.claim(request, stored[i])));
  for (const { claim } of theirs) await heard(claim);
  for (const { name } of requests) t.equal(store.recall('g', name, ''), undefined, `${name} is not recalled`);
  t.ok(messages > 0 && messages < requests.length, `${messages} messages`);
});

t.test('a claim upon a recalled record that is no longer the newest is rejected with SUPERSEDED', async (t) => {
  const store = await openStore(t);
  await store.release(await store.claim(REQUEST, undefined));
  const recalled = store.recall('g', 'default', '')?.stored;
  await store.release(await store.claim(REQUEST, await store.load('g', 'default', '')));
  await t.rejects(store.claim(REQUEST, recalled), { code: 'SUPERSEDED' });
});
