export const ENTRY = 'county-registry.record';
export const PULSE_ENTRY = 'county-registry.pulse';
export const TOKENS = {
  source: 'token-of-the-source-0123456789',
  witness: 'token-of-the-witness-012345678',
  attacker: 'token-of-the-attacker-01234567',
} as const;
export const GRANTS = { records: 'g-records', pulses: 'g-pulses' } as const;

const grant = (id: string, system: string, entry: string): object => ({
  id,
  system,
  entry,
  items: [{ name: 'id' }, { name: 'district' }, { name: 'text' }],
  period: { from: '2020-01-01', to: '2099-12-31' },
  history: 'all',
  purpose: 'test',
  basis: 'test',
});

const entry = (id: string): object => ({
  id,
  name: id,
  sharingAttribute: 'conditional',
  items: [
    { name: 'id', type: 'string', identifier: true },
    { name: 'district', type: 'code', filterable: true },
    { name: 'text', type: 'string' },
  ],
});

/** The attacker has valid credentials: what a department's broken or stolen client can do. */
export const FLOOD_BUNDLE = {
  parties: ['county-registry', 'county-health'].map((id) => ({ id, name: id, level: 'county', regionCode: '350102' })),
  systems: [
    { id: 'registry-db', party: 'county-registry', may: ['publish'], token: TOKENS.source },
    { id: 'health-witness', party: 'county-health', may: ['subscribe'], token: TOKENS.witness },
    { id: 'attacker', party: 'county-health', may: ['publish', 'subscribe'], token: TOKENS.attacker },
  ],
  entries: [entry(ENTRY), entry(PULSE_ENTRY)],
  grants: [grant(GRANTS.records, 'attacker', ENTRY), grant(GRANTS.pulses, 'health-witness', PULSE_ENTRY)],
};

export const record = (type: string, id: string, text: string): object => ({
  specversion: '1.0',
  id,
  type,
  op: 'create',
  data: { id, district: 'd1', text },
});
