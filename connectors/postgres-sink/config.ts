import { checkSettings } from '../runtime/connector-config.js';
import { ConnectorConfigError } from '../runtime/connector-errors.js';

export interface PostgresSinkConfig {
  /** Connection string of the department's database. */
  database: string;
  grant: string;
  cursor: string;
  schema: string;
  table: string;
}

const NAME = { type: 'string', pattern: '^[A-Za-z_][A-Za-z0-9_$-]{0,62}$' };

const SCHEMA = {
  type: 'object',
  properties: {
    database: { type: 'string', pattern: '^postgres(ql)?://' },
    grant: { type: 'string', minLength: 1 },
    cursor: { type: 'string', minLength: 1, default: 'default' },
    schema: { ...NAME, default: 'public' },
    table: NAME,
  },
  required: ['database', 'grant', 'table'],
  additionalProperties: false,
};

export function parsePostgresSinkConfig(settings: unknown): PostgresSinkConfig {
  const config = checkSettings<PostgresSinkConfig>(settings, SCHEMA);
  if (config.table === 'sluice_positions') {
    throw new ConnectorConfigError([
      'table: sluice_positions is where the sink stores its position; choose another name',
    ]);
  }
  return config;
}
