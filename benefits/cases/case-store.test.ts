import t from 'tap';
import { ConnectorConfigError } from '../../connectors/runtime/connector-errors.js';
import type { DeliveredEvent, DeliveredOp, RecordData } from '../../proto/event/event.js';
import { ruleDocument } from '../../tests/support/benefits/benefit-rule-samples.js';
import { ManualClock } from '../../tests/support/manual-clock.js';
import { casesIn } from '../case-service/cases.js';
import { RuleSet } from '../rule-set.js';
import { parseRule } from '../rules/parse-rules.js';
import type { RuleDocument } from '../rules/rule-document.js';
import { EmbeddedDatabase } from '../store/embedded-database.js';
import { CaseStore } from './case-store.js';

const ADULT = { value: { age: { item: 'person.born' } }, atLeast: 18 };
const database = await EmbeddedDatabase.open(undefined);
t.teardown(() => database[Symbol.asyncDispose]());
let schemas = 0;

interface Desk {
  store: CaseStore;
  clock: ManualClock;
  deliver(grant: string, position: number, op: DeliveredOp, data: RecordData, log?: string): Promise<void>;
  outcomes(rule?: string): Promise<Record<string, string | undefined>>;
  told(): Promise<string[]>;
  reopen(...documents: RuleDocument[]): Promise<CaseStore>;
}

async function openDesk(document = ruleDocument(ADULT)): Promise<Desk> {
  const schemaName = `store_${++schemas}`;
  const clock = new ManualClock('2026-11-24');
  const reopen = (...documents: RuleDocument[]) => {
    const rules = new RuleSet(documents.map((one) => parseRule(one, 'Asia/Shanghai')));
    return CaseStore.open(database, { schemaName, rules, today: () => clock.today() });
  };
  const store = await reopen(document);
  const outbox = () => database.transaction((sql) => store.outbox.after(sql, 0, 1000));
  return {
    store,
    clock,
    reopen,
    deliver: (grant, position, op, data, log = 'log-1') =>
      store.take({ grant, log, events: [delivered(grant, position, op, data)] }),
    outcomes: async (rule = 'sample') => {
      const all = await database.transaction((sql) => store.decisions.subjects(sql, rule, '', 1000));
      return Object.fromEntries(all.map(({ subject, verdict }) => [subject, verdict?.outcome]));
    },
    told: async () => (await outbox()).map(({ event }) => `${event.op} ${event.data?.subject} ${event.data?.outcome}`),
  };
}

function delivered(grant: string, position: number, op: DeliveredOp, data: RecordData): DeliveredEvent {
  const { key, ...rest } = data;
  const type = `party.${grant}`;
  const isSnapshotEdge = op === 'snapshot_begin' || op === 'snapshot_end';
  return {
    id: `${type}@${position}`,
    position,
    type,
    time: '2026-11-24T00:00:00.000Z',
    op,
    ...(isSnapshotEdge ? {} : { subject: String(key) }),
    ...(op.startsWith('snapshot') ? { snapshotid: 's' } : {}),
    ...(op === 'leave' || op === 'delete' || isSnapshotEdge ? {} : { data: rest }),
  };
}

async function allReady({ store }: Desk): Promise<void> {
  for (const grant of store.rules.grants) await store.reachedEnd(grant);
  await store.decideDue();
}

t.test('nothing is decided before all grants of a rule are read to their ends', async (t) => {
  const desk = await openDesk();
  await desk.deliver('g-people', 1, 'create', { key: 'a', born: '1990-01-01' });
  await desk.store.decideDue();
  t.strictSame(await desk.outcomes(), {});
  await allReady(desk);
  t.strictSame(await desk.outcomes(), { a: 'applies' });
  t.strictSame(await desk.told(), ['create a applies']);
});

t.test('a leave, and what a snapshot does not show, end what stood on the record', async (t) => {
  const desk = await openDesk();
  await allReady(desk);
  for (const [index, key] of ['a', 'b', 'c'].entries()) {
    await desk.deliver('g-people', index + 1, 'create', { key, born: '1990-01-01' });
  }
  await desk.deliver('g-people', 4, 'leave', { key: 'a' });
  t.strictSame(await desk.outcomes(), { a: 'does_not_apply', b: 'applies', c: 'applies' });
  await desk.deliver('g-people', 5, 'snapshot_begin', {});
  await desk.deliver('g-people', 6, 'snapshot', { key: 'b', born: '1990-01-01' });
  await desk.deliver('g-people', 7, 'snapshot_end', {});
  t.strictSame(await desk.outcomes(), { a: 'does_not_apply', b: 'applies', c: 'does_not_apply' });
  const [explained] = await casesIn(
    database,
    { ...configOf(desk), schema: desk.store.schema.replaceAll('"', '') },
    () => '',
  ).explain('a', undefined);
  t.strictSame(explained?.basis, ['g-people: party.g-people@4'], 'the event that took it away is named');
});

