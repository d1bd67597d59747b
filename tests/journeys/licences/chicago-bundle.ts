import type { GrantDocument } from '../../../proto/entry/grant.js';
import { LICENCE_ENTRY } from './chicago-records.js';

export const TOKENS = {
  licensing: 'chicago-licensing-token-0123456789',
  tax: 'chicago-tax-token-0123456789abcdef',
  police: 'chicago-police-token-0123456789abc',
  statistics: 'chicago-statistics-token-012345678',
};

/** The district with the most businesses that enter and leave. */
export const DISTRICT = '1';
export const STATISTICS_GRANT = 'g-statistics';

const grant = (document: Omit<GrantDocument, 'entry' | 'period' | 'basis' | 'history'>): GrantDocument => ({
  ...document,
  entry: LICENCE_ENTRY.id,
  basis: 'Municipal Code of Chicago, title 4',
  period: { from: '2020-01-01', to: '2099-12-31' },
  history: 'all',
});

/** The licensing department, and three departments with a grant each. */
export const CHICAGO_BUNDLE = {
  parties: [
    {
      id: 'chicago-bacp',
      name: { en: 'Business Affairs and Consumer Protection', zh: '商务与消费者保护局' },
      level: 'city',
      regionCode: '170310',
    },
    { id: 'chicago-revenue', name: { en: 'Department of Revenue' }, level: 'city', regionCode: '170310' },
    { id: 'chicago-police', name: { en: 'Police Department' }, level: 'city', regionCode: '170310' },
    { id: 'chicago-statistics', name: { en: 'Statistics Office' }, level: 'city', regionCode: '170310' },
  ],
  systems: [
    { id: 'bacp-licensing', party: 'chicago-bacp', may: ['publish'], token: TOKENS.licensing },
    { id: 'revenue-tax', party: 'chicago-revenue', may: ['subscribe'], token: TOKENS.tax },
    { id: 'police-first', party: 'chicago-police', may: ['subscribe'], token: TOKENS.police },
    { id: 'statistics-yearbook', party: 'chicago-statistics', may: ['subscribe'], token: TOKENS.statistics },
  ],
  entries: [LICENCE_ENTRY],
  grants: [
    grant({
      id: 'g-revenue',
      system: 'revenue-tax',
      purpose: 'to know who owes business tax',
      items: [
        { name: 'accountNumber' },
        { name: 'legalName' },
        { name: 'doingBusinessAs' },
        { name: 'activities' },
        { name: 'termStart' },
        { name: 'termEnd' },
        { name: 'status' },
        { name: 'conditional' },
      ],
    }),
    grant({
      id: 'g-police',
      system: 'police-first',
      purpose: 'to know the businesses of the district',
      items: [
        { name: 'accountNumber' },
        { name: 'doingBusinessAs' },
        { name: 'address' },
        { name: 'licenceDescription' },
        { name: 'latitude' },
        { name: 'longitude' },
      ],
      rows: { policeDistrict: { is: DISTRICT } },
    }),
    grant({
      id: STATISTICS_GRANT,
      system: 'statistics-yearbook',
      purpose: 'the yearbook',
      items: [
        { name: 'accountNumber', transform: 'hash' },
        { name: 'legalName', transform: 'mask' },
        { name: 'ward' },
        { name: 'licenceCode' },
        { name: 'termEnd', transform: 'year' },
        { name: 'issued', transform: 'year' },
      ],
    }),
  ],
};
