/** Parties, officers and systems of one year in a province. */
export const CD = 'fujian-data-bureau';
export const P = 'fujian-civil-affairs';
export const D = 'fujian-health';
export const T = 'fujian-tax';

const party = (id: string, digits: string, more: object = {}): object => ({
  ...{ id, name: { en: id }, level: 'province', regionCode: '350000', type: 'gov_dept' },
  creditCode: `11350000MB0000${digits.padStart(4, '0')}`,
  ...more,
});

export const PARTIES: readonly object[] = [
  party(CD, '1', { competent: true }),
  party(P, '2', { superior: CD, name: { zh: '民政厅', en: P } }),
  party(D, '3', { superior: CD }),
  party(T, '4', { superior: CD }),
  party('fuzhou-data-bureau', '5', { level: 'city', regionCode: '350100', competent: true, superior: CD }),
  party('fuzhou-civil-affairs', '6', { level: 'city', regionCode: '350100', superior: 'fuzhou-data-bureau' }),
];

/** Party → administrator. */
export const ADMINISTRATORS: Readonly<Record<string, string>> = {
  [CD]: 'deng',
  [P]: 'gao',
  [D]: 'du',
  [T]: 'tian',
};

/** Party → officer → roles. */
export const OFFICERS: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  [CD]: { huang: ['competent_reviewer'], guo: ['auditor'] },
  [P]: {
    ...{ chen: ['catalog_editor'], rui: ['reviewer'], lin: ['body_head'], zhao: ['department_head'] },
    ...{ su: ['security_officer'], he: ['correction_handler'] },
  },
  [D]: { wu: ['applicant'], xu: ['body_head'], sun: ['security_officer'] },
  [T]: { tan: ['applicant'], tao: ['body_head'], teng: ['security_officer'] },
};

export const HEADS: Readonly<Record<string, string>> = { [P]: 'lin', [D]: 'xu', [T]: 'tao' };

/** System → party and right. */
export const SYSTEMS: Readonly<Record<string, { by: string; may: 'publish' | 'subscribe' }>> = {
  'civil-registry': { by: 'su', may: 'publish' },
  'maternal-health': { by: 'sun', may: 'subscribe' },
  'tax-files': { by: 'teng', may: 'subscribe' },
};

const range = (month: string, from: number, to: number): string[] =>
  Array.from({ length: to - from + 1 }, (_, index) => `${month}-${String(from + index).padStart(2, '0')}`);

/** The notices of the State Council General Office, as regulation.md 2.3 has them. */
export const CALENDARS: readonly object[] = [
  {
    ...{ region: '000000', year: 2025, document: '国办发明电〔2024〕12号' },
    off: [
      '2025-01-01',
      ...range('2025-01', 28, 31),
      ...range('2025-02', 1, 4),
      ...range('2025-04', 4, 6),
      ...range('2025-05', 1, 5),
      '2025-05-31',
      ...range('2025-06', 1, 2),
      ...range('2025-10', 1, 8),
    ],
    on: ['2025-01-26', '2025-02-08', '2025-04-27', '2025-09-28', '2025-10-11'],
  },
  {
    ...{ region: '000000', year: 2026, document: '国办发明电〔2025〕7号' },
    off: [
      ...range('2026-01', 1, 3),
      ...range('2026-02', 15, 23),
      ...range('2026-04', 4, 6),
      ...range('2026-05', 1, 5),
      ...range('2026-06', 19, 21),
      ...range('2026-09', 25, 27),
      ...range('2026-10', 1, 7),
    ],
    on: ['2026-01-04', '2026-02-14', '2026-02-28', '2026-05-09', '2026-09-20', '2026-10-10'],
  },
];
