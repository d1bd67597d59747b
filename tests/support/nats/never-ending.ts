import t from 'tap';
import { startBroker } from '../broker/broker.js';
import { spawnBroker } from '../broker/broker-process.js';
import { startNats, temporaryFolder } from './nats.js';

/** A test that prints the ids of what it started and never ends, until it is killed. */
t.test('a test that does not end', async (t) => {
  const nats = await startNats(t);
  await startBroker(t);
  const { child } = await spawnBroker(t, await temporaryFolder(t));
  console.log(JSON.stringify({ server: nats.pid, broker: child.pid }));
  await new Promise(() => setInterval(() => {}, 1_000));
});
