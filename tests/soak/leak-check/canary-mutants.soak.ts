import { join } from 'node:path';
import t, { type Test } from 'tap';
import { startCanary, type TestCanary } from '../../journeys/canary/canary-run.js';
import { applyBundle } from '../../support/broker/broker.js';
import { brokerCopy } from '../../support/broker/broker-copy.js';
import { spawnBroker } from '../../support/broker/broker-process.js';
import { eventually } from '../../support/condition.js';
import { temporaryFolder } from '../../support/nats/nats.js';
import { BREAKS_A_TRANSPORT, CANARY_MUTANTS } from './canary-mutants.js';

const SOAK_MS_MAX = 3_600_000;
const WAIT_MS = 180_000;
/** With the copy and the start of the broker. */
const FAULT_MS_MAX = 2 * WAIT_MS;
/** Those of a new store by default. */
const PARTITIONS = 4;
const ROUNDS_MAX = 2;
const ROUNDS = 'sluice_canary_rounds_total';
const LEAKS = 'sluice_canary_leaks_total';
const AUDITOR_TOKEN = 'auditor-token-of-this-soak';

const AUDITOR = {
  parties: [{ id: 'audit', name: 'Audit', level: 'city', regionCode: '350100' }],
  officers: [{ id: 'auditor', party: 'audit', roles: ['auditor'], token: AUDITOR_TOKEN }],
};

t.setTimeout(SOAK_MS_MAX);

/** A broker as a process, perhaps with a fault, and its canary. */
async function watched(t: Test, main?: string): Promise<TestCanary> {
  const folder = await temporaryFolder(t);
  const env = { SLUICE_LOG_LEVEL: 'fatal' };
  const { url } = await spawnBroker(t, join(folder, 'data'), env, main);
  await applyBundle(url, AUDITOR);
  return startCanary(t, url, { auditToken: AUDITOR_TOKEN });
}

const roundsOf = async (canary: TestCanary): Promise<number> =>
  (await canary.sum(ROUNDS, { transport: 'sse' })) / PARTITIONS;

t.test('a broker without a fault has no finding', async (t) => {
  const canary = await watched(t);
  await eventually(async () => (await roundsOf(canary)) > 2 * ROUNDS_MAX, 'some rounds', WAIT_MS);
  t.equal(await canary.sum(LEAKS), 0, canary.log());
  t.equal(await canary.sum(ROUNDS, { outcome: 'missed' }), 0, canary.log());
});

for (const [fault, mutations] of Object.entries(CANARY_MUTANTS)) {
  t.test(`a fault is found within two rounds: ${fault}`, async (t) => {
    t.setTimeout(FAULT_MS_MAX);
    const canary = await watched(t, await brokerCopy(t, ...mutations));
    const isFound = async (): Promise<boolean> =>
      (BREAKS_A_TRANSPORT.has(fault) ? await canary.sum(ROUNDS, { outcome: 'missed' }) : await canary.sum(LEAKS)) > 0;
    await eventually(async () => (await isFound()) || (await roundsOf(canary)) > ROUNDS_MAX, 'two rounds', WAIT_MS);
    t.ok(await isFound(), canary.log());
  });
}
