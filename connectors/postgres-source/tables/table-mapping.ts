import { createHash } from 'node:crypto';
import type { EntryVersion } from '../../../proto/entry/entry.js';
import { SourceUnfitError } from '../../runtime/connector-errors.js';
import { mappingProblems, RecordMapping } from '../../runtime/mapping/record-mapping.js';
import type { TableConfig } from '../config.js';
import type { TableFacts } from './table-facts.js';
import { isKeyDeferrable, tableProblems } from './table-problems.js';

/** Maps the rows of one table to records of one entry. A table is its oid: another one may get its name. */
export class TableMapping extends RecordMapping {
  /** Two rows may share a key within a transaction. */
  readonly isKeyDeferrable: boolean;

  private constructor(
    readonly config: TableConfig,
    key: readonly string[],
    entry: EntryVersion,
    readonly facts: TableFacts,
  ) {
    super(config, key, entry);
    this.isKeyDeferrable = isKeyDeferrable(key, facts);
  }

  /** Throws SourceUnfitError that lists every problem of the table and the mapping. */
  static create(config: TableConfig, entry: EntryVersion, facts: TableFacts, serverVersion: number): TableMapping {
    const key = config.key ?? facts.primaryKey;
    const problems = [...tableProblems(config, key, facts, serverVersion), ...mappingProblems(config, key, entry)];
    if (problems.length > 0) {
      throw new SourceUnfitError(`${nameOf(config)} → ${config.entry}:\n- ${problems.join('\n- ')}`);
    }
    return new TableMapping(config, key, entry, facts);
  }

  /** `schema.table` */
  get name(): string {
    return nameOf(this.config);
  }

  get oid(): number {
    return Number(this.facts.oid);
  }

  /**
   * Names the rows and the way they are read: the table, its membership in the publication, its mapped columns, the settings. A
   * snapshot that was taken of another origin says nothing about this one. See docs/decisions/0080.
   */
  originOf(membership: string): string {
    const columns = this.columns.map((column) => [column, this.facts.columns.get(column)?.version]);
    const { entry, columns: targets } = this.config;
    const origin = [this.facts.oid, membership, columns, this.key, entry, targets];
    return createHash('sha256').update(JSON.stringify(origin)).digest('hex');
  }
}

const nameOf = ({ schema, table }: TableConfig): string => `${schema}.${table}`;
