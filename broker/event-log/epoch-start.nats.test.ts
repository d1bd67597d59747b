import t from 'tap';
import { connect, startNats } from '../../tests/support/nats/nats.js';
import { ensureStreams, eventStream } from '../nats/streams.js';
import { EpochMarkers } from './epoch-markers.js';
import { startEpochsOfAllLogs, startEpochsOfTruncatedLogs } from './epoch-start.js';

const ignore = () => {};

t.test('a truncated log gets a new epoch, other logs keep theirs', async (t) => {
  const server = await startNats(t);
  const bus = await connect(t, server);
  const store = await ensureStreams(bus, { partitions: 2, replicas: 1 });
  const before = [...store.logs];
  for (const partition of [0, 1]) {
    for (let i = 0; i < 3; i++)
      await bus.publisher.publish({ subject: `ev.${partition}.a.b.c`, data: Buffer.from('x') });
  }
  const marks = new EpochMarkers({ bus, store, headOf: () => 3, onEpochChanged: ignore, warn: ignore });
  await marks.drain();
  t.same(await startEpochsOfTruncatedLogs(bus, store), [], 'nothing is missing');

  // A restore from before the last events: the stream under the same name and epoch, but shorter.
  const { config } = await bus.jsm.streams.info(eventStream(1));
  await bus.jsm.streams.delete(eventStream(1));
  await bus.jsm.streams.add(config);
  await bus.publisher.publish({ subject: 'ev.1.a.b.c', data: Buffer.from('x') });
  const another = await ensureStreams(await connect(t, server), { partitions: 2, replicas: 1 });
  const starting = [store, another].map((one) => startEpochsOfTruncatedLogs(bus, one));
  t.ok((await Promise.all(starting)).flat().includes(1));
  t.strictSame(store.logs, another.logs, 'brokers that start at the same moment agree');
  t.equal(store.logs[0], before[0]);
  t.not(store.logs[1], before[1]);
  t.same(await startEpochsOfTruncatedLogs(bus, store), [], 'nothing is missing from the new epoch');
});

t.test('a store that was restored as a whole gets new epochs when the operator says so', async (t) => {
  const bus = await connect(t, await startNats(t));
  const store = await ensureStreams(bus, { partitions: 2, replicas: 1 });
  const before = [...store.logs];
  await startEpochsOfAllLogs(bus, store);
  for (const [partition, log] of store.logs.entries()) t.not(log, before[partition]);
  t.same((await ensureStreams(bus, { partitions: 2, replicas: 1 })).logs, store.logs, 'the next start finds them');
});