t.test('a record that changes hands opens the decisions of both', async (t) => {
  const twoChildren = { value: { count: 'children' }, atLeast: 2 };
  const desk = await openDesk(ruleDocument(twoChildren));
  await allReady(desk);
  await desk.deliver('g-people', 1, 'create', { key: 'a' });
  await desk.deliver('g-people', 2, 'create', { key: 'b' });
  await desk.deliver('g-children', 1, 'create', { key: 'x', mother: 'a' });
  await desk.deliver('g-children', 2, 'create', { key: 'y', mother: 'a' });
  await desk.deliver('g-children', 3, 'create', { key: 'z', mother: 'b' });
  t.strictSame(await desk.outcomes(), { a: 'applies', b: 'does_not_apply' });
  await desk.deliver('g-children', 4, 'correction', { key: 'y', mother: 'b' });
  t.strictSame(await desk.outcomes(), { a: 'does_not_apply', b: 'applies' });
});

t.test(
  'another life of the log changes nothing before it is read to its end, and then ends what is not in it',
  async (t) => {
    const desk = await openDesk();
    await allReady(desk);
    await desk.deliver('g-people', 8, 'create', { key: 'a', born: '1990-01-01' });
    await desk.deliver('g-people', 9, 'create', { key: 'b', born: '1990-01-01' });
    await desk.store.lostLog('g-people');
    await desk.deliver('g-people', 1, 'create', { key: 'b', born: '2020-01-01' }, 'log-2');
    await desk.store.decideDue();
    t.strictSame(await desk.outcomes(), { a: 'applies', b: 'applies' });
    await allReady(desk);
    t.strictSame(await desk.outcomes(), { a: 'does_not_apply', b: 'does_not_apply' });
  },
);

t.test('an event that comes again changes nothing', async (t) => {
  const desk = await openDesk();
  await allReady(desk);
  await desk.deliver('g-people', 1, 'create', { key: 'a', born: '2020-01-01' });
  await desk.deliver('g-people', 2, 'update', { key: 'a', born: '1990-01-01' });
  await desk.deliver('g-people', 1, 'create', { key: 'a', born: '2020-01-01' });
  t.strictSame(await desk.outcomes(), { a: 'applies' });
  t.equal(desk.store.place('g-people').position, 2);
  t.strictSame(await desk.told(), ['create a applies']);
});

t.test('a rule must change its version; a new version decides everything anew', async (t) => {
  const desk = await openDesk();
  await allReady(desk);
  await desk.deliver('g-people', 1, 'create', { key: 'a', born: '2010-01-01' });
  const younger = ruleDocument({ value: { age: { item: 'person.born' } }, atLeast: 16 });
  await t.rejects(desk.reopen(younger), ConnectorConfigError);
  t.strictSame(await desk.outcomes(), { a: 'does_not_apply' });
  const store = await desk.reopen({ ...younger, version: 2 });
  await store.decideDue();
  t.strictSame(await desk.outcomes(), { a: 'applies' });
  const { changes } = await database.transaction((sql) => store.decisions.ofSubject(sql, 'a'));
  t.match(changes.at(-1), { version: 2, outcome: 'applies', cause: 'rule version 2' });
});

t.test('a rule that is added later decides about everybody who is known', async (t) => {
  const desk = await openDesk();
  await allReady(desk);
  await desk.deliver('g-people', 1, 'create', { key: 'a', born: '1990-01-01' });
  const store = await desk.reopen(ruleDocument(ADULT), { ...ruleDocument({ missing: 'death' }), id: 'living' });
  await store.decideDue();
  t.strictSame(await desk.outcomes('living'), { a: 'applies' });
});

t.test('a new rule is tried on what came before: who would change, since when, and whether still today', async (t) => {
  const desk = await openDesk();
  await allReady(desk);
  await desk.deliver('g-people', 1, 'create', { key: 'a', born: '1990-01-01' });
  await desk.deliver('g-people', 2, 'create', { key: 'b', born: '2010-01-01' });
  await desk.deliver('g-people', 3, 'create', { key: 'c', born: '2008-12-01' });
  await desk.deliver('g-people', 4, 'create', { key: 'd', born: '2020-01-01' });
  desk.clock.advanceTo('2027-01-15');
  await desk.store.decideDue();
  const newer = { ...ruleDocument({ value: { age: { item: 'person.born' } }, atLeast: 17 }), version: 2 };
  const cases = casesIn(database, { ...configOf(desk), schema: desk.store.schema.replaceAll('"', '') }, () =>
    desk.clock.today(),
  );
  const report = await cases.replay(JSON.stringify({ rules: [newer] }));
  t.strictSame(report.rules, [{ rule: 'sample', from: 1, to: 2, subjects: 4, changed: 2, changedToday: 1 }]);
  t.match(report.changes, [
    {
      subject: 'b',
      since: '2027-01-01',
      before: { outcome: 'does_not_apply' },
      after: { outcome: 'applies' },
      differsToday: true,
    },
    {
      subject: 'c',
      since: '2026-11-24',
      before: { outcome: 'applies' },
      after: { outcome: 'applies' },
      differsToday: false,
    },
  ]);
  t.strictSame(
    await desk.outcomes(),
    { a: 'applies', b: 'does_not_apply', c: 'applies', d: 'does_not_apply' },
    'nothing is stored',
  );
  const foreign = structuredClone(newer);
  foreign.sources.death!.grant = 'g-unknown';
  await t.rejects(cases.replay(JSON.stringify({ rules: [foreign] })), ConnectorConfigError);
});

const configOf = ({ store }: Desk) => ({
  rules: store.rules,
  database: undefined,
  timeZone: 'Asia/Shanghai',
  cursor: 'default',
});
