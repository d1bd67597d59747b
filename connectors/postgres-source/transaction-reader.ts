import type { Pgoutput } from 'pg-logical-replication';
import { SourceUnfitError } from '../runtime/connector-errors.js';
import type { RecordForm } from '../runtime/mapping/record-form.js';
import type { ChangeMessage } from './pgoutput-decoder.js';
import type { ReplicationMessage } from './replication-connection.js';
import type { RowValues } from './row-reader.js';
import type { TableMapping } from './table-mapping.js';

/** One changed row; `index` counts the changes of its transaction from 1. */
export interface RowChange {
  mapping: TableMapping;
  /** The mapping for rows whose values are in the order of the table. */
  form: RecordForm<number>;
  index: number;
  before: RowValues | undefined;
  after: RowValues | undefined;
}

/**
 * Items of the stream, in order. `changes`: those of one transaction, or a part of a large one. `progress`: everything committed
 * before `lsn` was returned, so that LSN may be confirmed once all of it is published; the last part of a transaction carries it too.
 */
export type StreamItem =
  | {
      kind: 'changes';
      commitLsn: bigint;
      time: string;
      changes: RowChange[];
      truncated: TableMapping[];
      /** The transaction has no other part, so it can be published atomically. */
      isWhole: boolean;
      /** End of the commit, with the last part only. */
      endLsn: bigint | undefined;
    }
  | { kind: 'progress'; lsn: bigint };

/** Changes per part: the size of an atomic batch, and a bound on memory for a transaction of a million rows. */
const PART_CHANGES_MAX = 1_000;

interface Transaction {
  commitLsn: bigint;
  time: string;
  index: number;
  changes: RowChange[];
  truncated: TableMapping[];
  hasParts: boolean;
}

/** A mapped table as the stream describes it. */
interface StreamedTable {
  mapping: TableMapping;
  form: RecordForm<number>;
}

const NO_ITEMS: StreamItem[] = [];

/** Assembles the messages of the stream into transactions of the mapped tables. */
export class TransactionReader {
  #transaction: Transaction | undefined;
  readonly #mappings: ReadonlyMap<string, TableMapping>;
  readonly #tables = new Map<number, StreamedTable | undefined>();

  constructor(mappings: readonly TableMapping[]) {
    this.#mappings = new Map(mappings.map((mapping) => [mapping.name, mapping]));
  }

  /** Returns the items that the message completes, in order. */
  read(message: ReplicationMessage): StreamItem[] {
    switch (message.tag) {
      case 'keepalive':
        return this.#transaction ? NO_ITEMS : [{ kind: 'progress', lsn: message.walEnd }];
      case 'begin':
        this.#transaction = beginTransaction(message);
        return NO_ITEMS;
      case 'commit':
        return this.#commit(message.endLsn);
      case 'row':
        return this.#change(message);
      case 'relation':
        this.#tables.set(message.relationOid, this.#mapped(message));
        return NO_ITEMS;
      case 'truncate':
        return this.#truncate(message.relations);
      default:
        return NO_ITEMS;
    }
  }

  #change({ relation, before, after }: ChangeMessage & { tag: 'row' }): StreamItem[] {
    const transaction = this.#transaction!;
    const index = ++transaction.index;
    const table = this.#tables.get(relation.relationOid);
    if (!table) return NO_ITEMS;
    const parts = transaction.changes.length < PART_CHANGES_MAX ? NO_ITEMS : [this.#part(transaction)];
    transaction.changes.push({ mapping: table.mapping, form: table.form, index, before, after });
    return parts;
  }

  #truncate(relations: readonly Pgoutput.MessageRelation[]): StreamItem[] {
    const transaction = this.#transaction!;
    transaction.index++;
    const truncated = relations.flatMap((relation) => this.#tables.get(relation.relationOid)?.mapping ?? []);
    if (truncated.length === 0) return [];
    const parts = transaction.changes.length > 0 ? [this.#part(transaction)] : [];
    transaction.truncated = truncated;
    return [...parts, this.#part(transaction)];
  }

  #commit(endLsn: bigint): StreamItem[] {
    const transaction = this.#transaction!;
    this.#transaction = undefined;
    if (transaction.changes.length > 0) return [this.#part(transaction, endLsn)];
    return [{ kind: 'progress', lsn: endLsn }];
  }

  /** Closes a part; `endLsn` is given with the last one. */
  #part(transaction: Transaction, endLsn?: bigint): StreamItem {
    const { commitLsn, time, changes, truncated } = transaction;
    const isWhole = endLsn !== undefined && !transaction.hasParts;
    transaction.changes = [];
    transaction.truncated = [];
    transaction.hasParts = true;
    return { kind: 'changes', commitLsn, time, changes, truncated, isWhole, endLsn };
  }

  /** Stops the source when a table was altered while it runs: its records would lack values or their previous image. */
  #mapped({ schema, name, columns, replicaIdentity }: Pgoutput.MessageRelation): StreamedTable | undefined {
    const mapping = this.#mappings.get(`${schema}.${name}`);
    if (!mapping) return undefined;
    const names = columns.map((column) => column.name);
    const missing = mapping.columns.filter((column) => !names.includes(column));
    if (missing.length > 0) throw new SourceUnfitError(`${mapping.name} has lost its column ${missing.join(', ')}`);
    if (replicaIdentity !== 'full') {
      throw new SourceUnfitError(
        `updates and deletes lack the previous row: ALTER TABLE ${mapping.name} REPLICA IDENTITY FULL`,
      );
    }
    return { mapping, form: mapping.byIndex(names) };
  }
}

function beginTransaction({ commitLsn, commitMs }: ChangeMessage & { tag: 'begin' }): Transaction {
  const time = new Date(commitMs).toISOString();
  return { commitLsn, time, index: 0, changes: [], truncated: [], hasParts: false };
}
