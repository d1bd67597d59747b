import t from 'tap';
import type { DeliveredEvent, RecordData } from '../../proto/event/event.js';
import { ruleDocument } from '../../tests/support/benefits/benefit-rule-samples.js';
import { openEmbedded } from '../../tests/support/benefits/embedded-template.js';
import { RuleSet } from '../rule-set.js';
import { parseRule } from '../rules/parse-rules.js';
import type { ConditionDocument, RuleDocument, ValueDocument } from '../rules/rule-document.js';
import { CaseStore } from './case-store.js';

const database = await openEmbedded(t);
t.teardown(() => database[Symbol.asyncDispose]());
let schemas = 0;
const NAMED: ConditionDocument = { exists: 'person.name' };

const open = (schemaName: string, document: RuleDocument) =>
  CaseStore.open(database, {
    schemaName,
    rules: new RuleSet([parseRule(document, 'Asia/Shanghai')]),
    today: () => '2026-11-24',
  });

async function ready(test: ConditionDocument, amount?: ValueDocument) {
  const schemaName = `aside_${++schemas}`;
  const document = ruleDocument(test, amount);
  const store = await open(schemaName, document);
  for (const grant of store.rules.grants) await store.caughtUp(grant, 'p.e');
  const reported: { source: string; position: number; reason: string }[] = [];
  store.onSetAside = (entry) => reported.push(entry);
  const outcomes = async (one = store) => {
    const all = await database.transaction((sql) => one.decisions.subjects(sql, 'sample', '', 1000));
    return Object.fromEntries(all.map(({ subject, result }) => [subject, result?.outcome]));
  };
  return { store, reported, outcomes, reopen: () => open(schemaName, document) };
}

const event = (position: number, subject: string, data: RecordData): DeliveredEvent => ({
  id: `p.e@${position}`,
  position,
  type: 'p.e',
  time: '2026-11-24T00:00:00.000Z',
  op: 'create',
  subject,
  data,
});

const batch = (...events: DeliveredEvent[]) => ({ grant: 'g-people', log: 'l', events });

t.test('a text with NUL, in values, keys and subjects, is stored and decided as it is', async (t) => {
  const { store, reported, outcomes, reopen } = await ready({ value: { item: 'person.name' }, is: 'A\0B' });
  const events = [
    event(1, '1', { name: 'Ann' }),
    event(2, '2', { name: 'A\0B', other: { 'k\0': ['\ue000', '\ud83d'] } }),
    event(3, '3\0', { name: 'A\0B' }),
  ];
  await store.store(batch(...events));
  t.strictSame(await outcomes(), { 1: 'does_not_apply', 2: 'applies', '3\0': 'applies' });
  t.strictSame(reported, []);
  const facts = await database.transaction((sql) => store.facts.byRecord(sql, 'g-people', ['2', '3\0']));
  t.strictSame(facts.get('2')?.data, events[1]!.data, 'the data are read back as they came');
  t.equal(facts.get('3\0')?.record, '3\0');
  const again = await reopen();
  await again.decideDue();
  t.strictSame(await outcomes(again), { 1: 'does_not_apply', 2: 'applies', '3\0': 'applies' });
  t.equal((await database.transaction((sql) => store.decisions.ofSubject(sql, '3\0'))).decisions.length, 1);
});

t.test('a record that cannot be stored is set aside, and the others are decided, also after a restart', async (t) => {
  const { store, reported, outcomes, reopen } = await ready(NAMED);
  const long = 'x'.repeat(5_000);
  await store.store(
    batch(event(1, '1', { name: 'Ann' }), event(2, long, { name: 'Bob' }), event(3, '3', { name: 'Cy' })),
  );
  t.strictSame(await outcomes(), { 1: 'applies', 3: 'applies' });
  t.strictSame(reported, [{ source: 'grant g-people', position: 2, reason: '54000' }]);
  t.equal(store.progressOf('g-people').position, 3);
  const again = await reopen();
  t.equal(again.setAsideCount, 1, 'the alarm stays on');
  await again.store(batch(event(4, '4', { name: 'Di' })));
  t.strictSame(await outcomes(again), { 1: 'applies', 3: 'applies', 4: 'applies' });
});

t.test('a value that a rule cannot evaluate sets its case aside, until a later event', async (t) => {
  const { store, reported, outcomes } = await ready({ value: { age: { item: 'person.born' } }, atLeast: 18 });
  await store.store(batch(event(1, '1', { born: '1990-01-01' }), event(2, '2', { born: 'never' })));
  t.strictSame(await outcomes(), { 1: 'applies' });
  t.strictSame(reported, [{ source: 'rule sample', position: 0, reason: 'RangeError' }]);
  let isResolved = false;
  store.onNothingSetAside = () => {
    isResolved = true;
  };
  await store.store(batch(event(3, '2', { born: '1990-01-01' })));
  t.strictSame(await outcomes(), { 1: 'applies', 2: 'applies' });
  t.ok(isResolved, 'the alarm goes off');
});

t.test('numbers with exponents and leap seconds are evaluated', async (t) => {
  const { store, reported, outcomes } = await ready(
    { all: [{ value: { item: 'person.seen' }, is: '2017-01-01' }, { exists: 'person.rooms' }] },
    { times: [{ item: 'person.rooms' }, 2] },
  );
  await store.store(batch(event(1, '1', { seen: '2016-12-31T23:59:60Z', rooms: 1e21 })));
  await store.store(batch(event(2, '2', { seen: '2016-12-31T23:59:60Z', rooms: 5e-7 })));
  t.strictSame(reported, []);
  t.strictSame(await outcomes(), { 1: 'applies', 2: 'applies' });
  const outbox = await database.transaction((sql) => store.outbox.after(sql, 0, 10));
  t.strictSame(
    outbox.map(({ event: { data } }) => data?.amount),
    ['2000000000000000000000', '0.000001'],
  );
});
