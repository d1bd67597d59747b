import { type EntryVersion, identifierOf } from '../../proto/entry.js';
import type { ItemValue, RecordData } from '../../proto/event.js';
import { SourceUnfitError } from '../connector-errors.js';
import type { TableConfig } from './config.js';
import { type ColumnText, itemValue, type ValueRule } from './item-value.js';

export type Row = Record<string, ColumnText>;

/** What the server says about the table. */
export interface TableFacts {
  columns: ReadonlySet<string>;
  notNull: ReadonlySet<string>;
  primaryKey: string[];
  replicaIdentity: string;
}

interface MappedColumn extends ValueRule {
  column: string;
  item: string;
  filterable: boolean;
}

/** How the rows of one table become records of one entry. */
export class TableMapping {
  readonly #columns: MappedColumn[];
  readonly #identifier: { item: string; rule: ValueRule };
  readonly hasFilterable: boolean;

  private constructor(
    readonly config: TableConfig,
    readonly key: readonly string[],
    entry: EntryVersion,
  ) {
    const items = new Map(entry.items.map((item) => [item.name, item]));
    this.#columns = Object.entries(config.columns).map(([column, { item: name, codes, offset = 'Z' }]) => {
      const { type, list = false, filterable = false } = items.get(name)!;
      const codeMap = codes && new Map(Object.entries(codes));
      return { column, item: name, type, list, filterable, offset, codes: codeMap };
    });
    const { name, type } = identifierOf(entry);
    this.#identifier = { item: name, rule: { type, list: false, codes: undefined, offset: 'Z' } };
    this.hasFilterable = entry.items.some(({ filterable }) => filterable);
  }

  /** Throws SourceUnfitError that lists everything that does not fit together. */
  static create(config: TableConfig, entry: EntryVersion, facts: TableFacts): TableMapping {
    const key = config.key ?? facts.primaryKey;
    const problems = [...columnProblems(config, entry, facts), ...keyProblems(config, key, entry, facts)];
    if (problems.length > 0) {
      throw new SourceUnfitError(`${nameOf(config)} → ${config.entry}:\n- ${problems.join('\n- ')}`);
    }
    return new TableMapping(config, key, entry);
  }

  get entry(): string {
    return this.config.entry;
  }
  /** `schema.table` */
  get name(): string {
    return nameOf(this.config);
  }
  /** Columns to read: the mapped ones and the key. */
  get columns(): string[] {
    return [...new Set([...this.key, ...this.#columns.map(({ column }) => column)])];
  }

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
    if (!this.hasFilterable) return undefined;
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

const nameOf = ({ schema, table }: TableConfig): string => `${schema}.${table}`;

function columnProblems(config: TableConfig, entry: EntryVersion, facts: TableFacts): string[] {
  const problems: string[] = [];
  const items = new Map(entry.items.map((item) => [item.name, item]));
  if (facts.replicaIdentity !== 'f') {
    problems.push(`former values are missing: ALTER TABLE ${nameOf(config)} REPLICA IDENTITY FULL`);
  }
  const targets = Object.entries(config.columns);
  for (const [column, { item }] of targets) {
    if (!facts.columns.has(column)) problems.push(`there is no column ${column}`);
    if (!items.has(item)) problems.push(`the entry has no item ${item}`);
  }
  for (const { name, required } of entry.items) {
    const isMapped = targets.some(([, { item }]) => item === name);
    if (required && !isMapped && name !== identifierOf(entry).name)
      problems.push(`no column for the required item ${name}`);
  }
  return problems;
}

function keyProblems(config: TableConfig, key: readonly string[], entry: EntryVersion, facts: TableFacts): string[] {
  if (key.length === 0) return ['the table has no primary key; say which columns are the key'];
  const problems: string[] = [];
  for (const column of key) {
    if (!facts.columns.has(column)) problems.push(`there is no key column ${column}`);
    else if (!facts.notNull.has(column)) problems.push(`the key column ${column} may be null`);
  }
  const identifier = identifierOf(entry).name;
  const elsewhere = Object.entries(config.columns).find(
    ([column, { item }]) => item === identifier && column !== key[0],
  );
  if (elsewhere) problems.push(`column ${elsewhere[0]} can not be ${identifier}, the key is`);
  return problems;
}
