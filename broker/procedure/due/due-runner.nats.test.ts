import { join } from 'node:path';
import t, { type Test } from 'tap';
import { openLedger } from '../../../tests/support/broker/ledger.js';
import { eventually } from '../../../tests/support/condition.js';
import { sampleClock } from '../../../tests/support/lawful/sample-clock.js';
import { connect, startNats, temporaryFolder } from '../../../tests/support/nats/nats.js';
import { BusClock } from '../../ledger/bus-clock.js';
import type { Act, LedgerRecord } from '../../ledger/record.js';
import { ensureStreams } from '../../nats/streams.js';
import type { Clock } from '../clock/clock.js';
import { judged } from '../clock/clock-rules.js';
import type { FileState, ProcedureFile } from '../files/file.js';
import { projectedFiles } from '../projection/projected-files.js';
import { Projection } from '../projection/projection.js';
import { type DecideDue, DueRunner } from './due-runner.js';
import { TestClock } from './test-clock.js';

const START = '2026-02-06T10:00:00+08:00';
const ms = (text: string): number => Date.parse(text);

const clockUntil = (lateFrom: string): Clock => sampleClock({ due: '2026-02-27', lateFrom });

const application = (id: string, state: Partial<FileState>): Act => ({
  kind: 'application',
  id,
  act: 'file',
  actor: 'officer:wu',
  document: {},
  step: { state: { state: 'filed', sides: { provider: 'p' }, clocks: [], memo: {}, about: [], ...state } },
});

const changed = (file: ProcedureFile, act: string, change: Partial<FileState>): Act => {
  const { state, sides, clocks, memo, about } = file;
  const after = { state, sides, clocks, memo, about, ...change };
  return { kind: 'application', id: file.id, act, actor: 'bus', document: {}, step: { state: after, from: state } };
};

/** The late clocks of a file with a violation each, or the end of its period. */
const decide: DecideDue = (file, atMs) => {
  const { endsAt, ...memo } = file.memo;
  if (endsAt !== undefined && ms(endsAt) <= atMs) return [changed(file, 'expire', { state: 'expired', memo })];
  const violation: Act = {
    kind: 'violation',
    id: `vi-${file.id}`,
    act: 'create',
    actor: 'bus',
    document: { about: file.id },
    step: { state: { state: 'open', sides: { own: 'p' }, clocks: [], memo: {}, about: [`applications/${file.id}`] } },
  };
  return [changed(file, 'overdue', { clocks: file.clocks.map((clock) => judged(clock, atMs)) }), violation];
};

const until = (holds: () => boolean, timeoutMs = 20_000) => eventually(holds, String(holds), timeoutMs);

interface Broker {
  records: LedgerRecord[];
  runner: DueRunner;
  append(acts: Act[]): Promise<unknown>;
  set(now: string): Promise<void>;
  noteReached(isNothingDue: () => Promise<boolean>): Promise<void>;
  now(): number;
}

/** Several brokers on one store, each with a ledger, a projection and a runner of its own. */
async function brokers(t: Test, count: number, decideDue: DecideDue = decide): Promise<Broker[]> {
  const server = await startNats(t);
  await ensureStreams(await connect(t, server), { partitions: 1, replicas: 1 });
  const folder = await temporaryFolder(t);
  return Promise.all(Array.from({ length: count }, (_, i) => openBroker(i)));

  async function openBroker(number: number): Promise<Broker> {
    const records: LedgerRecord[] = [];
    const busClock = new BusClock({ wall: Date.now, monotonic: () => performance.now(), onStep: () => {} });
    const testClock = new TestClock();
    const bus = await connect(t, server, `broker-${number}`);
    const ledger = await openLedger(
      t,
      bus,
      [busClock.fold, testClock.fold, (record) => records.push(record)],
      busClock.now,
    );
    const warn = (message: string): void => t.comment(message);
    const projection = new Projection({ ledger, folder: join(folder, String(number)), warn });
    const files = projectedFiles(projection, busClock.now);
    const runner = new DueRunner({
      ledger,
      files,
      clock: busClock.now,
      decideDue,
      warn,
      onNothingDue: (isNothingDue) => testClock.noteReached(ledger, isNothingDue),
    });
    t.teardown(async () => {
      await runner.stop();
      await projection.close();
    });
    return {
      records,
      runner,
      now: busClock.now,
      append: (acts) => ledger.appendAll(() => acts),
      noteReached: (isNothingDue) => testClock.noteReached(ledger, isNothingDue),
      set: async (now) => {
        await testClock.set(ms(now), { actor: 'officer:pan' }, { isTestClock: true, ledger, busClock });
      },
    };
  }
}

const acts = ({ records }: Broker, act: string): string[] =>
  records.filter((record) => record.act === act).map(({ id }) => id);

