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

const previousOf = (formers: AcceptedValues, subject: string): unknown => formers.of(ENTRY)?.get(subject)?.previous;

t.test('what the bus has of a record is what it had before the first of several refusals', async (t) => {
  const formers = inMemory();
  formers.refused(ENTRY, 'a', event('update', 1, 'd1'));
  formers.refused(ENTRY, 'a', event('delete', 2, 'refused'));
  t.same(previousOf(formers, 'a'), { district: 'd1' });
  t.equal(formers.of(ENTRY)?.get('a')?.sourceposition, '2', 'and the last one is known again');
  t.equal(formers.of('party.others'), undefined);
});

t.test('a refused change that is read again is not the last one', async (t) => {
  const formers = inMemory();
  formers.refused(ENTRY, 'a', event('update', 2, 'd1'));
  formers.refused(ENTRY, 'a', event('update', 1, 'd0'));
  t.equal(formers.of(ENTRY)?.get('a')?.sourceposition, '2');
  t.same(previousOf(formers, 'a'), { district: 'd1' });
});

t.test(
  'of a refused create the bus has nothing, and of a change that says no former values nothing is known',
  async (t) => {
    const formers = inMemory();
    formers.refused(ENTRY, 'new', event('create', 1));
    formers.refused(ENTRY, 'unknown', event('update', 2));
    t.same([...(formers.of(ENTRY)?.keys() ?? [])], ['new']);
    t.equal(previousOf(formers, 'new'), undefined);
  },
);

t.test('it is there again after a restart, and gone after one when the bus has stored a change', async (t) => {
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

t.test('nothing is written where nothing was refused, and no second time', async (t) => {
  let writes = 0;
  const file = { read: () => undefined, write: async () => void writes++ };
  const formers = new AcceptedValues(file, () => undefined);
  await formers.save();
  formers.forget(ENTRY, 'a');
  await formers.save();
  t.equal(writes, 0);
  formers.refused(ENTRY, 'a', event('update', 1, 'd1'));
  await formers.save();
  formers.refused(ENTRY, 'a', event('update', 1, 'd1'));
  await formers.save();
  t.equal(writes, 1);
});

t.test('who asks to save waits for what another one has begun to write', async (t) => {
  let written: (() => void) | undefined;
  const file = { read: () => undefined, write: () => new Promise<void>((resolve) => (written = resolve)) };
  const formers = new AcceptedValues(file, () => undefined);
  formers.refused(ENTRY, 'a', event('update', 1, 'd1'));
  const order: string[] = [];
  const both = [formers.save(), formers.save()].map((saved) => saved.then(() => order.push('saved')));
  await Promise.resolve();
  order.push('written');
  written?.();
  await Promise.all(both);
  t.same(order, ['written', 'saved', 'saved']);
});

t.test('beyond its bound it says of each record that it is not remembered', async (t) => {
  const told: string[] = [];
  const file = { read: () => undefined, write: async () => undefined };
  const formers = new AcceptedValues(file, (entry, eventId) => told.push(`${entry} ${eventId}`));
  for (let n = 0; n < ACCEPTED_VALUES_MAX; n++) formers.refused(ENTRY, `s${n}`, event('update', n, 'd1'));
  t.same(told, []);
  formers.refused(ENTRY, 'late', event('update', 77_777, 'd1'));
  formers.refused(ENTRY, 's0', event('update', 77_778, 'd2'));
  t.same(told, [`${ENTRY} e:77777`]);
  formers.forget(ENTRY, 's0');
  formers.refused(ENTRY, 'late', event('update', 77_779, 'd1'));
  t.same(previousOf(formers, 'late'), { district: 'd1' }, 'and when there is room again it is');
});
