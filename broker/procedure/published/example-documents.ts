import type { Fields } from '../files/file.js';

/** Digest of a paper. */
export const PAPER = '3f0a5d1c9b8e7f60415263748596a7b8c9dae1f2031425364758697a8b9cadbe';
export const ENTRY = 'fujian-civil-affairs.birth';
export const GRANT = 'gr-2m81x0q4t7ab';
export const ITEMS = [{ name: 'idNumber', transform: 'hash' }, { name: 'birthDate' }];
export const REPLY_EXAMPLE = {
  items: ['idNumber', 'birthDate'],
  leftOut: [{ item: 'address', code: 'not_necessary', reason: 'the calendar needs no address' }],
};

export const APPLICATION_EXAMPLE: Fields = {
  entry: ENTRY,
  system: 'maternal-health',
  items: [...ITEMS, { name: 'address' }],
  basis: [{ rank: 'law', title: 'Law on Maternal and Infant Health Care', article: '24' }],
  scenario: 'vaccination calendar',
  range: 'newborns of Fujian',
  mode: 'event_stream',
  period: { from: '2026-02-06', to: '2026-12-31' },
  dutyBasis: 'health care of newborns',
  piGround: 'statutory_duty',
  piAssessment: 'PIA-H-2026-3',
  securityMeasures: 'graded protection level 3',
  truthStatement: true,
};

/** A whole entry. */
export const ENTRY_EXAMPLE: Fields = {
  id: ENTRY,
  name: { zh: '出生登记' },
  abstract: 'Births registered',
  catalogLevel: 'department',
  resourceCode: '306001/1',
  provider: 'fujian-civil-affairs',
  format: 'database',
  updateFrequency: 'real_time',
  sharingAttribute: 'conditional',
  sharingModes: ['event_stream'],
  conditions: { range: 'departments with a duty for newborns', purpose: 'health care of newborns' },
  dataClass: 'population',
  dataGrade: 'general',
  secrecyAssessment: { result: 'not_secret', by: 'Chen', on: '2025-12-02', attachment: PAPER },
  piAssessment: { number: 'PIA-2025-14', by: 'Chen', on: '2025-12-02', attachment: PAPER },
  correctionChannel: { contact: 'work body' },
  disposalRequirement: { method: 'destroy', withinDays: 30 },
  items: [
    { name: 'idNumber', type: 'string', identifier: true, required: true, personal: 'personal', itemCode: 'DE00001' },
    { name: 'birthDate', type: 'date', filterable: true, personal: 'personal', itemCode: 'DE00007' },
    { name: 'address', type: 'string', personal: 'personal' },
  ],
};
