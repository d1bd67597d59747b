import { checkService, checkSettings, msOf, secondsSchema } from '../runtime/connector-config.js';
import {
  COLUMNS_SCHEMA,
  type ColumnTarget,
  columnTargets,
  type MappingConfig,
} from '../runtime/mapping/record-mapping.js';

export interface HttpSourceConfig extends MappingConfig {
  /** Responds with the records that changed after a cursor, in the order of their changes. */
  url: string;
  headers: Record<string, string>;
  /** Query parameter of the cursor; omitted in the first request. */
  cursorParameter: string;
  /** Dotted paths into the response. */
  itemsPath: string;
  nextPath: string;
  /** Path in a record that is true when the record is deleted; undefined when the service does not report deletions. */
  deletedPath: string | undefined;
  key: string[];
  pollMs: number;
  timeoutMs: number;
}

interface Settings {
  url: string;
  headers: Record<string, string>;
  cursor: { parameter: string; next: string };
  items: string;
  deleted?: string;
  entry: string;
  key: string[];
  columns: Record<string, string | ColumnTarget>;
  pollSeconds: number;
  timeoutSeconds: number;
}

const TEXT = { type: 'string', minLength: 1 };

const SCHEMA = {
  type: 'object',
  properties: {
    url: { type: 'string' },
    headers: { type: 'object', additionalProperties: { type: 'string' }, default: {} },
    cursor: {
      type: 'object',
      properties: { parameter: { ...TEXT, default: 'after' }, next: { ...TEXT, default: 'next' } },
      additionalProperties: false,
      default: {},
    },
    items: { ...TEXT, default: 'items' },
    deleted: TEXT,
    entry: TEXT,
    key: { type: 'array', items: TEXT, minItems: 1 },
    columns: COLUMNS_SCHEMA,
    pollSeconds: secondsSchema(10),
    timeoutSeconds: secondsSchema(30),
  },
  required: ['url', 'entry', 'key', 'columns'],
  additionalProperties: false,
};

export function parseHttpSourceConfig(settings: unknown): HttpSourceConfig {
  const given = checkSettings<Settings>(settings, SCHEMA);
  checkService(given);
  return {
    url: given.url,
    headers: given.headers,
    cursorParameter: given.cursor.parameter,
    nextPath: given.cursor.next,
    itemsPath: given.items,
    deletedPath: given.deleted,
    entry: given.entry,
    key: given.key,
    columns: columnTargets(given.columns),
    pollMs: msOf(given.pollSeconds),
    timeoutMs: msOf(given.timeoutSeconds),
  };
}
