import t from 'tap';
import { ConnectorConfigError } from '../../connectors/runtime/connector-errors.js';
import type { DeliveredEvent, DeliveredOp, RecordData } from '../../proto/event/event.js';
import { ruleDocument } from '../../tests/support/benefits/benefit-rule-samples.js';
import { openEmbedded } from '../../tests/support/benefits/embedded-template.js';
import { ManualClock } from '../../tests/support/manual-clock.js';
import { casesIn } from '../case-service/cases.js';
import { RuleSet } from '../rule-set.js';
import { parseRule } from '../rules/parse-rules.js';
import type { RuleDocument } from '../rules/rule-document.js';
import { CaseStore } from './case-store.js';

const ADULT = { value: { age: { item: 'person.born' } }, atLeast: 18 };
const database = await openEmbedded(t);
t.teardown(() => database[Symbol.asyncDispose]());
let schemas = 0;

interface TestCheck {
  store: CaseStore;
  clock: ManualClock;
  deliver(grant: string, position: number, op: DeliveredOp, data: RecordData, log?: string): Promise<void>;
  outcomes(rule?: string): Promise<Record<string, string | undefined>>;
  queued(): Promise<string[]>;
  reopen(...documents: RuleDocument[]): Promise<CaseStore>;
}

async function openCheck(document = ruleDocument(ADULT)): Promise<TestCheck> {
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
      store.store({ grant, log, events: [delivered(grant, position, op, data)] }),
    outcomes: async (rule = 'sample') => {
      const all = await database.transaction((sql) => store.decisions.subjects(sql, rule, '', 1000));
      return Object.fromEntries(all.map(({ subject, result }) => [subject, result?.outcome]));
    },
    queued: async () =>
      (await outbox()).map(({ event }) => `${event.op} ${event.data?.subject} ${event.data?.outcome}`),
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

async function allReady({ store }: TestCheck): Promise<void> {
  for (const grant of store.rules.grants) await store.caughtUp(grant, `party.${grant}`);
  await store.decideDue();
}

/** The bus has said that its grants deliver what is stored. */
async function allChecked(store: CaseStore): Promise<void> {
  for (const grant of store.rules.grants) await store.lackingItems(grant, {});
}

t.test('no case is decided before all grants of its rule have caught up', async (t) => {
  const check = await openCheck();
  await check.deliver('g-people', 1, 'create', { key: 'a', born: '1990-01-01' });
  await check.store.decideDue();
  t.strictSame(await check.outcomes(), {});
  await allReady(check);
  t.strictSame(await check.outcomes(), { a: 'applies' });
  t.strictSame(await check.queued(), ['create a applies']);
});

t.test('a decision made with the first event of a grant names the entry of the event', async (t) => {
  const check = await openCheck();
  await allReady(check);
  await check.deliver('g-people', 1, 'create', { key: 'a', born: '1990-01-01' });
  const [explained] = await casesOf(check).explain('a', undefined);
  t.strictSame(explained?.basis, ['g-people: party.g-people@1']);
});

t.test('a decision ends when its record leaves the grant or is missing from a snapshot', async (t) => {
  const check = await openCheck();
  await allReady(check);
  for (const [index, key] of ['a', 'b', 'c'].entries()) {
    await check.deliver('g-people', index + 1, 'create', { key, born: '1990-01-01' });
  }
  await check.deliver('g-people', 4, 'leave', { key: 'a' });
  t.strictSame(await check.outcomes(), { a: 'does_not_apply', b: 'applies', c: 'applies' });
  await check.deliver('g-people', 5, 'snapshot_begin', {});
  await check.deliver('g-people', 6, 'snapshot', { key: 'b', born: '1990-01-01' });
  await check.deliver('g-people', 7, 'snapshot_end', {});
  t.strictSame(await check.outcomes(), { a: 'does_not_apply', b: 'applies', c: 'does_not_apply' });
  const [explained] = await casesOf(check).explain('a', undefined);
  t.strictSame(
    explained?.basis,
    ['g-people: party.g-people@4'],
    'the explanation names the event that ended the record',
  );
});

t.test('a record that moves to another subject decides the cases of both again', async (t) => {
  const twoChildren = { value: { count: 'children' }, atLeast: 2 };
  const check = await openCheck(ruleDocument(twoChildren));
  await allReady(check);
  await check.deliver('g-people', 1, 'create', { key: 'a' });
  await check.deliver('g-people', 2, 'create', { key: 'b' });
  await check.deliver('g-children', 1, 'create', { key: 'x', mother: 'a' });
  await check.deliver('g-children', 2, 'create', { key: 'y', mother: 'a' });
  await check.deliver('g-children', 3, 'create', { key: 'z', mother: 'b' });
  t.strictSame(await check.outcomes(), { a: 'applies', b: 'does_not_apply' });
  await check.deliver('g-children', 4, 'correction', { key: 'y', mother: 'b' });
  t.strictSame(await check.outcomes(), { a: 'does_not_apply', b: 'applies' });
});

t.test(
  'a new log epoch changes no decision before it has caught up, and then ends the records that it lacks',
  async (t) => {
    const check = await openCheck();
    await allReady(check);
    await check.deliver('g-people', 8, 'create', { key: 'a', born: '1990-01-01' });
    await check.deliver('g-people', 9, 'create', { key: 'b', born: '1990-01-01' });
    await check.store.startAgain('g-people');
    await check.deliver('g-people', 1, 'create', { key: 'b', born: '2020-01-01' }, 'log-2');
    await check.store.decideDue();
    t.strictSame(await check.outcomes(), { a: 'applies', b: 'applies' });
    await allReady(check);
    t.strictSame(await check.outcomes(), { a: 'does_not_apply', b: 'does_not_apply' });
  },
);

t.test('a rule that needs an item which the stored records lack decides when they have it', async (t) => {
  const check = await openCheck();
  await allReady(check);
  await check.store.lackingItems('g-people', { key: 'string plain' });
  await check.deliver('g-people', 1, 'create', { key: 'a' });
  t.same(await check.outcomes(), { a: 'does_not_apply' });
  const again = await check.reopen({ ...ruleDocument(ADULT), version: 2 });
  const born = { key: 'string plain', born: 'date plain' };
  for (const grant of ['g-children', 'g-deaths']) await again.lackingItems(grant, {});
  t.equal(await again.decideDue(), 0, 'nothing is decided yet');
  t.same(await again.lackingItems('g-people', born), ['born']);
  await again.startAgain('g-people', born);
  const event = delivered('g-people', 1, 'create', { key: 'a', born: '1990-01-01' });
  await again.store({ grant: 'g-people', log: 'log-1', events: [event] });
  for (const grant of again.rules.grants) await again.caughtUp(grant, `party.${grant}`);
  await again.decideDue();
  t.same(await check.outcomes(), { a: 'applies' });
  t.same(await again.lackingItems('g-people', born), []);
});

t.test('a repeated event changes no decision', async (t) => {
  const check = await openCheck();
  await allReady(check);
  await check.deliver('g-people', 1, 'create', { key: 'a', born: '2020-01-01' });
  await check.deliver('g-people', 2, 'update', { key: 'a', born: '1990-01-01' });
  await check.deliver('g-people', 1, 'create', { key: 'a', born: '2020-01-01' });
  t.strictSame(await check.outcomes(), { a: 'applies' });
  t.equal(check.store.progressOf('g-people').position, 2);
  t.strictSame(await check.queued(), ['create a applies']);
});

t.test('a changed rule is refused without a new version, and decides all cases again with one', async (t) => {
  const check = await openCheck();
  await allReady(check);
  await check.deliver('g-people', 1, 'create', { key: 'a', born: '2010-01-01' });
  const younger = ruleDocument({ value: { age: { item: 'person.born' } }, atLeast: 16 });
  await t.rejects(check.reopen(younger), ConnectorConfigError);
  t.strictSame(await check.outcomes(), { a: 'does_not_apply' });
  const store = await check.reopen({ ...younger, version: 2 });
  await allChecked(store);
  await store.decideDue();
  t.strictSame(await check.outcomes(), { a: 'applies' });
  const { changes } = await database.transaction((sql) => store.decisions.ofSubject(sql, 'a'));
  t.match(changes.at(-1), { version: 2, outcome: 'applies', cause: 'rule version 2' });
});

t.test('a rule added later decides the cases of all known subjects', async (t) => {
  const check = await openCheck();
  await allReady(check);
  await check.deliver('g-people', 1, 'create', { key: 'a', born: '1990-01-01' });
  const store = await check.reopen(ruleDocument(ADULT), { ...ruleDocument({ missing: 'death' }), id: 'living' });
  await allChecked(store);
  await store.decideDue();
  t.strictSame(await check.outcomes('living'), { a: 'applies' });
});

t.test('a replay lists the subjects whose result differs, since when, and whether it still does today', async (t) => {
  const check = await openCheck();
  await allReady(check);
  await check.deliver('g-people', 1, 'create', { key: 'a', born: '1990-01-01' });
  await check.deliver('g-people', 2, 'create', { key: 'b', born: '2010-01-01' });
  await check.deliver('g-people', 3, 'create', { key: 'c', born: '2008-12-01' });
  await check.deliver('g-people', 4, 'create', { key: 'd', born: '2020-01-01' });
  check.clock.advanceTo('2027-01-15');
  await check.store.decideDue();
  const newer = { ...ruleDocument({ value: { age: { item: 'person.born' } }, atLeast: 17 }), version: 2 };
  const cases = casesOf(check);
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
    await check.outcomes(),
    { a: 'applies', b: 'does_not_apply', c: 'applies', d: 'does_not_apply' },
    'a replay stores nothing',
  );
  const foreign = structuredClone(newer);
  foreign.sources.death!.grant = 'g-unknown';
  await t.rejects(cases.replay(JSON.stringify({ rules: [foreign] })), ConnectorConfigError);
});

function casesOf({ store, clock }: TestCheck) {
  const schema = store.schema.replaceAll('"', '');
  const config = { rules: store.rules, database: undefined, timeZone: 'Asia/Shanghai', cursor: 'default', schema };
  return casesIn(database, config, () => clock.today());
}
