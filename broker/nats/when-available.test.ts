import { JetStreamApiError } from '@nats-io/jetstream';
import t from 'tap';
import { whenAvailable } from './when-available.js';

const noPeers = (reason: string) =>
  new JetStreamApiError({ code: 400, err_code: 10005, description: `no suitable peers for placement${reason}` });

t.test('a start waits for a server of the cluster that counts as offline', async (t) => {
  let calls = 0;
  const stream = await whenAvailable(async () => {
    if (++calls === 1) throw noPeers(', peer offline');
    return 'stream';
  });
  t.equal(stream, 'stream');
});

t.test('a start ends at once when the cluster has too few servers', async (t) => {
  let calls = 0;
  const start = whenAvailable(async () => {
    calls++;
    throw noPeers('');
  });
  await t.rejects(start, /no suitable peers/);
  t.equal(calls, 1);
});
