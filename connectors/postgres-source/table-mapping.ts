import type { EntryVersion } from '../../proto/entry/entry.js';
import { SourceUnfitError } from '../runtime/connector-errors.js';
import { mappingProblems, RecordMapping } from '../runtime/mapping/record-mapping.js';
import type { TableConfig } from './config.js';

/** What the system catalog says about a table. */
export interface TableFacts {
  columns: ReadonlySet<string>;
  notNull: ReadonlySet<string>;
  primaryKey: string[];
  replicaIdentity: string;
}

/** Maps the rows of one table to records of one entry. */
export class TableMapping extends RecordMapping {
  private constructor(
    readonly config: TableConfig,
    key: readonly string[],
    entry: EntryVersion,
  ) {
    super(config, key, entry);
  }

  /** Throws SourceUnfitError that lists every problem of the table and the mapping. */
  static create(config: TableConfig, entry: EntryVersion, facts: TableFacts): TableMapping {
    const key = config.key ?? facts.primaryKey;
    const problems = [...tableProblems(config, key, facts), ...mappingProblems(config, key, entry)];
    if (problems.length > 0) {
      throw new SourceUnfitError(`${nameOf(config)} → ${config.entry}:\n- ${problems.join('\n- ')}`);
    }
    return new TableMapping(config, key, entry);
  }

  /** `schema.table` */
  get name(): string {
    return nameOf(this.config);
  }
}

const nameOf = ({ schema, table }: TableConfig): string => `${schema}.${table}`;

function tableProblems(config: TableConfig, key: readonly string[], facts: TableFacts): string[] {
  const problems: string[] = [];
  if (facts.replicaIdentity !== 'f') {
    problems.push(`updates and deletes lack the previous row: ALTER TABLE ${nameOf(config)} REPLICA IDENTITY FULL`);
  }
  for (const column of Object.keys(config.columns)) {
    if (!facts.columns.has(column)) problems.push(`there is no column ${column}`);
  }
  if (key.length === 0) problems.push('the table has no primary key: set `key` to its columns');
  for (const column of key) {
    if (!facts.columns.has(column)) problems.push(`there is no key column ${column}`);
    else if (!facts.notNull.has(column)) problems.push(`the key column ${column} may be null`);
  }
  return problems;
}
