import { type EntryVersion, identifierOf } from '../../../proto/entry/entry.js';
import { type ColumnText, type ValueReader, valueReader } from './item-value.js';
import { type FormColumn, RecordForm } from './record-form.js';

/** A record as its source holds it: text by column. */
export type Row = Record<string, ColumnText>;

/** The item that a column becomes, with the same value or the one that the code map gives. */
export interface ColumnTarget {
  item: string;
  /** The source's code → the catalog's. A code that is not in it stays as it is. */
  codes?: Record<string, string> | undefined;
  /** Offset of a time without one, such as `+08:00`; default `Z`. */
  offset?: string | undefined;
}

export interface MappingConfig {
  entry: string;
  columns: Record<string, ColumnTarget>;
}

/**
 * `exact`: a key is taken only as the bus writes it, because `01` and `1` are two rows and one integer. `compared`: the source sees
 * all its keys and refuses two that become one, so it may take both ways of writing.
 */
export type Keys = 'exact' | 'compared';

/** Converts rows with named columns into records of one entry. */
export class RecordMapping extends RecordForm<string> {
  /** Columns to read: the mapped ones and the key. */
  readonly columns: string[];
  /** `filterableItems` of the version that rows are mapped to. */
  readonly filterable: string;

  /** Expects a configuration without `mappingProblems`. */
  constructor(
    config: MappingConfig,
    readonly key: readonly string[],
    entry: EntryVersion,
    keys: Keys = 'exact',
  ) {
    super({ entry: config.entry, columns: columnsOf(config, entry), key, ...identifierIn(entry, keys) });
    this.columns = [...new Set([...key, ...Object.keys(config.columns)])];
    this.filterable = filterableItems(entry);
  }
}

function columnsOf(config: MappingConfig, entry: EntryVersion): FormColumn<string>[] {
  const items = new Map(entry.items.map((item) => [item.name, item]));
  return Object.entries(config.columns).map(([column, { item: name, codes, offset = 'Z' }]) => {
    const { type, list = false, filterable = false } = items.get(name)!;
    const read = valueReader({ type, list, offset, codes: codes && new Map(Object.entries(codes)) });
    return { column, item: name, filterable, type, list, read };
  });
}

function identifierIn(entry: EntryVersion, keys: Keys) {
  const { name, type } = identifierOf(entry);
  const any = valueReader({ type, list: false, codes: undefined, offset: 'Z' });
  const exact: ValueReader = (text) => (String(any(text)) === text ? any(text) : text);
  const read = keys === 'exact' ? exact : any;
  return { identifier: { item: name, read }, hasFilterable: entry.items.some(({ filterable }) => filterable) };
}

/** Names of the items whose previous values events carry. */
export const filterableItems = ({ items }: EntryVersion): string =>
  items
    .filter(({ filterable }) => filterable)
    .map(({ name }) => name)
    .sort()
    .join();

/** The settings that decide which item each column becomes, whatever their order in the file. */
export const columnSettings = ({ columns }: MappingConfig): unknown[] => Object.entries(columns).sort();

/** Lists every reason why the columns cannot become records of the entry. */
export function mappingProblems({ columns }: MappingConfig, key: readonly string[], entry: EntryVersion): string[] {
  const problems: string[] = [];
  const items = new Set(entry.items.map(({ name }) => name));
  const identifier = identifierOf(entry).name;
  const targets = Object.entries(columns);
  for (const [column, { item, codes }] of targets) {
    if (!items.has(item)) problems.push(`column ${column}: the entry has no item ${item}`);
    else if (item === identifier && codes) problems.push(`column ${column} is the key, which codes cannot change`);
    else if (item === identifier && (key.length > 1 || column !== key[0])) {
      problems.push(`column ${column} cannot become ${identifier}: that item is the key`);
    }
  }
  for (const { name } of entry.items) {
    const from = targets.filter(([, { item }]) => item === name).map(([column]) => column);
    if (from.length > 1) problems.push(`columns ${from.join(', ')} become one item, ${name}: map one of them`);
  }
  for (const { name, required } of entry.items) {
    const isMapped = name === identifier || targets.some(([, { item }]) => item === name);
    if (required && !isMapped) problems.push(`no column for the required item ${name}`);
  }
  return problems;
}

const TEXT = { type: 'string', minLength: 1 };

/** JSON Schema of `columns` in a connector's settings: column → item, or an object with more about it. */
export const COLUMNS_SCHEMA = {
  type: 'object',
  minProperties: 1,
  additionalProperties: {
    anyOf: [
      TEXT,
      {
        type: 'object',
        properties: {
          item: TEXT,
          codes: { type: 'object', additionalProperties: { type: 'string' } },
          offset: { type: 'string', pattern: '^(Z|[+-]([01]\\d|2[0-3]):[0-5]\\d)$' },
        },
        required: ['item'],
        additionalProperties: false,
      },
    ],
  },
};

export function columnTargets(columns: Record<string, string | ColumnTarget>): Record<string, ColumnTarget> {
  return Object.fromEntries(
    Object.entries(columns).map(([column, to]) => [column, typeof to === 'string' ? { item: to } : to]),
  );
}
