import cluster, { type Address, type Worker } from 'node:cluster';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { fresh } from '../../tests/support/broker/worker-pool.js';
import { eventually } from '../../tests/support/condition.js';
import { HandedConnections } from './handed-connections.js';

const WAIT_MS = 10_000;

cluster.setupPrimary({ exec: fileURLToPath(new URL('../../tests/support/nats/cluster-server.js', import.meta.url)) });

t.test('connections on their way to a worker', async (t) => {
  const worker: Worker = cluster.fork();
  t.teardown(() => worker.process.kill('SIGKILL'));
  const handed = HandedConnections.of(worker);
  const [{ address, port }] = (await once(worker, 'listening')) as [Address];
  const url = `http://${address}:${port}`;

  t.equal((await fresh(url, '/')).text, 'served');
  // The worker's word that it has it may come after its first answer.
  await eventually(() => handed.size === 0, 'one that is there to be on its way no more', WAIT_MS);

  worker.process.kill('SIGSTOP');
  const call = fresh(url, '/').then(
    () => 'answered',
    (error: NodeJS.ErrnoException) => error.code,
  );
  await eventually(() => handed.size === 1, 'the connection to be handed over', WAIT_MS);
  worker.process.kill('SIGKILL');
  t.equal(await call, 'ECONNRESET', 'are closed when it is killed, so that their clients connect again');
});
