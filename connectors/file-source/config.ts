import { resolve } from 'node:path';
import { checkSettings, msOf, secondsSchema } from '../runtime/connector-config.js';
import { ConnectorConfigError } from '../runtime/connector-errors.js';
import {
  COLUMNS_SCHEMA,
  type ColumnTarget,
  columnTargets,
  type MappingConfig,
} from '../runtime/mapping/record-mapping.js';

export interface FileSourceConfig extends MappingConfig {
  /** Watched folder. Each file in it is a complete list of the records. */
  folder: string;
  /** Pattern of file names; `*` matches any characters. */
  files: string;
  key: string[];
  /** Encoding of CSV and NDJSON files, any that the platform decodes, such as gb18030. */
  encoding: string;
  delimiter: string;
  /** Sheet of an XLSX workbook, by name or by number from 1. */
  sheet: string | number;
  pollMs: number;
  /** A file that has not changed for this long is complete. */
  settleMs: number;
  /** A file that would delete a greater share of the records is refused, because it is probably truncated. */
  deletedShareMax: number;
}

interface Settings extends Omit<FileSourceConfig, 'columns' | 'pollMs' | 'settleMs' | 'deletedShareMax'> {
  columns: Record<string, string | ColumnTarget>;
  pollSeconds: number;
  settleSeconds: number;
  maxDeletedShare: number;
}

const TEXT = { type: 'string', minLength: 1 };

const SCHEMA = {
  type: 'object',
  properties: {
    folder: TEXT,
    files: { ...TEXT, default: '*' },
    entry: TEXT,
    key: { type: 'array', items: TEXT, minItems: 1 },
    columns: COLUMNS_SCHEMA,
    encoding: { ...TEXT, default: 'utf-8' },
    delimiter: { type: 'string', pattern: '^[^"\\r\\n]$', default: ',' },
    sheet: { anyOf: [TEXT, { type: 'integer', minimum: 1 }], default: 1 },
    pollSeconds: secondsSchema(2),
    settleSeconds: secondsSchema(5, 0),
    maxDeletedShare: { type: 'number', exclusiveMinimum: 0, maximum: 1, default: 0.5 },
  },
  required: ['folder', 'entry', 'key', 'columns'],
  additionalProperties: false,
};

export function parseFileSourceConfig(settings: unknown, baseFolder: string): FileSourceConfig {
  const { pollSeconds, settleSeconds, maxDeletedShare, columns, folder, ...rest } = checkSettings<Settings>(
    settings,
    SCHEMA,
  );
  if (!isEncoding(rest.encoding))
    throw new ConnectorConfigError([`settings.encoding ${rest.encoding} is not known here`]);
  return {
    ...rest,
    folder: resolve(baseFolder, folder),
    columns: columnTargets(columns),
    pollMs: msOf(pollSeconds),
    settleMs: msOf(settleSeconds),
    deletedShareMax: maxDeletedShare,
  };
}

function isEncoding(label: string): boolean {
  try {
    new TextDecoder(label);
    return true;
  } catch {
    return false;
  }
}
