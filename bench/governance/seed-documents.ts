import { createHash } from 'node:crypto';

export const OWNER = 'province-data-bureau';
export const PROVIDER = 'civil-affairs';
export const DEMAND = 'health';
export const SYSTEM = 'health-files';
/** Departments besides these three. */
const OTHERS = 200;

const party = (id: string, number: number, more: object = {}): object => ({
  ...{ id, name: { en: id }, level: 'province', regionCode: '350000', type: 'gov_dept' },
  creditCode: `11350000MB${String(number).padStart(8, '0')}`,
  ...more,
});

export const departmentOf = (number: number): string => `department-${number % OTHERS}`;

export const PARTIES: readonly object[] = [
  party(OWNER, 1, { competent: true }),
  party(PROVIDER, 2, { superior: OWNER }),
  party(DEMAND, 3, { superior: OWNER }),
  ...Array.from({ length: OTHERS }, (_, i) => party(departmentOf(i), 4 + i, { superior: OWNER })),
];

/** Officer → department and roles, those of an administrator first. */
export const STAFF: readonly [id: string, department: string, roles: readonly string[]][] = [
  ['reviewer', OWNER, ['competent_reviewer']],
  ['editor', PROVIDER, ['catalog_editor']],
  ['clerk', PROVIDER, ['reviewer']],
  ['head', PROVIDER, ['body_head']],
  ['director', PROVIDER, ['department_head']],
  ['applicant', DEMAND, ['applicant']],
  ['demand-head', DEMAND, ['body_head']],
  ['guard', DEMAND, ['security_officer']],
];

/** Text of the assessment that every entry names. */
export const PAPER = 'assessment of secrecy';
const PAPER_SHA256 = createHash('sha256').update(PAPER).digest('hex');
const ITEMS = Array.from({ length: 12 }, (_, i) => ({
  ...{ name: `item${i}`, title: { zh: `信息项${i}`, en: `Item ${i}` }, type: 'string', maxLength: 40 },
  ...(i === 0 && { identifier: true, required: true }),
  ...(i === 1 && { filterable: true }),
}));

/** A conditional entry of twelve items; `revision` makes texts differ. */
export const entryDocument = (id: string, revision: number): object => ({
  ...{ id, name: { zh: '出生登记', en: 'Births registered' }, abstract: `Births registered, revision ${revision}` },
  ...{ catalogLevel: 'department', provider: id.slice(0, id.indexOf('.')), format: 'database', dataGrade: 'general' },
  ...{ updateFrequency: 'real_time', sharingModes: ['event_stream'], dataClass: 'population' },
  secrecyAssessment: { result: 'not_secret', by: 'Chen', on: '2025-12-02', attachment: PAPER_SHA256 },
  correctionChannel: { contact: 'work body' },
  disposalRequirement: { method: 'destroy', withinDays: 30 },
  sharingAttribute: 'conditional',
  conditions: { range: 'departments with a duty for newborns', purpose: 'health care of newborns' },
  items: ITEMS,
});

export const applicationFor = (entry: string): object => ({
  ...{ entry, system: SYSTEM, items: ITEMS.map(({ name }) => ({ name })) },
  basis: [{ rank: 'law', title: 'Law on Maternal and Infant Health Care', article: '24' }],
  ...{ scenario: 'vaccination calendar', range: 'newborns of the province', mode: 'event_stream' },
  period: { from: '2020-01-01', to: '2099-12-31' },
  ...{ dutyBasis: 'health care of newborns', securityMeasures: 'graded protection level 3', truthStatement: true },
});

export const REPLY = { items: ITEMS.map(({ name }) => ({ name })), leftOut: [] };
