import t from 'tap';
import type { SluiceError } from '../../../proto/errors.js';
import { connect, startNats } from '../../../tests/support/nats/nats.js';
import { ensureStreams } from '../../nats/streams.js';
import { CursorStore } from './cursor-store.js';

async function openStore(t: Parameters<typeof startNats>[0]): Promise<CursorStore> {
  const bus = await connect(t, await startNats(t));
  await ensureStreams(bus, { partitions: 1, replicas: 1 });
  const store = new CursorStore(bus, () => {});
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
