/** The competent department, which owns the platform. */
export const CD = 'fujian-data-bureau';
export const P = 'fujian-civil-affairs';
export const D = 'fujian-health';
export const T = 'fujian-tax';
/** A competent department of a city below, and a department there. */
const CITY_CD = 'fuzhou-data-bureau';
const CITY_P = 'fuzhou-civil-affairs';

const party = (id: string, digits: string, more: object = {}): object => ({
  id,
  name: { en: id },
  level: 'province',
  regionCode: '350000',
  type: 'gov_dept',
  creditCode: `11350000MB0000${digits.padStart(4, '0')}`,
  ...more,
});

/** Departments of a province and of a city in it; invented, like everybody in them. */
export const PARTIES: readonly object[] = [
  party(CD, '1', { competent: true }),
  party(P, '2', { superior: CD, name: { zh: '民政厅', en: P } }),
  party(D, '3', { superior: CD }),
  party(T, '4', { superior: CD }),
  party(CITY_CD, '5', { level: 'city', regionCode: '350100', competent: true, superior: CD }),
  party(CITY_P, '6', { level: 'city', regionCode: '350100', superior: CITY_CD }),
];

/** Party → administrator, each competent department before those below it. */
export const ADMINISTRATORS: Readonly<Record<string, string>> = {
  [CD]: 'deng',
  [P]: 'gao',
  [D]: 'du',
  [T]: 'tian',
  [CITY_CD]: 'fang',
  [CITY_P]: 'feng',
};

/** Party → officer → roles, without the administrators. */
export const OFFICERS: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  [CD]: { huang: ['competent_reviewer'], guo: ['auditor'], pan: ['platform_operator'] },
  [P]: {
    chen: ['catalog_editor'],
    rui: ['reviewer'],
    lin: ['body_head'],
    zhao: ['department_head'],
    su: ['security_officer'],
    he: ['correction_handler'],
  },
  [D]: { wu: ['applicant'], xu: ['body_head'], sun: ['security_officer'] },
  [T]: { tan: ['applicant'], tao: ['body_head'], teng: ['security_officer'] },
  [CITY_CD]: { fan: ['competent_reviewer'] },
  [CITY_P]: { fei: ['body_head'], fu: ['applicant'], fo: ['security_officer'] },
};

/** Contractors of a department, and for how long they work for it. */
export const CONTRACTOR = {
  id: 'ma',
  party: P,
  by: ADMINISTRATORS[P] as string,
  contract: {
    contractor: 'Minjiang Software',
    number: 'HT-2025-14',
    approval: 'CGB-2025-201',
    from: '2025-12-01',
    to: '2026-12-31',
    systems: ['civil-registry'],
  },
};

/** Party → head of its work body. */
export const HEADS: Readonly<Record<string, string>> = { [P]: 'lin', [D]: 'xu', [T]: 'tao', [CITY_P]: 'fei' };

/** System → the security officer who makes it, and its right. */
export const SYSTEMS: Readonly<Record<string, { by: string; may: 'publish' | 'subscribe' }>> = {
  'civil-registry': { by: 'su', may: 'publish' },
  'maternal-health': { by: 'sun', may: 'subscribe' },
  'tax-files': { by: 'teng', may: 'subscribe' },
};
