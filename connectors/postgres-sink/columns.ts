import type { ItemType } from '../../proto/entry/entry.js';
import { quotedName } from '../../proto/foreign-name.js';
import type { DeliveredItem } from '../../proto/frames/frames.js';

const COLUMN_TYPES: Record<ItemType, string> = {
  string: 'text',
  code: 'text',
  integer: 'bigint',
  number: 'double precision',
  boolean: 'boolean',
  date: 'date',
  datetime: 'timestamp with time zone',
  decimal: 'numeric',
  object: 'jsonb',
};
/** PostgreSQL cuts longer names, so that two items could become one column. */
const NAME_BYTES_MAX = 63;
/** PostgreSQL has at most 1,600 columns in a table, fewer with wide types; dropped ones count. */
const COLUMNS_MAX = 1_000;
const SYSTEM_COLUMNS = new Set(['tableoid', 'xmin', 'cmin', 'xmax', 'cmax', 'ctid']);

export interface Column {
  name: string;
  type: string;
  /** Type and transform of the delivered values: when they change, older rows hold something else. */
  content: string;
}

/** The column of a delivered item; `transform` is that of the grant, where it is known. */
export function columnOf({ name, type, list }: DeliveredItem, transform?: string): Column {
  // A list of objects is one jsonb document, which is easier to query than an array of jsonb.
  const columnType = type === 'object' || !list ? COLUMN_TYPES[type] : `${COLUMN_TYPES[type]}[]`;
  return { name, type: columnType, content: transform === undefined ? columnType : `${columnType} ${transform}` };
}

/** Why items cannot be columns of one table. */
export function columnProblems(items: readonly DeliveredItem[]): string[] {
  const problems = items.flatMap(({ name }) => {
    if (Buffer.byteLength(name) > NAME_BYTES_MAX) {
      return [`item ${quotedName(name)} cannot be a column: PostgreSQL cuts names after ${NAME_BYTES_MAX} bytes`];
    }
    return SYSTEM_COLUMNS.has(name)
      ? [`item ${name} cannot be a column: PostgreSQL has a system column of that name`]
      : [];
  });
  if (items.length > COLUMNS_MAX)
    problems.push(`${items.length} items are more than a table has columns: ${COLUMNS_MAX}`);
  return problems;
}
