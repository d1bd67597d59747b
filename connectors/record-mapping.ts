import { type EntryVersion, identifierOf } from '../proto/entry.js';
import type { ItemValue, RecordData } from '../proto/event.js';
import { type ColumnText, itemValue, type ValueRule } from './item-value.js';

/** A record as its source holds it: texts by column. */
export type Row = Record<string, ColumnText>;

/** What becomes of a column: an item of the same value, or of the value that the code map gives. */
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

interface MappedColumn extends ValueRule {
  column: string;
  item: string;
  filterable: boolean;
}

/** How rows with named columns become records of one entry. */
export class RecordMapping {
  readonly entry: string;
  readonly #columns: MappedColumn[];
  readonly #identifier: { item: string; rule: ValueRule };
  readonly #hasFilterable: boolean;

  /** What does not fit must have been found by `mappingProblems` before. */
  constructor(
    config: MappingConfig,
    readonly key: readonly string[],
    entry: EntryVersion,
  ) {
    const items = new Map(entry.items.map((item) => [item.name, item]));
    this.entry = config.entry;
    this.#columns = Object.entries(config.columns).map(([column, { item: name, codes, offset = 'Z' }]) => {
      const { type, list = false, filterable = false } = items.get(name)!;
      const codeMap = codes && new Map(Object.entries(codes));
      return { column, item: name, type, list, filterable, offset, codes: codeMap };
    });
    const { name, type } = identifierOf(entry);
    this.#identifier = { item: name, rule: { type, list: false, codes: undefined, offset: 'Z' } };
    this.#hasFilterable = entry.items.some(({ filterable }) => filterable);
  }

  /** Columns to read: the mapped ones and the key. */
  get columns(): string[] {
    return [...new Set([...this.key, ...this.#columns.map(({ column }) => column)])];
  }

  /** Empty when the row has no key. */
  subjectOf(row: Row): string {
    return String(this.#identifierOf(row) ?? '');
  }

  dataOf(row: Row): RecordData {
    const data: RecordData = {};
    for (const mapped of this.#columns) {
      const value = itemValue(row[mapped.column], mapped);
      if (value !== undefined) data[mapped.item] = value;
    }
    const identifier = this.#identifierOf(row);
    if (identifier !== undefined) data[this.#identifier.item] = identifier;
    return data;
  }

  /** Former values of the filterable items, as intake wants them; undefined when the entry has none. */
  previousOf(row: Row): RecordData | undefined {
    if (!this.#hasFilterable) return undefined;
    const previous: RecordData = {};
    for (const mapped of this.#columns) {
      const value = mapped.filterable ? itemValue(row[mapped.column], mapped) : undefined;
      if (value !== undefined) previous[mapped.item] = value;
    }
    return previous;
  }

  #identifierOf(row: Row): ItemValue | undefined {
    const [only] = this.key;
    const text = this.key.length === 1 ? row[only!] : this.key.map((column) => row[column] ?? '').join('-');
    return itemValue(text, this.#identifier.rule);
  }
}

/** Everything that keeps the columns from becoming records of the entry. */
export function mappingProblems({ columns }: MappingConfig, key: readonly string[], entry: EntryVersion): string[] {
  const problems: string[] = [];
  const items = new Set(entry.items.map(({ name }) => name));
  const identifier = identifierOf(entry).name;
  const targets = Object.entries(columns);
  for (const [column, { item }] of targets) {
    if (!items.has(item)) problems.push(`column ${column}: the entry has no item ${item}`);
    else if (item === identifier && (key.length > 1 || column !== key[0])) {
      problems.push(`column ${column} can not be ${identifier}, the key is`);
    }
  }
  for (const { name, required } of entry.items) {
    const isMapped = name === identifier || targets.some(([, { item }]) => item === name);
    if (required && !isMapped) problems.push(`no column for the required item ${name}`);
  }
  return problems;
}

const TEXT = { type: 'string', minLength: 1 };

/** Of `columns` in a connector's settings: column → item, or more about it. */
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
          offset: { type: 'string', pattern: '^(Z|[+-]\\d\\d:\\d\\d)$' },
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