t.test('what falls due while a test clock jumps is acted on in order of its moment, before the answer', async (t) => {
  const [broker] = (await brokers(t, 1)) as [Broker];
  broker.runner.start();
  await broker.set(START);
  await broker.append([
    application('ap-3', { clocks: [clockUntil('2026-02-28T00:00:00+08:00')] }),
    application('ap-1', {
      memo: { endsAt: '2026-02-10T00:00:00+08:00' },
      clocks: [clockUntil('2026-03-01T00:00:00+08:00')],
    }),
    application('ap-2', { clocks: [clockUntil('2026-02-28T00:00:00+08:00')] }),
    application('ap-4', { clocks: [clockUntil('2026-04-28T00:00:00+08:00')] }),
  ]);
  await broker.set('2026-03-01T00:00:00+08:00');
  const bus = broker.records.filter(({ actor, kind }) => actor === 'bus' && kind === 'application');
  t.same(
    bus.map(({ act, id }) => `${act} ${id}`),
    ['expire ap-1', 'overdue ap-3', 'overdue ap-2', 'overdue ap-1'],
  );
  t.ok(broker.now() >= ms('2026-03-01T00:00:00+08:00') && broker.now() < ms('2026-03-01T00:02:00+08:00'));
  await t.rejects(broker.set('2026-02-28T00:00:00+08:00'), { code: 'CLOCK_BACKWARDS' });
});

t.test('one of several brokers records it, once, and the others go on where the first one stops', async (t) => {
  const [one, two, three] = (await brokers(t, 3)) as [Broker, Broker, Broker];
  const count = 1_500;
  one.runner.start();
  await one.set(START);
  const ids = Array.from({ length: count }, (_, i) => `ap-${i}`);
  await one.append(ids.map((id) => application(id, { clocks: [clockUntil('2026-02-28T00:00:00+08:00')] })));
  for (const broker of [two, three]) broker.runner.start();
  const answered = one.set('2026-03-01T00:00:00+08:00');
  await until(() => acts(two, 'overdue').length > 0);
  await one.runner.stop();
  await answered;
  await until(() => acts(three, 'clock-reached').length === 2);
  t.same([...acts(three, 'overdue')].sort(), [...ids].sort());
  t.equal(new Set(acts(three, 'create')).size, count);
  t.equal(acts(three, 'create').length, count, 'one violation each');
  t.equal(two.now() >= ms('2026-03-01T00:00:00+08:00'), true, 'all have the time that was set');
});

t.test('another setting is a conflict while what fell due is acted on', async (t) => {
  const [broker] = (await brokers(t, 1)) as [Broker];
  const first = broker.set(START);
  await until(() => acts(broker, 'clock-set').length === 1);
  await t.rejects(broker.set('2026-03-01T00:00:00+08:00'), { code: 'CONFLICT' });
  broker.runner.start();
  await first;
});

t.test('a file that another broker was faster on is acted on at its next moment, before the answer', async (t) => {
  const [first, second] = ['2026-02-28T00:00:00+08:00', '2026-03-03T00:00:00+08:00'] as const;
  let isFirst = true;
  const slowly: DecideDue = async (file, atMs, head) => {
    if (!isFirst) return decide(file, atMs, head);
    isFirst = false;
    await two.append(await decide(file, atMs, head));
    return [];
  };
  const [one, two] = (await brokers(t, 2, slowly)) as [Broker, Broker];
  one.runner.start();
  await one.set(START);
  await one.append([application('ap-1', { clocks: [clockUntil(first), clockUntil(second)] })]);
  await one.set(first);
  await one.set(second);
  t.same(acts(one, 'overdue'), ['ap-1', 'ap-1']);
});

t.test('a broker that looked before the time was set again does not say that it is reached', async (t) => {
  const [one, two] = (await brokers(t, 2)) as [Broker, Broker];
  const nothing = async (): Promise<boolean> => true;
  const sets = [two.set(START)];
  await until(() => acts(one, 'clock-set').length === 1);
  await one.noteReached(async () => {
    await two.noteReached(nothing);
    sets.push(two.set('2026-03-01T00:00:00+08:00'));
    await until(() => acts(one, 'clock-set').length === 2);
    return true;
  });
  t.equal(acts(one, 'clock-reached').length, 1);
  await two.noteReached(nothing);
  await Promise.all(sets);
});

t.test('a file on which nothing can be decided is parked and holds up no other', async (t) => {
  const decideDue: DecideDue = (file, atMs, head) => {
    if (file.id === 'ap-fails') throw new Error('no such machine');
    if (file.id === 'ap-stays') return [changed(file, 'nothing', {})];
    return file.id === 'ap-none' ? [] : decide(file, atMs, head);
  };
  const [broker] = (await brokers(t, 1, decideDue)) as [Broker];
  const clocks = [clockUntil('2026-02-28T00:00:00+08:00')];
  await broker.append(['ap-fails', 'ap-stays', 'ap-none', 'ap-good'].map((id) => application(id, { clocks })));
  broker.runner.start();
  await until(() => acts(broker, 'overdue').length === 1);
  await broker.append([application('ap-next', { clocks })]);
  await until(() => acts(broker, 'overdue').length === 2);
  t.same(acts(broker, 'overdue'), ['ap-good', 'ap-next']);
  t.ok(acts(broker, 'nothing').length <= 5);
});
