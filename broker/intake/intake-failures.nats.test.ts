import { setTimeout as pause } from 'node:timers/promises';
import t from 'tap';
import type { PublishResult } from '../../proto/frames/frames.js';
import {
  birth,
  positioned,
  publish,
  REGISTRY,
  readAll,
  readLog,
  startIntake,
} from '../../tests/support/broker/intake.js';
import { eventually } from '../../tests/support/condition.js';
import { connect, startNats } from '../../tests/support/nats/nats.js';
import type { Bus } from '../nats/bus.js';
import type { EmbeddedServer } from '../nats/server/embedded-server.js';
import { StoreFullError } from '../nats/store-errors.js';
import { QUARANTINE_STREAM } from '../nats/streams.js';
import type { Intake } from './intake.js';

const codes = (results: PublishResult[]) =>
  results.map((result) => result.problem?.code ?? (result.duplicate ? 'duplicate' : 'stored'));
const wait = (bus: Bus, up: boolean) => eventually(() => bus.isUp() === up, `the connection to be ${up}`, 20_000);

t.test('no event is accepted while the server is down, and a source continues where it failed', async (t) => {
  const server = await startNats(t, { durability: 'strict' });
  const bus = await connect(t, server);
  const intake = await startIntake(t, bus);
  t.same(codes(await publish(intake, [positioned('1'), birth('a')])), ['stored', 'stored']);
  process.kill(server.pid, 'SIGKILL');
  await wait(bus, false);
  t.same(codes(await publish(intake, [positioned('2'), birth('b')])), ['STORE_UNAVAILABLE', 'STORE_UNAVAILABLE']);
  await wait(bus, true);
  await eventually(
    async () => codes(await publish(intake, [birth('b')]))[0] !== 'STORE_UNAVAILABLE',
    'the store',
    20_000,
  );
  t.same(codes(await publish(intake, [positioned('3'), positioned('4')])), ['PRECEDING_FAILED', 'PRECEDING_FAILED']);
  t.same(codes(await publish(intake, [positioned('2'), positioned('3'), positioned('4')])), [
    'stored',
    'stored',
    'stored',
  ]);
  t.same(
    (await readLog(bus)).map(({ event }) => event.sourceId),
    ['at-1', 'a', 'b', 'at-2', 'at-3', 'at-4'],
  );
});

t.test('nothing is taken while the ledger is stale, and a source continues where it was refused', async (t) => {
  const bus = await connect(t, await startNats(t));
  let isFresh = true;
  const intake = await startIntake(t, bus, {}, {}, undefined, {}, () => isFresh);
  t.same(codes(await publish(intake, [positioned('1')])), ['stored']);
  isFresh = false;
  const stale = 'LEDGER_OUT_OF_SIGHT';
  t.same(codes(await publish(intake, [positioned('2'), birth('a')])), [stale, stale]);
  t.same(codes(await intake.publishAtomic(REGISTRY, [birth('b'), birth('c')])), [stale, stale]);
  isFresh = true;
  t.same(codes(await publish(intake, [positioned('3')])), ['PRECEDING_FAILED']);
  t.same(codes(await publish(intake, [positioned('2'), positioned('3'), birth('a')])), ['stored', 'stored', 'stored']);
});

t.test('a full store takes no more events and loses none', async (t) => {
  const bus = await connect(t, await startNats(t));
  const intake = await startIntake(t, bus, {}, { maxBytesPerPartition: 200_000 });
  const name = 'x'.repeat(1000);
  const acknowledged = new Map<string, number>();
  for (let i = 0, refused = 0; refused < 4; i++) {
    const burst = Array.from({ length: i % 2 ? 5 : 40 }, (_none, n) => {
      const subject = `${i}-${n}`;
      return birth(subject, { subject, data: { idNumber: subject, name } });
    });
    const results = await publish(intake, burst);
    for (const { id, position } of results) if (position !== undefined) acknowledged.set(id!, position);
    if (results.some((result) => result.problem)) refused++;
    t.ok(results.every((result) => !result.problem || result.problem.code === 'STORE_FULL'));
  }
  t.ok(acknowledged.size > 100);
  const log = await readLog(bus);
  t.same(new Map(log.map(({ position, event }) => [event.sourceId, position])), acknowledged);
});

t.test(
  'a rejected event that the quarantine has no capacity for fails for the moment when it has a source position',
  async (t) => {
    const bus = await connect(t, await startNats(t));
    const intake = await startIntake(t, bus, {}, { maxBytesQuarantine: 2_000 });
    const wrong = (over: Record<string, unknown>) => ({
      ...over,
      data: { idNumber: 'k', hobby: 'x'.repeat(3_000) },
      subject: 'k',
    });
    const results = await publish(intake, [
      birth('u', wrong({})),
      positioned('1', wrong({})),
      positioned('2'),
      birth('v'),
    ]);
    t.same(codes(results), ['UNKNOWN_ITEM', 'STORE_FULL', 'PRECEDING_FAILED', 'stored']);
    t.same(
      codes(await publish(intake, [positioned('1'), positioned('2')])),
      ['stored', 'stored'],
      'the source sends it again, repaired',
    );
    t.equal((await readAll(bus, QUARANTINE_STREAM, 'quarantine.>')).length, 0);
  },
);

