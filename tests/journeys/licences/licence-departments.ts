/** The licensing department, and two departments with grants to parts of its register. */
export const LICENCE_TOKENS = {
  source: 'token-of-the-licence-register-0123456789',
  revenue: 'token-of-the-revenue-department-01234567',
  police: 'token-of-the-police-first-district-01234',
};

const grant = (document: object) => ({
  entry: 'licensing.licence',
  basis: 'Municipal Code, title 4',
  period: { from: '2020-01-01', to: '2099-12-31' },
  history: 'all',
  ...document,
});

export const LICENCE_BUNDLE = {
  parties: ['licensing', 'revenue', 'police'].map((id) => ({
    id,
    name: { en: id },
    level: 'city',
    regionCode: '170310',
  })),
  systems: [
    { id: 'register', party: 'licensing', may: ['publish'], token: LICENCE_TOKENS.source },
    { id: 'tax', party: 'revenue', may: ['subscribe'], token: LICENCE_TOKENS.revenue },
    { id: 'first-district', party: 'police', may: ['subscribe'], token: LICENCE_TOKENS.police },
  ],
  entries: [
    {
      id: 'licensing.licence',
      name: { en: 'Business licences' },
      sharingAttribute: 'conditional',
      items: [
        { name: 'licence', type: 'string', identifier: true },
        { name: 'account', type: 'string' },
        { name: 'legalName', type: 'string' },
        { name: 'zipCode', type: 'string', filterable: true },
        { name: 'policeDistrict', type: 'string', filterable: true },
        { name: 'ward', type: 'integer' },
        { name: 'status', type: 'code', codeTable: ['issued', 'cancelled', 'revoked'] },
        { name: 'termStart', type: 'date' },
        { name: 'termEnd', type: 'date' },
        { name: 'latitude', type: 'decimal' },
        { name: 'changedAt', type: 'datetime' },
      ],
    },
  ],
  grants: [
    grant({
      id: 'g-revenue',
      system: 'tax',
      purpose: 'to know who owes business tax',
      items: ['licence', 'account', 'legalName', 'status', 'termStart', 'termEnd', 'changedAt'].map((name) => ({
        name,
      })),
    }),
    grant({
      id: 'g-police',
      system: 'first-district',
      purpose: 'to know the businesses of the district',
      items: [
        { name: 'licence' },
        { name: 'legalName', transform: 'mask' },
        { name: 'termEnd', transform: 'year' },
        ...['policeDistrict', 'ward', 'latitude'].map((name) => ({ name })),
      ],
      rows: { policeDistrict: { in: ['1', '2'] } },
    }),
  ],
};

/** Column → item, as configured in the licensing department's connector. */
export const LICENCE_COLUMNS = {
  id: 'licence',
  account_number: 'account',
  legal_name: 'legalName',
  zip_code: 'zipCode',
  police_district: 'policeDistrict',
  ward: 'ward',
  license_status: { item: 'status', codes: { AAI: 'issued', AAC: 'cancelled', REV: 'revoked' } },
  term_start: 'termStart',
  term_end: 'termEnd',
  latitude: 'latitude',
  changed_at: 'changedAt',
};

/** Each department's table, and the rows that its grant makes of the register, all as strings. */
export const DEPARTMENT_VIEWS = {
  revenue: {
    table: `SELECT "licence", "account", "legalName", "status", "termStart"::text, "termEnd"::text,
              date_trunc('milliseconds', "changedAt")::text FROM revenue_licences`,
    granted: `SELECT id, account_number, legal_name,
                CASE license_status WHEN 'AAI' THEN 'issued' WHEN 'AAC' THEN 'cancelled' WHEN 'REV' THEN 'revoked' END,
                term_start::text, term_end::text, date_trunc('milliseconds', changed_at)::text FROM licences`,
  },
  police: {
    table: `SELECT "licence", "legalName", "termEnd"::text, "policeDistrict", "ward"::text, "latitude"::text
            FROM police_licences`,
    granted: `SELECT id, left(legal_name, 1) || repeat('*', char_length(legal_name) - 1), to_char(term_end, 'YYYY'),
                police_district, ward::text, latitude::text FROM licences WHERE police_district IN ('1', '2')`,
  },
} as const;
