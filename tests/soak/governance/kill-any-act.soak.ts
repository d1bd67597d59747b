import { setTimeout as delay } from 'node:timers/promises';
import t, { type Test } from 'tap';
import type { LedgerRecord } from '../../../broker/ledger/record.js';
import type { BrokerProcess } from '../../support/broker/broker-process.js';
import { openLedger } from '../../support/broker/ledger.js';
import { eventually } from '../../support/condition.js';
import { dueApplication } from '../../support/lawful/due-application.js';
import { found, type LawfulClient } from '../../support/lawful/lawful-bus.js';
import { CALENDARS } from '../../support/lawful/people.js';
import { BrokerProcesses } from '../../support/lawful/walk/broker-processes.js';
import { WALK_PEOPLE } from '../../support/lawful/walk/officers.js';
import { walk } from '../../support/lawful/walk/random-walk.js';
import type { WalkBus } from '../../support/lawful/walk/walk-bus.js';
import { connect, temporaryFolder } from '../../support/nats/nats.js';
import { SeededRandom } from '../../support/seeded-random.js';
import { AsideActs, isOfAsideActs } from './aside-acts.js';
import { projectionDifferences } from './compared-projections.js';
import { lawfulProcesses } from './lawful-processes.js';

const KILLS = Number(process.env.SLUICE_SOAK_KILLS || 100);
const ACTS_PER_KILL = Number(process.env.SLUICE_SOAK_ACTS_PER_KILL || 10);
const BROKERS = 2;
/** A kill hits within this of the sending of the acts, which take some 10 ms. */
const STRIKE_MS_MAX = 40;
const SOAK_MS_MAX = 2 * 60 * 60 * 1000;

t.setTimeout(SOAK_MS_MAX);

t.test(`a bus tells the same after each of ${KILLS} kills amid acts of every machine`, async (t) => {
  t.setTimeout(SOAK_MS_MAX);
  const random = SeededRandom.fromEnvironment('SLUICE_WALK_SEED');
  t.comment(`seed ${random.seed}; set SLUICE_WALK_SEED, SLUICE_SOAK_KILLS, SLUICE_SOAK_ACTS_PER_KILL`);
  const brokers = await BrokerProcesses.start(t, BROKERS);
  await found(brokers.clients[0]!, WALK_PEOPLE);
  const bus = await watchedBus(t, brokers);
  const progress = (line: string): void => t.comment(line);
  const walker = await walk(bus, { acts: KILLS * ACTS_PER_KILL, random, killEvery: ACTS_PER_KILL, progress });
  t.comment(`${bus.kills} kills, ${bus.aside.done.acts} acts beside the walk, ${bus.aside.done.answered} answered`);
  t.strictSame(walker.mismatches, [], 'each act of the walk is wholly there or not at all');
  t.strictSame(bus.faults, [], 'so is each act beside it, and no projection differs from a fresh one');
  t.equal(bus.kills, KILLS);
  t.strictSame(bus.doneTwice(), [], 'nothing was done twice');
});

/** The brokers of a walk: while one is killed, acts beside the walk are in flight; then what it left is compared. */
async function watchedBus(t: Test, brokers: BrokerProcesses) {
  const records: LedgerRecord[] = [];
  const ledger = await openLedger(t, await connect(t, brokers.nats), [(record) => void records.push(record)]);
  const folder = await temporaryFolder(t);
  const aside = new AsideActs();
  const bus = {
    aside,
    faults: [] as object[],
    kills: 0,
    clients: brokers.clients,
    isBeside: isOfAsideActs,
    kill: async (index: number): Promise<void> => {
      const landed = await aside.send(brokers.clients[index] as LawfulClient);
      await delay(Math.random() * STRIKE_MS_MAX);
      await brokers.kill(index);
      await landed();
      bus.kills++;
    },
    restart: async (index: number, fresh: boolean): Promise<void> => {
      bus.faults.push(...(await projectionDifferences(ledger, brokers.projectionOf(index), folder)));
      await brokers.restart(index, fresh);
      bus.faults.push(...(await aside.repeat(brokers.clients[index] as LawfulClient)));
      if (bus.faults.length > 0) t.comment(JSON.stringify(bus.faults.at(-1)));
    },
    doneTwice: (): string[] => {
      const made = records.filter((one) => one.act === 'create' && one.kind === 'contract' && isOfAsideActs(one));
      const numbers = made.map(({ document }) => (document as { number: string }).number);
      return numbers.filter((number, index) => numbers.indexOf(number) !== index);
    },
  };
  return bus satisfies WalkBus;
}

const COUNT = 3_000;
const BEFORE = '2026-02-27T10:00:00+08:00';

t.test('a kill between a calendar and its clocks leaves no clock by the old one', async (t) => {
  t.setTimeout(SOAK_MS_MAX);
  const bus = await lawfulProcesses(t, BEFORE);
  const records: LedgerRecord[] = [];
  const acts = (name: string): LedgerRecord[] => records.filter(({ act }) => act === name);
  let broker: BrokerProcess | undefined;
  let killed: Promise<void> | undefined;
  const killAtCalendar = ({ id, act }: LedgerRecord): void => {
    if (id === 'cn@2026.2' && act === 'create') killed ??= broker?.kill();
  };
  const folds = [(record: LedgerRecord) => void records.push(record), killAtCalendar];
  const ledger = await openLedger(t, await connect(t, bus.nats), folds, () => Date.parse(BEFORE));
  await ledger.appendAll(() => Array.from({ length: COUNT }, (_, i) => dueApplication(i)));
  const first = await bus.spawn();
  broker = first;
  const known = CALENDARS[1] as { off: string[] };
  const moved = { ...known, off: [...known.off, '2026-02-26'] };
  await bus.call(first.url, 'huang', 'POST', '/v1/calendars', moved).catch(() => undefined);
  await killed;
  const atKill = acts('recomputed').length;
  t.comment(`${atKill} of ${COUNT} clocks were computed when the broker ended`);
  t.ok(killed && atKill < COUNT, 'it ended before the last clock');
  const second = await bus.spawn(first.dataDir);
  await eventually(() => acts('clocks-recomputed').length > 0, 'the end of the computation', 120_000);
  t.equal(acts('recomputed').length, COUNT);
  t.equal(new Set(acts('recomputed').map(({ id }) => id)).size, COUNT, 'each once');
  t.strictSame(acts('overdue'), []);
  const { body } = await bus.call(second.url, 'lin', 'GET', `/v1/applications/ap-${COUNT - 1}`);
  t.match(body, { clocks: [{ id: 'D4', due: '2026-02-28', calendar: 'cn@2026.2', state: 'running' }] });
});
