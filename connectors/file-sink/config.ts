import { resolve } from 'node:path';
import { checkSettings, msOf, secondsSchema } from '../runtime/connector-config.js';
import type { Formulas } from './event-lines.js';

export interface FileSinkConfig {
  grant: string;
  cursor: string;
  /** Existing folder. */
  folder: string;
  format: 'ndjson' | 'csv';
  formulas: Formulas;
  /** A file of this size or age is complete and gets its final name. */
  fileBytesMax: number;
  fileAgeMaxMs: number;
}

const SCHEMA = {
  type: 'object',
  properties: {
    grant: { type: 'string', minLength: 1 },
    cursor: { type: 'string', minLength: 1, default: 'default' },
    folder: { type: 'string', minLength: 1 },
    format: { enum: ['ndjson', 'csv'], default: 'ndjson' },
    formulas: { enum: ['text', 'keep'], default: 'text' },
    maxFileMb: { type: 'number', exclusiveMinimum: 0, default: 64 },
    maxFileSeconds: secondsSchema(300),
  },
  required: ['grant', 'folder'],
  additionalProperties: false,
};

export function parseFileSinkConfig(settings: unknown, baseFolder: string): FileSinkConfig {
  const { maxFileMb, maxFileSeconds, folder, ...rest } = checkSettings<
    Omit<FileSinkConfig, 'fileBytesMax' | 'fileAgeMaxMs'> & { maxFileMb: number; maxFileSeconds: number }
  >(settings, SCHEMA);
  return {
    ...rest,
    folder: resolve(baseFolder, folder),
    fileBytesMax: maxFileMb * 1024 * 1024,
    fileAgeMaxMs: msOf(maxFileSeconds),
  };
}
