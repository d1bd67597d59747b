import t from 'tap';
import type { SourceEvent } from '../../../proto/event/event.js';
import { amendedEvent, isLaterThan, type PreviousImage } from './amended-event.js';

const position = (
  sourceposition: string | undefined,
  sourceepoch?: string,
): Pick<PreviousImage, 'sourceposition' | 'sourceepoch'> => ({
  sourceposition,
  sourceepoch,
});
const event = (op: SourceEvent['op'], rest: Partial<SourceEvent> = {}): SourceEvent => ({
  specversion: '1.0',
  id: 'x',
  type: 'party.people',
  op,
  ...rest,
});

t.test('update, correction and delete get the last accepted values as previous image', async (t) => {
  const image: PreviousImage = { previous: { district: 'd2' }, ...position('1') };
  for (const op of ['update', 'correction', 'delete'] as const) {
    t.same(amendedEvent(event(op, { previous: { district: 'refused' } }), image), {
      ...event(op),
      previous: { district: 'd2' },
    });
  }
});

t.test('a change of a record that the bus does not have gets an empty previous image', async (t) => {
  const image: PreviousImage = { previous: undefined, ...position('1') };
  t.same(amendedEvent(event('update', { previous: { district: 'd2' } }), image).previous, {});
  t.same(amendedEvent(event('create'), image), event('create'));
});

t.test('a create while the bus still has the old record becomes an update', async (t) => {
  const image: PreviousImage = { previous: { district: 'd2' }, ...position('1') };
  t.same(amendedEvent(event('create'), image), { ...event('update'), previous: { district: 'd2' } });
});

t.test('a snapshot event is not amended', async (t) => {
  const image: PreviousImage = { previous: { district: 'd2' }, ...position('1') };
  t.same(amendedEvent(event('snapshot'), image), event('snapshot'));
});

t.test('an event is later than the refused one by a higher position, another epoch, or no position', async (t) => {
  const at = (sourceposition?: string, sourceepoch?: string) => event('update', { sourceposition, sourceepoch });
  const refused: PreviousImage = { previous: {}, ...position('5.9', 'e') };
  t.notOk(isLaterThan(at('5.9', 'e'), refused), 'the refused event itself');
  t.notOk(isLaterThan(at('5.8', 'e'), refused));
  t.ok(isLaterThan(at('5.10', 'e'), refused));
  t.ok(isLaterThan(at('1', 'f'), refused));
  t.ok(isLaterThan(at(), refused));
  t.ok(isLaterThan(at('1'), { previous: {}, ...position(undefined) }));
});
