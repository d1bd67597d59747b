import t from 'tap';
import { usageOf } from '../../../bench/processes/process-usage.js';
import type { LedgerRecord } from '../../../broker/ledger/record.js';
import type { BrokerProcess } from '../../support/broker/broker-process.js';
import { openLedger } from '../../support/broker/ledger.js';
import { eventually } from '../../support/condition.js';
import { dueApplication, LATE_FROM } from '../../support/lawful/due-application.js';
import { connect } from '../../support/nats/nats.js';
import { lawfulProcesses } from './lawful-processes.js';

/** Clocks that are due at one midnight. */
const COUNT = Number(process.env.SLUICE_SOAK_CLOCKS ?? 10_000);
const SECONDS_MAX = Number(process.env.SLUICE_SOAK_SECONDS ?? 10);
const BEFORE = '2026-02-27T10:00:00+08:00';
/** One broker is killed when so many are on record. */
const KILLED_AFTER = COUNT / 4;

/** Records that a broker has appended. */
async function appended({ url }: BrokerProcess): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  return [...text.matchAll(/^sluice_ledger_appended_total\{[^}]*\} (\d+)/gm)].reduce(
    (sum, [, n]) => sum + Number(n),
    0,
  );
}

/** CPU seconds show the cost of the work on a machine that has other work as well. */
const cpuSeconds = async ({ child }: BrokerProcess): Promise<number> =>
  (await usageOf(child.pid as number))?.cpuSeconds ?? Number.NaN;

t.setTimeout(900_000);

t.test('clocks that are due at one midnight are recorded once, though the broker that does it is killed', async (t) => {
  t.setTimeout(900_000);
  const bus = await lawfulProcesses(t, BEFORE);
  const records: LedgerRecord[] = [];
  const link = await connect(t, bus.nats);
  const ledger = await openLedger(t, link, [(record) => records.push(record)], () => Date.parse(BEFORE));
  await ledger.appendAll(() => Array.from({ length: COUNT }, (_, i) => dueApplication(i)));
  const brokers = [await bus.spawn(), await bus.spawn(), await bus.spawn()];
  const overdue = (): LedgerRecord[] => records.filter(({ act }) => act === 'overdue');
  const first = brokers[0] as BrokerProcess;
  const cpuBefore = await Promise.all(brokers.map(cpuSeconds));
  const startedAt = performance.now();
  // The broker that is asked may be the one that is killed, so its answer does not count.
  const jumped = bus.call(first.url, 'pan', 'POST', '/v1/clock', { now: LATE_FROM }).catch(() => undefined);
  await eventually(() => overdue().length >= KILLED_AFTER, 'a quarter of the clocks', 300_000);
  const counts = await Promise.all(brokers.map(appended));
  const busiest = brokers[counts.indexOf(Math.max(...counts))] as BrokerProcess;
  const cpuAtKill = await Promise.all(brokers.map(cpuSeconds));
  await busiest.kill();
  const killedAt = performance.now();
  await eventually(() => overdue().length >= COUNT, 'all clocks', 600_000);
  const seconds = (performance.now() - startedAt) / 1000;
  const cpu = await Promise.all(
    brokers.map(async (one, i) => (one === busiest ? cpuAtKill[i] : await cpuSeconds(one)) as number),
  );
  t.comment(
    `CPU seconds of the brokers: ${cpu.map((value, i) => (value - (cpuBefore[i] as number)).toFixed(1)).join(', ')}`,
  );
  t.comment(
    `${COUNT} clocks in ${seconds.toFixed(1)} s, ${((performance.now() - killedAt) / 1000).toFixed(1)} s after the kill`,
  );
  await jumped;
  await eventually(
    () => records.filter(({ act }) => act === 'clock-reached').length >= 2,
    'the time to be reached',
    60_000,
  );
  const late = overdue();
  const violations = records.filter(({ kind, act }) => kind === 'violation' && act === 'create');
  t.equal(late.length, COUNT, 'each once');
  t.equal(new Set(late.map(({ id }) => id)).size, COUNT);
  t.equal(violations.length, COUNT, 'with one violation each');
  t.equal(new Set(violations.map(({ document }) => (document as { about: { id: string } }).about.id)).size, COUNT);
  t.ok(late.every(({ time }) => Date.parse(time) >= Date.parse(LATE_FROM)));
  t.ok(seconds <= SECONDS_MAX, `in ${SECONDS_MAX} s`);
});
