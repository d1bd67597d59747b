import { createHash } from 'node:crypto';
import { ITEMS as BENCH_ITEMS, FILLERS, itemsWithout } from '../documents/bench-entry.js';
import type { NewOfficer } from './departments.js';

export const OWNER = 'province-data-bureau';
export const PROVIDER = 'civil-affairs';
export const DEMAND = 'health';
export const SYSTEM = 'health-files';
/** Departments besides these three: half of them provide entries, the others receive. */
const OTHERS = 200;

const party = (id: string, number: number, more: object = {}): object => ({
  id,
  name: { en: id },
  level: 'province',
  regionCode: '350000',
  type: 'gov_dept',
  creditCode: `11350000MB${String(number).padStart(8, '0')}`,
  ...more,
});

const departmentOf = (number: number): string => `department-${number}`;
export const sourceDepartment = (number: number): string => departmentOf(number % (OTHERS / 2));
export const demandDepartment = (number: number): string => departmentOf(OTHERS / 2 + (number % (OTHERS / 2)));

export const PARTIES: readonly object[] = [
  party(OWNER, 1, { competent: true }),
  party(PROVIDER, 2, { superior: OWNER }),
  party(DEMAND, 3, { superior: OWNER }),
  ...Array.from({ length: OTHERS }, (_, i) => party(departmentOf(i), 4 + i, { superior: OWNER })),
];

/** The officers that the administrators of these departments appoint. */
export const STAFF: readonly NewOfficer[] = [
  { id: 'reviewer', department: OWNER, roles: ['competent_reviewer'] },
  { id: 'editor', department: PROVIDER, roles: ['catalog_editor'] },
  { id: 'clerk', department: PROVIDER, roles: ['reviewer'] },
  { id: 'head', department: PROVIDER, roles: ['body_head'] },
  { id: 'director', department: PROVIDER, roles: ['department_head'] },
  { id: 'applicant', department: DEMAND, roles: ['applicant'] },
  { id: 'demand-head', department: DEMAND, roles: ['body_head'] },
  { id: 'guard', department: DEMAND, roles: ['security_officer'] },
];

/** Text of the assessment that every entry names. */
export const PAPER = 'assessment of secrecy';
const PAPER_SHA256 = createHash('sha256').update(PAPER).digest('hex');
const ITEM_COUNT = 12;
/** Those of the records that sources of benches publish. */
const ITEMS = BENCH_ITEMS.slice(0, ITEM_COUNT).map(({ name, identifier, filterable }, i) => ({
  name,
  title: { zh: `信息项${i}`, en: `Item ${i}` },
  type: 'string',
  maxLength: 40,
  ...(identifier && { identifier, required: true }),
  ...(filterable && { filterable }),
}));
/** Fillers in a record of such an entry. */
export const FILLER_COUNT = ITEM_COUNT - (BENCH_ITEMS.length - FILLERS.length);
/** Applications and grants for different items, each leaving out the fillers of its bits. */
export const VARIANTS = 10;

const namesWithout = (without: number): { name: string }[] =>
  itemsWithout(without)
    .filter((name) => ITEMS.some((item) => item.name === name))
    .map((name) => ({ name }));

/** A conditional entry of twelve items; `revision` makes texts differ. */
export const entryDocument = (id: string, revision: number): object => ({
  id,
  name: { zh: '出生登记', en: 'Births registered' },
  abstract: `Births registered, revision ${revision}`,
  catalogLevel: 'department',
  provider: id.slice(0, id.indexOf('.')),
  format: 'database',
  dataGrade: 'general',
  updateFrequency: 'real_time',
  sharingModes: ['event_stream'],
  dataClass: 'population',
  secrecyAssessment: { result: 'not_secret', by: 'Chen', on: '2025-12-02', attachment: PAPER_SHA256 },
  correctionChannel: { contact: 'work body' },
  disposalRequirement: { method: 'destroy', withinDays: 30 },
  sharingAttribute: 'conditional',
  conditions: { range: 'departments with a duty for newborns', purpose: 'health care of newborns' },
  items: ITEMS,
});

export const applicationFor = (entry: string, without = 0): object => ({
  entry,
  system: SYSTEM,
  items: namesWithout(without),
  basis: [{ rank: 'law', title: 'Law on Maternal and Infant Health Care', article: '24' }],
  scenario: 'vaccination calendar',
  range: 'newborns of the province',
  mode: 'event_stream',
  period: { from: '2020-01-01', to: '2099-12-31' },
  dutyBasis: 'health care of newborns',
  securityMeasures: 'graded protection level 3',
  truthStatement: true,
});

export const replyFor = (without: number): object => ({ items: namesWithout(without), leftOut: [] });
