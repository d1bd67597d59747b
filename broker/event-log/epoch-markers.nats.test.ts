import t, { type Test } from 'tap';
import { connect, startNats } from '../../tests/support/nats/nats.js';
import { ensureStreams } from '../nats/streams.js';
import { EpochMarkers } from './epoch-markers.js';
import { readEpochMarker, startEpoch } from './log-epochs.js';

/** Processes that have read the log so far, on one store. */
async function setUp(t: Test, ...heads: number[]) {
  const bus = await connect(t, await startNats(t));
  const processes = [];
  for (const head of heads) {
    const store = await ensureStreams(bus, { partitions: 1, replicas: 1 });
    const reported: number[] = [];
    const onEpochChanged = (partition: number) => reported.push(partition);
    const warn = (message: string, error?: unknown) => t.fail(message, { error });
    processes.push({
      store,
      reported,
      marks: new EpochMarkers({ bus, store, headOf: () => head, onEpochChanged, warn }),
    });
  }
  return { bus, processes };
}

t.test('a broker that lags does not lower the marker of a log', async (t) => {
  const { bus, processes } = await setUp(t, 1000, 500, 1500);
  for (const { marks } of processes.slice(0, 2)) await marks.drain();
  t.equal((await readEpochMarker(bus, 0))?.marker.position, 1000);
  await processes[2]?.marks.drain();
  t.equal((await readEpochMarker(bus, 0))?.marker.position, 1500);
});

t.test('a broker that is overtaken between reading and writing does not lower the marker', async (t) => {
  const { bus, processes } = await setUp(t, 500, 1000);
  const [late, ahead] = processes;
  const publish = bus.publisher.publish.bind(bus.publisher);
  bus.publisher.publish = async (message) => {
    bus.publisher.publish = publish;
    await ahead?.marks.drain();
    return publish(message);
  };
  await late?.marks.drain();
  t.equal((await readEpochMarker(bus, 0))?.marker.position, 1000);
});

t.test('a broker that missed a new log epoch writes no marker under the old one and is notified', async (t) => {
  const { bus, processes } = await setUp(t, 1000, 500);
  const [ahead, late] = processes;
  await ahead?.marks.drain();
  const log = await startEpoch(bus, 0, ahead?.store.logs[0] as string);
  await late?.marks.drain();
  t.match((await readEpochMarker(bus, 0))?.marker, { log, position: 0 });
  t.strictSame(late?.reported, [0]);
});

t.test('no marker is written while a new epoch is being agreed on', async (t) => {
  const { bus, processes } = await setUp(t, 1000);
  const [{ store, marks }] = processes as [(typeof processes)[0]];
  store.logs[0] = undefined;
  await marks.drain();
  t.equal(await readEpochMarker(bus, 0), undefined);
});
