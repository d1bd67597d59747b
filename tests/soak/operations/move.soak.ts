import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { applyBundle } from '../../support/broker/broker.js';
import { CLUSTER_BUNDLE } from '../../support/nats/cluster-bus.js';
import { ClusterLoad } from '../../support/nats/cluster-load.js';
import { temporaryFolder } from '../../support/nats/nats.js';
import { NatsCluster } from '../../support/nats/nats-cluster.js';
import { documented, Installation } from './installation.js';
import { OperatedBus } from './operated-bus.js';

const SOAK_MS_MAX = 900_000;
const EVENTS_BETWEEN = 200;
const YAML = 'partitions: 3\nheartbeatMs: 1000\n';

t.setTimeout(SOAK_MS_MAX);

t.test('a bus moves from its own server to a cluster of three and back under load', async (t) => {
  t.setTimeout(SOAK_MS_MAX);
  const nats = await NatsCluster.start(t);
  const bus = await OperatedBus.create(t, 1);
  const version = new Installation();
  await bus.start(0, version, YAML, { SLUICE_SECRET: '' });
  await applyBundle(bus.nextUrl, CLUSTER_BUNDLE);
  const load = new ClusterLoad(t, bus);
  await load.untilMore(EVENTS_BETWEEN);

  await bus.stop();
  const home = bus.dataFolder();
  const there = await version.run(
    await documented('sluice store copy --from /var/lib/sluice --to nats://bus:…@10.0.0.1:4222 --replicas 3', {
      '/var/lib/sluice': home,
      'nats://bus:…@10.0.0.1:4222': nats.urls,
    }),
  );
  t.equal(there.exitCode, 0, there.err);
  const secret = (await readFile(join(home, 'secret'), 'utf8')).trim();
  const outside = { SLUICE_NATS: nats.urls, SLUICE_SECRET: secret };
  await bus.start(0, version, `${YAML}replicas: 3\n`, outside);
  await load.untilMore(EVENTS_BETWEEN);

  await bus.stop();
  const back = join(await temporaryFolder(t), 'back');
  const home2 = await version.run(['store', 'copy', '--from', nats.urls, '--to', back, '--replicas', '1']);
  t.equal(home2.exitCode, 0, home2.err);
  await bus.start(0, version, YAML, { SLUICE_DATA: back, SLUICE_SECRET: secret });
  await load.untilMore(EVENTS_BETWEEN);

  await load.settle();
  t.comment(`${load.storedCount} events`);
  load.check(t);
  load.checkEpochs(t);
});
