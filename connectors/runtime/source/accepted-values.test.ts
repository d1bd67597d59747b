import t from 'tap';
import type { SourceEvent } from '../../../proto/event/event.js';
import { temporaryFolder } from '../../../tests/support/nats/nats.js';
import { ACCEPTED_VALUES_MAX, AcceptedValues, acceptedValuesFile } from './accepted-values.js';

const ENTRY = 'party.people';

const event = (op: SourceEvent['op'], position: number, district?: string): SourceEvent => ({
  specversion: '1.0',
  id: `e:${position}`,
  type: ENTRY,
  op,
  sourceepoch: 'e',
  sourceposition: String(position),
  ...(district === undefined ? {} : { previous: { district } }),
});

const inMemory = (): AcceptedValues =>
  new AcceptedValues({ read: () => undefined, write: async () => undefined }, () => undefined);

const previousOf = (values: AcceptedValues, subject: string): unknown => values.of(ENTRY)?.get(subject)?.previous;

t.test('after several refusals the last accepted values are those before the first one', async (t) => {
  const values = inMemory();
  values.refused(ENTRY, 'a', event('update', 1, 'd1'));
  values.refused(ENTRY, 'a', event('delete', 2, 'refused'));
  t.same(previousOf(values, 'a'), { district: 'd1' });
  t.equal(values.of(ENTRY)?.get('a')?.sourceposition, '2', 'the refused position is that of the last one');
  t.equal(values.of('party.others'), undefined);
});

t.test('a refused change that is read again does not move the refused position back', async (t) => {
  const values = inMemory();
  values.refused(ENTRY, 'a', event('update', 2, 'd1'));
  values.refused(ENTRY, 'a', event('update', 1, 'd0'));
  t.equal(values.of(ENTRY)?.get('a')?.sourceposition, '2');
  t.same(previousOf(values, 'a'), { district: 'd1' });
});

t.test('a refused create leaves no record at the bus, and a change without previous values is not kept', async (t) => {
  const values = inMemory();
  values.refused(ENTRY, 'new', event('create', 1));
  values.refused(ENTRY, 'unknown', event('update', 2));
  t.same([...(values.of(ENTRY)?.keys() ?? [])], ['new']);
  t.equal(previousOf(values, 'new'), undefined);
});

t.test('values survive a restart, and forgotten ones do not come back', async (t) => {
  const folder = await temporaryFolder(t);
  const restarted = () => new AcceptedValues(acceptedValuesFile(folder, 'one'), () => undefined);
  const first = restarted();
  first.refused(ENTRY, '__proto__', event('update', 1, 'd1'));
  first.refused(ENTRY, 'new', event('create', 2));
  await first.save();
  const second = restarted();
  t.same([...(second.of(ENTRY)?.keys() ?? [])], ['__proto__', 'new']);
  t.same(second.of(ENTRY)?.get('__proto__'), first.of(ENTRY)?.get('__proto__'));
  t.equal(previousOf(second, 'new'), undefined);
  second.forget(ENTRY, '__proto__');
  second.forget(ENTRY, 'new');
  await second.save();
  t.ok(restarted().isEmpty);
  t.ok(new AcceptedValues(acceptedValuesFile(folder, 'other'), () => undefined).isEmpty);
});

t.test('the file is written only when a value has changed', async (t) => {
  let writes = 0;
  const file = { read: () => undefined, write: async () => void writes++ };
  const values = new AcceptedValues(file, () => undefined);
  await values.save();
  values.forget(ENTRY, 'a');
  await values.save();
  t.equal(writes, 0);
  values.refused(ENTRY, 'a', event('update', 1, 'd1'));
  await values.save();
  values.refused(ENTRY, 'a', event('update', 1, 'd1'));
  await values.save();
  t.equal(writes, 1);
});

t.test('save waits for a write that an earlier save has started', async (t) => {
  let written: (() => void) | undefined;
  const file = { read: () => undefined, write: () => new Promise<void>((resolve) => (written = resolve)) };
  const values = new AcceptedValues(file, () => undefined);
  values.refused(ENTRY, 'a', event('update', 1, 'd1'));
  const order: string[] = [];
  const both = [values.save(), values.save()].map((saved) => saved.then(() => order.push('saved')));
  await Promise.resolve();
  order.push('written');
  written?.();
  await Promise.all(both);
  t.same(order, ['written', 'saved', 'saved']);
});

t.test('beyond its capacity each further record is reported', async (t) => {
  const full: string[] = [];
  const file = { read: () => undefined, write: async () => undefined };
  const values = new AcceptedValues(file, (entry, eventId) => full.push(`${entry} ${eventId}`));
  for (let n = 0; n < ACCEPTED_VALUES_MAX; n++) values.refused(ENTRY, `s${n}`, event('update', n, 'd1'));
  t.same(full, []);
  values.refused(ENTRY, 'late', event('update', 77_777, 'd1'));
  values.refused(ENTRY, 's0', event('update', 77_778, 'd2'));
  t.same(full, [`${ENTRY} e:77777`]);
  values.forget(ENTRY, 's0');
  values.refused(ENTRY, 'late', event('update', 77_779, 'd1'));
  t.same(previousOf(values, 'late'), { district: 'd1' }, 'a later refusal is kept once there is capacity');
});
