import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { SUBPROTOCOLS } from '../../../proto/frames/frames.js';
import { applyBundle } from '../../support/broker/broker.js';
import { brokerCopy } from '../../support/broker/broker-copy.js';
import { type BrokerProcess, spawnBroker } from '../../support/broker/broker-process.js';
import { eventually } from '../../support/condition.js';
import { temporaryFolder } from '../../support/nats/nats.js';
import { RawSession } from '../../support/raw-client/raw-client.js';
import { MUTANTS } from './mutants.js';
import { NARROW, NEXT_VERSION, READER_TOKEN, WATCHED_BUNDLE, WATCHED_GRANTS } from './watched-bundle.js';

const SOAK_MS_MAX = 3_600_000;
const WAIT_MS = 180_000;
/** With the copy and the start of the broker. */
const FAULT_MS_MAX = 2 * WAIT_MS;
const ROUNDS_MAX = 2;
const ROUNDS_WITHOUT_FAULT = 4;

t.setTimeout(SOAK_MS_MAX);

interface Seen {
  findings: number;
  rounds: number;
  views: number;
}

async function seen({ url }: BrokerProcess): Promise<Seen> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const sum = (name: string): number =>
    [...text.matchAll(new RegExp(`^${name}(?:\\{[^}]*\\})? (\\d+)`, 'gm'))].reduce(
      (all, [, value]) => all + Number(value),
      0,
    );
  return {
    findings: sum('sluice_leak_check_findings_total'),
    rounds: sum('sluice_leak_check_rounds_total'),
    views: sum('sluice_leak_check_views_total'),
  };
}

/** A broker, perhaps with a fault, with three live subscriptions of each grant. */
async function watched(t: Test, main?: string): Promise<BrokerProcess> {
  const folder = await temporaryFolder(t);
  const config = join(folder, 'sluice.yaml');
  await writeFile(config, 'durability: relaxed\nleakCheck: { intervalMs: 100, cpuPercent: 50 }\n');
  const broker = await spawnBroker(t, join(folder, 'data'), { SLUICE_CONFIG: config, SLUICE_LOG_LEVEL: 'fatal' }, main);
  await applyBundle(broker.url, WATCHED_BUNDLE);
  await applyBundle(broker.url, NEXT_VERSION);
  for (const encoding of SUBPROTOCOLS) {
    const session = await RawSession.open({ url: broker.url, token: READER_TOKEN, encoding });
    t.teardown(() => session.close());
    for (const grant of WATCHED_GRANTS) {
      const narrow = grant === 'g-narrowed' ? NARROW : undefined;
      await session.subscribe({ grant, cursor: encoding.replaceAll('.', '-'), from: 'latest', narrow });
    }
  }
  return broker;
}

t.test('a broker without a fault has no finding', async (t) => {
  const broker = await watched(t);
  const isDone = async (): Promise<boolean> => {
    const { rounds, views } = await seen(broker);
    return (
      rounds >= ROUNDS_WITHOUT_FAULT && views >= ROUNDS_WITHOUT_FAULT * WATCHED_GRANTS.length * SUBPROTOCOLS.length
    );
  };
  await eventually(isDone, 'some rounds over all views', WAIT_MS);
  t.equal((await seen(broker)).findings, 0, broker.log());
});

for (const [fault, mutation] of Object.entries(MUTANTS)) {
  t.test(`a fault is found within two rounds: ${fault}`, async (t) => {
    t.setTimeout(FAULT_MS_MAX);
    const broker = await watched(t, await brokerCopy(t, mutation));
    const before = await seen(broker);
    // The round that runs while the subscriptions are opened is not a whole one.
    const isOver = async (): Promise<boolean> => {
      const { findings, rounds } = await seen(broker);
      return findings > 0 || rounds > before.rounds + ROUNDS_MAX;
    };
    await eventually(isOver, 'two rounds', WAIT_MS);
    t.ok((await seen(broker)).findings > 0, fault);
    t.match(broker.log(), 'LEAK CHECK');
  });
}
