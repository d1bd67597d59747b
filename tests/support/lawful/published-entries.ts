import type { Test } from 'tap';
import { numberItems } from '../../../broker/catalog/item-numbers.js';
import type { EntryDocument } from '../../../proto/entry/entry.js';
import { openLedger } from '../broker/ledger.js';
import { connect, startNats } from '../nats/nats.js';
import { foundLawfulBus, type LawfulBus } from './lawful-bus.js';
import { P } from './people.js';

const PUBLISHED_AT = '2025-12-05T02:00:00.000Z';

export const BIRTH = {
  id: `${P}.birth`,
  name: { en: 'Birth register' },
  catalogLevel: 'department',
  provider: P,
  format: 'database',
  updateFrequency: 'real_time',
  sharingAttribute: 'conditional',
  sharingModes: ['event_stream'],
  conditions: { range: 'departments with a duty for newborns', purpose: 'health care', other: ['no printing'] },
  dataClass: 'population',
  dataGrade: 'general',
  promisedDays: { D4: 5, D6: 10 },
  disposalRequirement: { method: 'destroy', withinDays: 30 },
  items: [
    { name: 'idNumber', type: 'string', identifier: true, required: true, personal: 'personal' },
    { name: 'birthDate', type: 'date', filterable: true, personal: 'personal' },
    { name: 'address', type: 'string', personal: 'personal' },
  ],
} as unknown as EntryDocument;

export const REGION_NAME = {
  id: `${P}.region-name`,
  name: { en: 'Names of regions' },
  sharingAttribute: 'unconditional',
  sharingModes: ['event_stream'],
  disposalRequirement: { method: 'destroy' },
  items: [
    { name: 'code', type: 'string', identifier: true, required: true },
    { name: 'name', type: 'string' },
  ],
} as unknown as EntryDocument;

/** A founded bus with entries that were published on 2025-12-05, as the ledger has them after the acts E1 to E7. */
export async function busWithEntries(t: Test, entries: readonly EntryDocument[]): Promise<LawfulBus> {
  const nats = await startNats(t);
  const bus = await foundLawfulBus(t, { nats });
  await bus.setClock('2025-12-05T10:00:00+08:00');
  const ledger = await openLedger(t, await connect(t, nats), [], () => Date.parse(PUBLISHED_AT));
  for (const document of entries) {
    const { id, items } = document;
    const published = {
      version: 1,
      partition: 0,
      publishedAt: PUBLISHED_AT,
      document,
      numbers: numberItems(
        items.map(({ name }) => name),
        {},
      ),
    };
    const state = { state: 'published', sides: { own: P }, clocks: [], memo: {}, about: [`catalog/${id}`] };
    await ledger.appendAll(
      () => [
        {
          kind: 'entry',
          id,
          act: 'publish',
          actor: 'bus',
          document: { status: 'published', published },
          step: { state },
        },
      ],
      { actor: 'bus', atomic: true },
    );
  }
  return bus;
}
