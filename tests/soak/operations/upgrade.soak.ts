import t from 'tap';
import { applyBundle, OPERATOR_TOKEN } from '../../support/broker/broker.js';
import { CLUSTER_BUNDLE } from '../../support/nats/cluster-bus.js';
import { ClusterLoad } from '../../support/nats/cluster-load.js';
import { NatsCluster } from '../../support/nats/nats-cluster.js';
import { earlierBuild } from './earlier-build.js';
import { Installation } from './installation.js';
import { OperatedBus } from './operated-bus.js';

const SOAK_MS_MAX = 1_800_000;
const EVENTS_BETWEEN = 200;

t.setTimeout(SOAK_MS_MAX);

t.test('an earlier build', async (t) => {
  t.setTimeout(SOAK_MS_MAX);
  const earlier = await earlierBuild(t);
  if (typeof earlier === 'string') {
    t.pass('skipped', { skip: earlier });
    return;
  }
  const current = new Installation();

  await t.test('one broker is upgraded, taken back and upgraded again on its store', async (t) => {
    const bus = await OperatedBus.create(t, 1);
    const start = (version: Installation) => bus.start(0, version, 'partitions: 3\nheartbeatMs: 1000\n');
    await start(earlier);
    await applyBundle(bus.nextUrl, CLUSTER_BUNDLE);
    const load = new ClusterLoad(t, bus);
    await load.untilMore(EVENTS_BETWEEN);
    for (const version of [current, earlier, current]) {
      await bus.stop();
      await start(version);
      await load.untilMore(EVENTS_BETWEEN);
    }
    await load.settle();
    t.comment(`${load.storedCount} events`);
    load.check(t);
    load.checkEpochs(t);
    const verified = await current.run(['ledger', 'verify'], { SLUICE_URL: bus.nextUrl, SLUICE_TOKEN: OPERATOR_TOKEN });
    t.equal(verified.exitCode, 0, `${verified.out}${verified.err}`);
  });

  await t.test('two versions serve one cluster side by side, there and back', async (t) => {
    const nats = await NatsCluster.start(t);
    const bus = await OperatedBus.create(t, 2);
    const start = (index: number, version: Installation) =>
      bus.start(index, version, 'replicas: 3\npartitions: 3\nheartbeatMs: 1000\n', { SLUICE_NATS: nats.urls });
    for (const index of [0, 1]) await start(index, earlier);
    await applyBundle(bus.nextUrl, CLUSTER_BUNDLE);
    const load = new ClusterLoad(t, bus);
    await load.untilMore(EVENTS_BETWEEN);
    for (const version of [current, earlier]) {
      for (const index of [0, 1]) {
        await bus.stop(index);
        await start(index, version);
        await load.untilMore(EVENTS_BETWEEN);
      }
    }
    await load.settle();
    t.comment(`${load.storedCount} events`);
    load.check(t);
    load.checkEpochs(t);
  });
});
