import t from 'tap';
import type { EntryVersion } from '../../proto/entry/entry.js';
import type { GrantDocument } from '../../proto/entry/grant.js';
import type { SystemDocument } from '../parties/system.js';
import { assertValidGrant, validateGrant } from './grant-problems.js';

const ENTRY = {
  id: 'civil.birth',
  document: { sharingAttribute: 'conditional' },
  items: [
    { name: 'idNumber', type: 'string', identifier: true, number: 1 },
    { name: 'name', type: 'string', number: 2 },
    { name: 'birthDate', type: 'date', number: 3 },
    { name: 'regionCode', type: 'code', filterable: true, number: 4 },
    { name: 'weight', type: 'integer', number: 5 },
    { name: 'detail', type: 'object', number: 6 },
  ],
} as unknown as EntryVersion;
const SECRET = { ...ENTRY, id: 'civil.secret', document: { sharingAttribute: 'not_shared' } } as EntryVersion;
const ENTRIES: Record<string, EntryVersion> = { 'civil.birth': ENTRY, 'civil.secret': SECRET };
const SYSTEMS: Record<string, SystemDocument> = {
  clinic: { id: 'clinic', party: 'health', may: ['subscribe'] },
  source: { id: 'source', party: 'civil', may: ['publish'] },
};
const EXISTING: Record<string, GrantDocument> = {};
const context = {
  system: (id: string) => SYSTEMS[id],
  entry: (id: string) => ENTRIES[id],
  grant: (id: string) => EXISTING[id],
};

const grant = (change: object = {}) => ({
  id: 'g-births',
  system: 'clinic',
  entry: 'civil.birth',
  items: [{ name: 'idNumber' }, { name: 'name', transform: 'mask' }, { name: 'birthDate', transform: 'year' }],
  rows: { regionCode: { prefix: '3501' } },
  purpose: 'care of newborns',
  basis: 'Law, art. 1',
  period: { from: '2026-01-01', to: '2026-12-31' },
  ...change,
});

t.test('a valid grant has no problem, with the identifier plain or hashed', async (t) => {
  t.same(validateGrant(grant(), context), { problems: [], rowProblems: [] });
  t.same(validateGrant(grant({ items: [{ name: 'idNumber', transform: 'hash' }] }), context).problems, []);
  t.same(validateGrant(grant({ party: 'health', history: 'all', kind: 'backflow' }), context).problems, []);
});

const REFUSED: [string, unknown, RegExp][] = [
  ['a string', 'x', /must be a map/],
  ['an unknown field', grant({ itens: [] }), /^itens: /],
  ['a status', grant({ status: 'suspended' }), /^status: /],
  [
    'a transform without a value',
    grant({ items: [{ name: 'idNumber', transform: null }] }),
    /^items\[0\].transform: has no value/,
  ],
  ['a row filter without a value', grant({ rows: { regionCode: null } }), /^rows.regionCode: has no value/],
  ['a history without a value', grant({ history: null }), /^history: has no value/],
  ['no purpose', grant({ purpose: ' ' }), /^purpose: must not be empty/],
  ['no basis', grant({ basis: undefined }), /^basis: is missing/],
  ['an unknown system', grant({ system: 'ghost' }), /^system: there is no system/],
  ['a system that may not subscribe', grant({ system: 'source' }), /may not subscribe/],
  ['a party that the system is not of', grant({ party: 'civil' }), /belongs to party health/],
  ['an unknown entry', grant({ entry: 'civil.death' }), /no published entry/],
  ['an entry that is not shared', grant({ entry: 'civil.secret' }), /is not shared/],
  ['an unknown item', grant({ items: [{ name: 'idNumber' }, { name: 'income' }] }), /no item income/],
  ['an item twice', grant({ items: [{ name: 'idNumber' }, { name: 'idNumber' }] }), /granted twice/],
  ['no identifier', grant({ items: [{ name: 'name' }] }), /identifier idNumber must be granted/],
  ['a masked identifier', grant({ items: [{ name: 'idNumber', transform: 'mask' }] }), /plain or hashed only/],
  ['an unknown transform', grant({ items: [{ name: 'idNumber', transform: 'rot13' }] }), /^items\[0\].transform: /],
  [
    'a mask on a number',
    grant({ items: [{ name: 'idNumber' }, { name: 'weight', transform: 'mask' }] }),
    /mask applies only to/,
  ],
  [
    'the year of a string',
    grant({ items: [{ name: 'idNumber' }, { name: 'name', transform: 'year' }] }),
    /year applies only to/,
  ],
  [
    'a hashed object',
    grant({ items: [{ name: 'idNumber' }, { name: 'detail', transform: 'hash' }] }),
    /hash applies only to/,
  ],
  ['a period that ends before it begins', grant({ period: { from: '2026-02-01', to: '2026-01-01' } }), /^period.to/],
  ['a period that is no map', grant({ period: '2026' }), /^period: must be a map of from and to/],
  ['a period without end', grant({ period: { from: '2026-02-01' } }), /^period: to: is missing/],
  ['a history that is no date', grant({ history: 'everything' }), /^history: /],
];

for (const [what, document, problem] of REFUSED) {
  t.test(`a grant is refused with ${what}`, async (t) => {
    const verdict = validateGrant(document, context);
    t.match(verdict.problems, [problem]);
    t.throws(() => assertValidGrant('g', verdict), { code: 'GRANT_INVALID' });
  });
}

t.test('a grant on an invalid entry of the same bundle is judged without that entry', async (t) => {
  const faulty = { ...context, isFaulty: () => true };
  t.same(validateGrant(grant({ items: [{ name: 'new' }] }), faulty).problems, []);
  const document = grant({ system: 'ghost', items: [{ name: 'new', transform: 'rot13' }] });
  t.match(validateGrant(document, faulty).problems, [/^system: there is no system/, /^items\[0\].transform: /]);
});

t.test('a grant that is wrong in its row filter only is refused with UNKNOWN_PREDICATE', async (t) => {
  const verdict = validateGrant(grant({ rows: { name: { is: 'x' } } }), context);
  t.throws(() => assertValidGrant('g', verdict), { code: 'UNKNOWN_PREDICATE', message: /not filterable/ });
});

t.test('an existing grant keeps its entry and party, the rest may change', async (t) => {
  const exists = (change: object) => ({
    ...context,
    grant: () => grant({ party: 'health', ...change }) as GrantDocument,
  });
  t.same(validateGrant(grant(), exists({ items: [{ name: 'idNumber' }], purpose: 'another' })).problems, []);
  t.match(validateGrant(grant(), exists({ entry: 'civil.death' })).problems, [/^entry: the grant exists for another/]);
  t.match(validateGrant(grant(), exists({ party: 'tax' })).problems, [/^system: the grant exists for another party/]);
});
