import { once } from 'node:events';
import { realpathSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import t from 'tap';
import { processesWithArgument } from '../../../broker/nats/server/process-list.js';
import { spawnBroker } from '../../support/broker/broker-process.js';
import { ENTRY, REFUSAL_BUNDLE, TOKENS } from '../../support/broker/refusal-bundle.js';
import { temporaryFolder } from '../../support/nats/nats.js';
import { RawSession } from '../../support/raw-client/raw-client.js';
import { applyBundle, call, publishBatch } from '../../support/raw-client/raw-http.js';

const event = (id: string) => ({
  specversion: '1.0' as const,
  id,
  type: ENTRY,
  subject: id,
  op: 'create' as const,
  data: { id },
});

t.test(
  'a killed broker resumes where it was, without another token for the operator; a drained one leaves no process behind',
  async (t) => {
    const folder = await temporaryFolder(t);
    const first = await spawnBroker(t, folder, { SLUICE_BOOTSTRAP_TOKEN: '' });
    const [, token = ''] = /shown this once: (\S+)/.exec(first.output()) ?? [];
    await applyBundle({ url: first.url, token }, REFUSAL_BUNDLE);
    await publishBatch({ url: first.url, token: TOKENS.source }, [event('a'), event('b')]);
    const session = await RawSession.open({ url: first.url, token: TOKENS.reader, encoding: 'sluice.v1.json' });
    const before = await session.subscribe({ grant: 'g-shops' });
    await session.until(() => before.events.length === 2, 'both events');
    before.ack(1);
    await session.until(() => before.acked.includes(1), 'the cursor to be stored');
    await first.kill();

    const second = await spawnBroker(t, folder, { SLUICE_BOOTSTRAP_TOKEN: '' });
    t.notMatch(second.output(), /shown this once/, 'the token is generated and printed once');
    t.equal((await call({ url: second.url, token }, 'GET', '/v1/ledger')).status, 200);
    const again = await RawSession.open({ url: second.url, token: TOKENS.reader, encoding: 'sluice.v1.json' });
    const after = await again.subscribe({ grant: 'g-shops' });
    t.equal(after.subscribed.log, before.subscribed.log, 'the log has the same epoch');
    t.equal(after.subscribed.position, 1);
    await publishBatch({ url: second.url, token: TOKENS.source }, [event('c')]);
    await again.until(() => after.events.length === 2, 'what was not acknowledged, and what is new');
    t.same(
      after.events.map(({ position, subject }) => [position, subject]),
      [
        [2, 'b'],
        [3, 'c'],
      ],
    );

    const closed = again.until(() => again.closed !== undefined, 'the goodbye');
    t.equal(await second.stop(), 0);
    await closed;
    t.equal(again.closed?.code, 1001);
    const configFile = join(realpathSync(folder), 'nats', 'nats-server.conf');
    t.same(await processesWithArgument(configFile), [], 'no nats-server is left');
  },
);

t.test('a first start that finds its port in use prints the token of the operator all the same', async (t) => {
  const folder = await temporaryFolder(t);
  const other = createServer().listen(0, '127.0.0.1');
  t.teardown(() => other.close());
  await once(other, 'listening');
  const { port } = other.address() as AddressInfo;
  const failed = await spawnBroker(t, folder, { SLUICE_BOOTSTRAP_TOKEN: '', SLUICE_PORT: String(port) }).catch(
    (error: Error) => error.message,
  );
  t.match(failed, /ended with 1: .*shown this once: \S+\n.*EADDRINUSE/s);
  const [, token = ''] = /shown this once: (\S+)/.exec(String(failed)) ?? [];
  const second = await spawnBroker(t, folder, { SLUICE_BOOTSTRAP_TOKEN: '' });
  t.equal((await call({ url: second.url, token }, 'GET', '/v1/ledger')).status, 200);
});
