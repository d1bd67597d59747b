import t from 'tap';
import type { EntryVersion } from '../../../proto/entry/entry.js';
import type { SourceEvent } from '../../../proto/event/event.js';
import { AcceptedValues } from './accepted-values.js';
import { type EncodedEvent, encodeBatch } from './encoded-batch.js';
import { EntryAcceptedValues } from './entry-accepted-values.js';

const ENTRY = 'party.people';
const ITEMS = [
  { name: 'id', type: 'string', identifier: true },
  { name: 'district', type: 'string', filterable: true },
];

/** Changes of the district with ascending positions. */
let positions = 0;
function change(subject: string, rest: Partial<SourceEvent> = {}, isNamed = true): EncodedEvent {
  const event = {
    specversion: '1.0',
    id: `e:${++positions}`,
    type: ENTRY,
    op: 'update',
    ...(isNamed ? { subject } : {}),
    data: { id: subject },
    previous: { district: 'own' },
    sourceposition: String(positions),
    ...rest,
  } as SourceEvent;
  return encodeBatch({ events: [event], atomic: false, confirm: () => undefined }).parts[0]!.events[0]!;
}

const inMemory = (): AcceptedValues =>
  new AcceptedValues({ read: () => undefined, write: async () => undefined }, () => undefined);

function entryValues(values = inMemory(), items: object[] = ITEMS): EntryAcceptedValues {
  const published = async (): Promise<EntryVersion> => ({ id: ENTRY, items }) as EntryVersion;
  return new EntryAcceptedValues(ENTRY, values, { published, unusable: () => undefined });
}

const districtsOf = (texts: readonly string[]): unknown[] =>
  texts.map((text) => (JSON.parse(text) as SourceEvent).previous?.district);

t.test('only the first change behind a refused one is amended', async (t) => {
  const values = entryValues();
  await values.refused([change('a', { previous: { district: 'former' } })]);
  const events = [change('b'), change('a'), change('a')];
  const { texts, amended } = await values.prepare(events);
  t.same(districtsOf(texts), ['own', 'former', 'own']);
  t.same([...amended], [events[1]]);
  t.equal(texts[0], events[0]!.text, 'other events keep their text');
});

t.test('a change whose previous values equal the accepted ones is not amended', async (t) => {
  const values = entryValues();
  await values.refused([change('a')]);
  const event = change('a');
  const { texts, amended } = await values.prepare([event]);
  t.same(texts, [event.text]);
  t.equal(amended.size, 0);
});

t.test('events at or before the refused position are not amended, and their duplicates keep the values', async (t) => {
  const values = entryValues();
  const [before, refused] = [change('a'), change('a', { previous: { district: 'former' } })];
  await values.refused([refused]);
  for (const event of [before, refused]) values.answered(event, { id: event.id, position: 1, duplicate: true });
  const behind = change('a');
  t.same(districtsOf((await values.prepare([before, refused, behind])).texts), ['own', 'former', 'former']);
  values.answered(behind, { id: behind.id, position: 1, duplicate: true });
  t.same(districtsOf((await values.prepare([change('a')])).texts), ['own']);
});

t.test('a refused change that is stored later drops the kept values', async (t) => {
  const values = entryValues();
  const refused = change('a', { previous: { district: 'former' } });
  await values.refused([refused]);
  values.answered(refused, { id: refused.id, position: 1 });
  t.notOk(values.concerns([change('a')]));
});

t.test('an event without a subject may concern a kept record until the identifier is known', async (t) => {
  const stored = inMemory();
  t.notOk(entryValues(stored).concerns([change('a', {}, false)]));
  await entryValues(stored).refused([change('a')]);
  const restarted = entryValues(stored);
  t.ok(restarted.concerns([change('b', {}, false)]));
  t.notOk(restarted.concerns([change('b')]));
  await restarted.prepare([change('b', {}, false)]);
  t.notOk(restarted.concerns([change('b', {}, false)]));
  t.ok(restarted.concerns([change('a', {}, false)]));
});

t.test('only previous values of filterable items are kept', async (t) => {
  const stored = inMemory();
  await entryValues(stored).refused([change('a', { previous: { district: 'former', photograph: 'large' } })]);
  t.same(stored.of(ENTRY)?.get('a')?.previous, { district: 'former' });
});

t.test('nothing is kept for an entry without filterable items', async (t) => {
  const stored = inMemory();
  await entryValues(stored, [ITEMS[0]!]).refused([change('a', { op: 'create', previous: undefined })]);
  t.ok(stored.isEmpty);
});
