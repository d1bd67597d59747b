import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { applyBundle, OPERATOR_TOKEN, startBroker } from '../../support/broker/broker.js';
import { type BrokerProcess, spawnBroker } from '../../support/broker/broker-process.js';
import { PERMIT_BUNDLE, PERMIT_PUBLISHER, PERMIT_SUBSCRIBER, permitEvent } from '../../support/broker/permit-bundle.js';
import { startNats, temporaryFolder } from '../../support/nats/nats.js';
import { RawSession } from '../../support/raw-client/raw-client.js';
import { mustCall } from '../../support/raw-client/raw-http.js';
import type { RawSubscription } from '../../support/raw-client/raw-subscription.js';

const STALE_MS = 3_000;

interface Served {
  url: string;
}

/** Two brokers in this process, and one that can be frozen. */
async function startBrokers(t: Test): Promise<[Served, Served, BrokerProcess]> {
  const nats = await startNats(t);
  const folder = await temporaryFolder(t);
  const settings = join(folder, 'sluice.yaml');
  await writeFile(settings, `ledgerSightMs: ${STALE_MS}\npartitions: 1\nheartbeatMs: 1000\n`);
  const address = new URL(nats.url.includes('://') ? nats.url : `nats://${nats.url}`);
  Object.assign(address, { username: nats.user, password: nats.pass });
  const env = { SLUICE_NATS: address.href, SLUICE_CONFIG: settings };
  const config = { ledgerSightMs: STALE_MS, partitions: 1, heartbeatMs: 1000 };
  const here = () => startBroker(t, { nats, config });
  return Promise.all([here(), here(), spawnBroker(t, join(folder, 'frozen'), env)]);
}

const publish = ({ url }: Served, id: string): Promise<unknown> =>
  mustCall({ url, token: PERMIT_PUBLISHER }, 'POST', '/v1/events', permitEvent(id), 'application/cloudevents+json');

/** How long the answer to an act on the grant took. */
async function act({ url }: Served, name: string): Promise<number> {
  const startedAtMs = performance.now();
  await mustCall({ url, token: OPERATOR_TOKEN }, 'POST', `/v1/grants/g/${name}`, JSON.stringify({ reason: 'test' }));
  return performance.now() - startedAtMs;
}

/** One session on each broker, up to date. */
async function follow(brokers: readonly Served[], cursor: string): Promise<RawSubscription[]> {
  return Promise.all(
    brokers.map(async ({ url }, index) => {
      const session = await RawSession.open({ url, token: PERMIT_SUBSCRIBER, encoding: 'sluice.v1.json' });
      const subscription = await session.subscribe({ grant: 'g', cursor: `${cursor}-${index}`, from: 'earliest' });
      await subscription.until(() => subscription.isCaughtUp, 'the end of the log');
      return subscription;
    }),
  );
}

t.test('the answer to a suspension comes when no broker delivers under the grant', { timeout: 60_000 }, async (t) => {
  const brokers = await startBrokers(t);
  const [first, second, third] = brokers;
  await applyBundle(first.url, PERMIT_BUNDLE);

  await t.test('before a ledger is stale where all brokers are alive', async (t) => {
    const subscriptions = await follow(brokers, 'alive');
    await publish(first, 'before');
    await Promise.all(subscriptions.map((one) => one.until(() => one.events.length === 1, 'the event')));
    const tookMs = await act(first, 'suspend');
    t.comment(`answered after ${Math.round(tookMs)} ms`);
    t.ok(tookMs < STALE_MS, `answered after ${tookMs} ms, before any ledger could be stale`);
    await publish(second, 'after');
    await Promise.all(subscriptions.map((one) => one.until(() => one.ended !== undefined, 'the end')));
    for (const { ended, events, breaches } of subscriptions) {
      t.match({ code: ended?.code, events: events.length, breaches }, { code: 'REVOKED', events: 1, breaches: [] });
    }
  });

  await t.test(
    'once its ledger is stale where a broker is frozen, which delivers nothing when it goes on',
    async (t) => {
      await act(first, 'restore');
      const subscriptions = await follow(brokers, 'frozen');
      const frozen = subscriptions[2] as RawSubscription;
      const received = frozen.events.length;
      third.child.kill('SIGSTOP');
      t.teardown(() => third.child.kill('SIGCONT'));
      await publish(first, 'while frozen');
      const tookMs = await act(second, 'suspend');
      t.comment(`answered after ${Math.round(tookMs)} ms with ledgerSightMs ${STALE_MS}`);
      t.ok(tookMs > STALE_MS / 2, `answered after ${tookMs} ms`);
      third.child.kill('SIGCONT');
      await frozen.until(() => frozen.ended !== undefined || frozen.isLost, 'the end');
      t.equal(frozen.events.length, received, 'what had come to the frozen broker was not delivered');
      t.ok((await act(first, 'terminate')) < STALE_MS, 'the broker that goes on confirms again');
    },
  );
});
