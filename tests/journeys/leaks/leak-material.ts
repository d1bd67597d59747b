import type { GrantDocument } from '../../../proto/entry/grant.js';
import type { RecordData, SourceEvent } from '../../../proto/event/event.js';

/** Part of every value that its receiver may not see, and of every credential. */
export const CANARY = 'KANARIE';
const canary = (what: string): string => `x${CANARY}-${what}`;

export const LEAK_ENTRY = 'aviary.bird';
export const LEAK_TOKENS = {
  source: `source-token-${CANARY}-0123456789`,
  reader: `reader-token-${CANARY}-0123456789`,
  stranger: `stranger-token-${CANARY}-012345`,
};
/** Records of this region are granted, records of the other region are not. */
const GRANTED_REGION = canary('region-granted');
const OTHER_REGION = canary('region-other');

const party = (id: string) => ({ id, name: { en: id }, level: 'city', regionCode: '350100' });
const grant = (document: Pick<GrantDocument, 'id' | 'items' | 'rows'>) => ({
  ...document,
  system: 'reader',
  entry: LEAK_ENTRY,
  purpose: 'a test',
  basis: 'a test',
  period: { from: '2020-01-01', to: '2099-12-31' },
  history: 'all',
});

export const LEAK_BUNDLE = {
  parties: [party('aviary'), party('watchers'), party('strangers')],
  systems: [
    { id: 'keeper', party: 'aviary', may: ['publish'], token: LEAK_TOKENS.source },
    { id: 'reader', party: 'watchers', may: ['subscribe'], token: LEAK_TOKENS.reader },
    { id: 'stranger', party: 'strangers', may: ['publish', 'subscribe'], token: LEAK_TOKENS.stranger },
  ],
  entries: [
    {
      id: LEAK_ENTRY,
      name: { en: 'Birds' },
      sharingAttribute: 'conditional',
      items: [
        { name: 'ring', type: 'string', identifier: true, maxLength: 100 },
        { name: 'species', type: 'string', filterable: true },
        { name: 'keeper', type: 'string' },
        { name: 'secret', type: 'string' },
        { name: 'secrets', type: 'string', list: true },
        { name: 'secretObject', type: 'object' },
        { name: 'secretNumber', type: 'integer' },
        { name: 'region', type: 'string', filterable: true },
        { name: 'colour', type: 'code', codeTable: ['red', 'blue'] },
        { name: 'plate', type: 'string', pattern: '^[A-Z]{2}[0-9]{4}$' },
      ],
    },
  ],
  grants: [
    grant({
      id: 'plain',
      items: [{ name: 'ring' }, { name: 'species' }],
      rows: { region: { is: GRANTED_REGION } },
    }),
    grant({
      id: 'veiled',
      items: [
        { name: 'ring', transform: 'hash' },
        { name: 'keeper', transform: 'mask' },
      ],
      rows: { region: { is: GRANTED_REGION } },
    }),
  ],
};

/** The items that the two grants may deliver. */
export const GRANTED_ITEMS = { plain: ['ring', 'species'], veiled: ['ring', 'keeper'] };

let ids = 0;

/** An event whose id, time and source position are not delivered to anybody. */
export function birdEvent(op: SourceEvent['op'], change: Partial<SourceEvent>): SourceEvent {
  return { specversion: '1.0', id: canary(`event-${++ids}`), type: LEAK_ENTRY, op, ...change };
}

/** A record in the granted region: values of granted items are harmless, all others hold the canary. */
export function grantedBird(ring: string): RecordData {
  return { ...hiddenItems(), ring, species: 'parrot', region: GRANTED_REGION };
}

/** A record outside the granted region: no value of it may be delivered. */
export function otherBird(ring: string): RecordData {
  return { ...hiddenItems(), ring, species: canary('species'), region: OTHER_REGION };
}

const hiddenItems = (): RecordData => ({
  keeper: canary('keeper'),
  secret: canary('secret'),
  secrets: [canary('list-1'), canary('list-2')],
  secretObject: { [canary('name')]: [canary('inside')] },
  secretNumber: 987_654_321_987,
  colour: 'red',
});

const filterables = ({ species, region }: RecordData): RecordData => ({
  species: species as string,
  region: region as string,
});

/** Ten lives of each kind: records that are created in and outside the region, move in and out, and are deleted. */
export function birdEvents(): SourceEvent[] {
  return Array.from({ length: 10 }, (_, index) => oneOfEach(index)).flat();
}

function oneOfEach(index: number): SourceEvent[] {
  const [stays, hides, moves] = [`ring-${index}`, canary(`ring-${index}`), `moving-${index}`];
  const at = { time: '1987-06-05T04:03:02Z', sourceepoch: canary('epoch'), sourceposition: `987654321.${index}` };
  const sourcePosition = (step: number) => ({ ...at, sourceposition: `987654321.${index * 10 + step}` });
  const of = (data: RecordData) => ({ subject: data.ring as string, data });
  const was = (record: RecordData) => ({ previous: filterables(record) });
  return [
    birdEvent('create', { ...of(grantedBird(stays)), ...sourcePosition(0) }),
    birdEvent('create', { ...of(otherBird(hides)), ...sourcePosition(1) }),
    birdEvent('update', { ...of(otherBird(hides)), ...was(otherBird(hides)) }),
    birdEvent('create', { ...of(grantedBird(moves)), ...sourcePosition(2) }),
    birdEvent('update', { ...of(otherBird(moves)), ...was(grantedBird(moves)) }),
    birdEvent('update', { ...of(grantedBird(moves)), ...was(otherBird(moves)) }),
    birdEvent('correction', { ...of(grantedBird(stays)), ...was(grantedBird(stays)), corrects: 1 }),
    birdEvent('delete', { subject: hides, ...was(otherBird(hides)) }),
    birdEvent('delete', { subject: stays, ...was(grantedBird(stays)) }),
  ];
}
