import t from 'tap';
import { applyBundle } from '../../support/broker/broker.js';
import { CLUSTER_BUNDLE } from '../../support/nats/cluster-bus.js';
import { ClusterLoad } from '../../support/nats/cluster-load.js';
import { NatsCluster } from '../../support/nats/nats-cluster.js';
import { Installation } from './installation.js';
import { OperatedBus } from './operated-bus.js';

const SOAK_MS_MAX = 900_000;
const EVENTS_BETWEEN = 200;
const BROKERS = 3;
const SERVERS = 3;

t.setTimeout(SOAK_MS_MAX);

t.test('brokers, then nats-servers, are restarted one after the other under load', async (t) => {
  t.setTimeout(SOAK_MS_MAX);
  const nats = await NatsCluster.start(t);
  const bus = await OperatedBus.create(t, BROKERS);
  const version = new Installation();
  const start = (index: number) =>
    bus.start(index, version, 'replicas: 3\npartitions: 3\nheartbeatMs: 1000\n', { SLUICE_NATS: nats.urls });
  for (let index = 0; index < BROKERS; index++) await start(index);
  await applyBundle(bus.nextUrl, CLUSTER_BUNDLE);
  const load = new ClusterLoad(t, bus);
  await load.untilMore(EVENTS_BETWEEN);

  for (let index = 0; index < BROKERS; index++) {
    await bus.stop(index);
    await start(index);
    await load.untilMore(EVENTS_BETWEEN);
  }
  for (let index = 0; index < SERVERS; index++) {
    await nats.stop(index);
    await nats.restart(index);
    await load.untilMore(EVENTS_BETWEEN);
  }

  await load.settle();
  t.comment(`${load.storedCount} events`);
  load.check(t);
  load.checkEpochs(t);
});
