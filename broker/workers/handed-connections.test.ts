import cluster, { type Address, type Worker } from 'node:cluster';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { fresh } from '../../tests/support/broker/worker-pool.js';
import { eventually } from '../../tests/support/condition.js';
import { HandedConnections } from './handed-connections.js';

const WAIT_MS = 10_000;

cluster.setupPrimary({ exec: fileURLToPath(new URL('../../tests/support/nats/cluster-server.js', import.meta.url)) });

t.test('a connection on its way to a worker that is killed is closed, so that its client connects again', async (t) => {
  const worker: Worker = cluster.fork();
  t.teardown(() => worker.process.kill('SIGKILL'));
  const handed = HandedConnections.of(worker);
  const [{ address, port }] = (await once(worker, 'listening')) as [Address];
  const url = `http://${address}:${port}`;

  t.equal((await fresh(url, '/')).text, 'served');
  // The worker's confirmation may come after its first answer.
  await eventually(() => handed.size === 0, 'a confirmed connection to be forgotten', WAIT_MS);

  worker.process.kill('SIGSTOP');
  const call = fresh(url, '/').then(
    () => 'answered',
    (error: NodeJS.ErrnoException) => error.code,
  );
  await eventually(() => handed.size === 1, 'the connection to be handed over', WAIT_MS);
  worker.process.kill('SIGKILL');
  t.equal(await call, 'ECONNRESET', 'the client sees the connection closed');
});