t.test(
  'events without source position that wait behind a failed commit fail with it, those of others do not',
  async (t) => {
    const bus = await connect(t, await startNats(t));
    const intake = await startIntake(t, bus);
    const { publisher } = bus;
    const publishBatch = publisher.publishBatch.bind(publisher);
    let commits = 0;
    publisher.publishBatch = (messages) => {
      return ++commits === 1 ? Promise.reject(new StoreFullError('no room')) : publishBatch(messages);
    };
    const flow = {};
    const send = (from: number, to: number, over: object = flow) =>
      intake.publish(
        REGISTRY,
        Array.from({ length: to - from }, (_none, i) => birth(`e${from + i}`)),
        over,
      );
    const [first, behind, other] = await Promise.all([send(0, 1_000), send(1_000, 1_200), send(5_000, 5_100, {})]);
    t.same(new Set(codes(first)), new Set(['STORE_FULL']));
    t.same(new Set(codes(behind)), new Set(['PRECEDING_FAILED']), 'else an older state would replace a newer one');
    t.same(new Set(codes(other)), new Set(['stored']), 'another request does not wait for it');
    t.same(new Set(codes(await send(0, 1_200))), new Set(['stored']));
    const log = await readLog(bus);
    const sent = log.map(({ event }) => Number(event.sourceId.slice(1))).filter((id) => id < 5_000);
    t.same(
      sent,
      Array.from({ length: 1_200 }, (_none, i) => i),
      'in their order',
    );
  },
);

const EVENTS = 3_000;
const KILLS = 4;
/** On a machine that is busy with other tests a killed server needs seconds to come back. */
const CRASHES_TIMEOUT_MS = 90_000;

t.test(
  'every acknowledged event is stored exactly once when the server is killed again and again',
  { timeout: CRASHES_TIMEOUT_MS },
  async (t) => {
    const server = await startNats(t, { durability: 'relaxed' });
    const bus = await connect(t, server);
    const intake = await startIntake(t, bus);
    const acknowledged = new Map<string, number>();
    let isDone = false;
    const sources = Promise.all([
      sendPositioned(intake, 'positioned', acknowledged),
      sendPlain(intake, 'small', 3, acknowledged),
      sendPlain(intake, 'large', 150, acknowledged),
    ]).finally(() => {
      isDone = true;
    });
    let kills = 0;
    for (; kills < KILLS && !isDone; kills++) {
      const before = acknowledged.size;
      await eventually(() => isDone || (bus.isUp() && acknowledged.size > before + 200), 'events to flow', 30_000);
      await crash(bus, server);
    }
    await sources;
    t.equal(kills, KILLS, 'events were flowing at every kill');
    const log = await readLog(bus);
    const stored = new Map(log.map(({ position, event }) => [event.subject!, position]));
    t.equal(log.length, stored.size, 'nothing twice');
    t.equal(acknowledged.size, 3 * EVENTS);
    t.equal(stored.size, 3 * EVENTS);
    const misplaced = [...acknowledged].filter(([subject, position]) => position && position !== stored.get(subject));
    t.same(misplaced, [], 'every event is where its answer said');
    const positions = log.filter(({ event }) => event.sourcePosition).map(({ event }) => Number(event.sourcePosition));
    t.same(
      positions,
      positions.toSorted((a, b) => a - b),
      'in the order of the source',
    );
  },
);

/** Kills the server and resolves when it is back. */
async function crash(bus: Bus, server: EmbeddedServer): Promise<void> {
  const { pid } = server;
  const isBack = new Promise<void>((resolve) => {
    const end = bus.onStatus((up) => {
      if (!up) return;
      end();
      resolve();
    });
  });
  process.kill(pid, 'SIGKILL');
  await isBack;
  await eventually(() => server.pid !== pid, 'the new process', 20_000);
}

/** Like a connector: sends ahead and, after a failure, starts again from there with new ids, so that only positions count. */
async function sendPositioned(intake: Intake, system: string, acknowledged: Map<string, number>): Promise<void> {
  const caller = { ...REGISTRY, id: system };
  for (let next = 1, attempt = 0; next <= EVENTS; attempt++) {
    // A small commit takes another mode than a large one.
    const count = Math.min(attempt % 2 ? 12 : 80, EVENTS - next + 1);
    const events = Array.from({ length: count }, (_none, i) => {
      const subject = `${system}-${next + i}`;
      return positioned(String(next + i), { id: `${attempt}/${next + i}`, subject });
    });
    const results = await publish(intake, events, caller);
    const failed = results.findIndex((result) => result.problem);
    const processed = failed === -1 ? count : failed;
    // A duplicate found by its source position may be answered with the log position of the watermark.
    for (const [i, { duplicate, position }] of results.slice(0, processed).entries()) {
      acknowledged.set(events[i]!.subject!, duplicate ? 0 : position!);
    }
    next += processed;
    if (failed !== -1) await pause(5);
  }
}

async function sendPlain(
  intake: Intake,
  system: string,
  window: number,
  acknowledged: Map<string, number>,
): Promise<void> {
  const caller = { ...REGISTRY, id: system };
  for (let next = 0; next < EVENTS; next += window) {
    let open = Array.from({ length: Math.min(window, EVENTS - next) }, (_none, i) => {
      const subject = `${system}-${next + i}`;
      return birth(subject, { subject });
    });
    while (open.length > 0) {
      const results = await publish(intake, open, caller);
      for (const [i, { position }] of results.entries()) {
        if (position !== undefined) acknowledged.set(open[i]!.subject!, position);
      }
      open = open.filter((_event, i) => results[i]!.problem);
      if (open.length > 0) await pause(5);
    }
  }
}
