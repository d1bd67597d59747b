import t, { type Test } from 'tap';
import { lifeInStore } from '../../tests/support/broker/truncated-log.js';
import { connect, startNats } from '../../tests/support/nats/nats.js';
import { ensureStreams, setEpoch } from '../nats/streams.js';
import { readEpochMarker, resolveEpoch, startEpoch } from './log-epochs.js';

async function setUp(t: Test) {
  const server = await startNats(t);
  const bus = await connect(t, server);
  const { logs } = await ensureStreams(bus, { partitions: 1, replicas: 1 });
  return { server, bus, first: logs[0] as string };
}

t.test('processes that start a new epoch at the same moment agree on one', async (t) => {
  const { server, bus, first } = await setUp(t);
  const processes = await Promise.all(Array.from({ length: 6 }, () => connect(t, server)));
  const epochs = await Promise.all(processes.map((process) => startEpoch(process, 0, first)));
  t.not(epochs[0], first);
  t.strictSame([...new Set(epochs)], [await lifeInStore(bus)]);
});

t.test('a process that is overtaken adopts the epoch that was decided', async (t) => {
  const { server, bus, first } = await setUp(t);
  const slow = await connect(t, server);
  const publish = slow.publisher.publish.bind(slow.publisher);
  let decided: string | undefined;
  slow.publisher.publish = async (message) => {
    decided ??= await startEpoch(bus, 0, first);
    return publish(message);
  };
  t.equal(await startEpoch(slow, 0, first), decided);
  t.equal(await lifeInStore(bus), decided);
  t.equal((await readEpochMarker(bus, 0))?.marker.log, decided, 'and how far that one goes is known');
});

t.test('a late process adopts the present epoch; one that knows it can start another', async (t) => {
  const { bus, first } = await setUp(t);
  const second = await startEpoch(bus, 0, first);
  t.equal(await startEpoch(bus, 0, first), second);
  t.equal((await readEpochMarker(bus, 0))?.marker.log, second);
  const third = await startEpoch(bus, 0, second);
  t.notOk([first, second].includes(third));
  t.equal(await lifeInStore(bus), third);
});

t.test('a new epoch that was decided and not written to the stream is written by the next process', async (t) => {
  const { server, bus, first } = await setUp(t);
  const dying = await connect(t, server);
  dying.jsm.streams.update = () => Promise.reject(new Error('died'));
  await t.rejects(startEpoch(dying, 0, first), { message: 'died' });
  const decided = (await readEpochMarker(bus, 0))?.marker.log as string;
  t.not(decided, first);
  t.equal(await lifeInStore(bus), first);
  t.equal((await resolveEpoch(bus, 0)).log, decided);
  t.equal(await lifeInStore(bus), decided);
});

t.test('a writer that missed two epochs does not resurrect an old one', async (t) => {
  const { bus, first } = await setUp(t);
  const second = await startEpoch(bus, 0, first);
  const fourth = await startEpoch(bus, 0, await startEpoch(bus, 0, second));
  await setEpoch(bus, await bus.jsm.streams.info('EV_0'), second);
  t.equal((await resolveEpoch(bus, 0)).log, fourth);
  t.equal(await lifeInStore(bus), fourth);
});
