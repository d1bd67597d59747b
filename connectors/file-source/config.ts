import { resolve } from 'node:path';
import { checkSettings } from '../runtime/connector-config.js';
import {
  COLUMNS_SCHEMA,
  type ColumnTarget,
  columnTargets,
  type MappingConfig,
} from '../runtime/mapping/record-mapping.js';

export interface FileSourceConfig extends MappingConfig {
  /** Watched. Each file in it is a complete list of the records. */
  folder: string;
  /** Of a file's name; one star or several stand for anything. */
  files: string;
  key: string[];
  /** Of CSV and NDJSON: any that the platform can decode, such as gb18030. */
  encoding: string;
  delimiter: string;
  /** Of XLSX: name or number from 1. */
  sheet: string | number;
  pollMs: number;
  /** A file that did not change for so long is complete. */
  settleMs: number;
  /** A file that would delete a greater share of the records is refused: it is rather cut off. */
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
    delimiter: { ...TEXT, default: ',' },
    sheet: { anyOf: [TEXT, { type: 'integer', minimum: 1 }], default: 1 },
    pollSeconds: { type: 'number', exclusiveMinimum: 0, default: 2 },
    settleSeconds: { type: 'number', minimum: 0, default: 5 },
    maxDeletedShare: { type: 'number', exclusiveMinimum: 0, maximum: 1, default: 0.5 },
  },
  required: ['folder', 'entry', 'key', 'columns'],
  additionalProperties: false,
};

export function parseFileSourceConfig(settings: unknown): FileSourceConfig {
  const { pollSeconds, settleSeconds, maxDeletedShare, columns, folder, ...rest } = checkSettings<Settings>(
    settings,
    SCHEMA,
  );
  return {
    ...rest,
    folder: resolve(folder),
    columns: columnTargets(columns),
    pollMs: pollSeconds * 1000,
    settleMs: settleSeconds * 1000,
    deletedShareMax: maxDeletedShare,
  };
}
