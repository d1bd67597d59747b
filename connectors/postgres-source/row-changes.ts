import type { Pgoutput } from 'pg-logical-replication';
import { SourceUnfitError } from '../runtime/connector-errors.js';
import type { RecordForm } from '../runtime/mapping/record-form.js';
import type { ChangeMessage } from './pgoutput-decoder.js';
import type { ReplicationMessage } from './replication-connection.js';
import type { RowTexts } from './row-reader.js';
import type { TableMapping } from './table-mapping.js';

/** One row changed; `index` counts the changes of its transaction from 1. */
export interface RowChange {
  mapping: TableMapping;
  /** The mapping, for rows in the order of the table. */
  form: RecordForm<number>;
  index: number;
  before: RowTexts | undefined;
  after: RowTexts | undefined;
}

/**
 * What the stream says, in order. `changes`: those of one transaction, or a part of a large one. `reached`: everything
 * committed before has been given, and may be confirmed as soon as it is published; the last part of a transaction says it too.
 */
export type StreamItem =
  | {
      kind: 'changes';
      commitLsn: bigint;
      time: string;
      changes: RowChange[];
      truncated: TableMapping[];
      /** The transaction has no other part. */
      isWhole: boolean;
      reached: bigint | undefined;
    }
  | { kind: 'reached'; lsn: bigint };

/** Of one part: what an atomic batch holds, and bounded memory for a transaction of a million rows. */
const PART_CHANGES_MAX = 1_000;

interface Transaction {
  commitLsn: bigint;
  time: string;
  index: number;
  changes: RowChange[];
  truncated: TableMapping[];
  hasParts: boolean;
}

/** A table as the stream describes it. */
interface MappedTable {
  mapping: TableMapping;
  form: RecordForm<number>;
}

const NOTHING: StreamItem[] = [];

/** Puts the messages of the stream together into transactions of the mapped tables. */
export class TransactionReader {
  #transaction: Transaction | undefined;
  readonly #mappings: ReadonlyMap<string, TableMapping>;
  readonly #tables = new Map<number, MappedTable | undefined>();

  constructor(mappings: readonly TableMapping[]) {
    this.#mappings = new Map(mappings.map((mapping) => [mapping.name, mapping]));
  }

  /** What the message completes, in order. */
  read(message: ReplicationMessage): StreamItem[] {
    switch (message.tag) {
      case 'keepalive':
        return this.#transaction ? NOTHING : [{ kind: 'reached', lsn: message.walEnd }];
      case 'begin':
        this.#transaction = begin(message);
        return NOTHING;
      case 'commit':
        return this.#commit(message.endLsn);
      case 'row':
        return this.#change(message);
      case 'relation':
        this.#tables.set(message.relationOid, this.#mapped(message));
        return NOTHING;
      case 'truncate':
        return this.#truncate(message.relations);
      default:
        return NOTHING;
    }
  }

  #change({ relation, before, after }: ChangeMessage & { tag: 'row' }): StreamItem[] {
    const transaction = this.#transaction!;
    const index = ++transaction.index;
    const table = this.#tables.get(relation.relationOid);
    if (!table) return NOTHING;
    const parts = transaction.changes.length < PART_CHANGES_MAX ? NOTHING : [this.#part(transaction)];
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
    return [{ kind: 'reached', lsn: endLsn }];
  }

  /** `reached`: with it the transaction is complete. */
  #part(transaction: Transaction, reached?: bigint): StreamItem {
    const { commitLsn, time, changes, truncated } = transaction;
    const isWhole = reached !== undefined && !transaction.hasParts;
    transaction.changes = [];
    transaction.truncated = [];
    transaction.hasParts = true;
    return { kind: 'changes', commitLsn, time, changes, truncated, isWhole, reached };
  }

  /** A table that was altered under a running source: better to stop than to send records that lack something. */
  #mapped({ schema, name, columns, replicaIdentity }: Pgoutput.MessageRelation): MappedTable | undefined {
    const mapping = this.#mappings.get(`${schema}.${name}`);
    if (!mapping) return undefined;
    const names = columns.map((column) => column.name);
    const missing = mapping.columns.filter((column) => !names.includes(column));
    if (missing.length > 0) throw new SourceUnfitError(`${mapping.name} has lost its column ${missing.join(', ')}`);
    if (replicaIdentity !== 'full') {
      throw new SourceUnfitError(`former values are missing: ALTER TABLE ${mapping.name} REPLICA IDENTITY FULL`);
    }
    return { mapping, form: mapping.byIndex(names) };
  }
}

function begin({ commitLsn, commitMs }: ChangeMessage & { tag: 'begin' }): Transaction {
  const time = new Date(commitMs).toISOString();
  return { commitLsn, time, index: 0, changes: [], truncated: [], hasParts: false };
}
