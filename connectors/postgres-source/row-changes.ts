import type { Pgoutput } from 'pg-logical-replication';
import { SourceUnfitError } from '../connector-errors.js';
import type { Row } from '../record-mapping.js';
import { parseLsn } from './lsn.js';
import type { ReplicationMessage } from './replication-connection.js';
import type { TableMapping } from './table-mapping.js';

/** One row changed; `index` counts the changes of its transaction from 1. */
export interface RowChange {
  mapping: TableMapping;
  index: number;
  before: Row | undefined;
  after: Row | undefined;
}

/**
 * What the stream says, in order. `changes`: those of one transaction, or a part of a large one. `reached`: everything
 * committed before has been given, and may be confirmed as soon as it is published.
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

/** Puts the messages of the stream together into transactions of the mapped tables. */
export class TransactionReader {
  #transaction: Transaction | undefined;
  readonly #mappings: ReadonlyMap<string, TableMapping>;
  readonly #checked = new Set<Pgoutput.MessageRelation>();

  constructor(mappings: readonly TableMapping[]) {
    this.#mappings = new Map(mappings.map((mapping) => [mapping.name, mapping]));
  }

  /** What the message completes, in order. */
  read(message: ReplicationMessage): StreamItem[] {
    switch (message.tag) {
      case 'keepalive':
        return this.#transaction ? [] : [{ kind: 'reached', lsn: message.walEnd }];
      case 'begin':
        this.#transaction = begin(message);
        return [];
      case 'commit':
        return this.#commit(parseLsn(message.commitEndLsn ?? '0/0'));
      case 'relation':
        this.#check(message);
        return [];
      case 'insert':
        return this.#change(message.relation, undefined, message.new);
      case 'update':
        return this.#change(message.relation, message.old ?? undefined, message.new);
      case 'delete':
        return this.#change(message.relation, message.old ?? undefined, undefined);
      case 'truncate':
        return this.#truncate(message.relations);
      default:
        return [];
    }
  }

  #change(relation: Pgoutput.MessageRelation, before: Row | undefined, after: Row | undefined): StreamItem[] {
    const transaction = this.#transaction!;
    const index = ++transaction.index;
    const mapping = this.#mappingOf(relation);
    if (!mapping) return [];
    const parts = transaction.changes.length < PART_CHANGES_MAX ? [] : [this.#part(transaction, false)];
    transaction.changes.push({ mapping, index, before, after });
    return parts;
  }

  #truncate(relations: readonly Pgoutput.MessageRelation[]): StreamItem[] {
    const transaction = this.#transaction!;
    transaction.index++;
    const truncated = relations.flatMap((relation) => this.#mappingOf(relation) ?? []);
    if (truncated.length === 0) return [];
    const parts = transaction.changes.length > 0 ? [this.#part(transaction, false)] : [];
    transaction.truncated = truncated;
    return [...parts, this.#part(transaction, false)];
  }

  #commit(endLsn: bigint): StreamItem[] {
    const transaction = this.#transaction!;
    this.#transaction = undefined;
    const rest = transaction.changes.length > 0 ? [this.#part(transaction, !transaction.hasParts)] : [];
    return [...rest, { kind: 'reached', lsn: endLsn }];
  }

  #part(transaction: Transaction, isWhole: boolean): StreamItem {
    const { commitLsn, time, changes, truncated } = transaction;
    transaction.changes = [];
    transaction.truncated = [];
    transaction.hasParts = true;
    return { kind: 'changes', commitLsn, time, changes, truncated, isWhole };
  }

  #mappingOf({ schema, name }: Pgoutput.MessageRelation): TableMapping | undefined {
    return this.#mappings.get(`${schema}.${name}`);
  }

  /** A table that was altered under a running source: better to stop than to send records that lack something. */
  #check(relation: Pgoutput.MessageRelation): void {
    const mapping = this.#mappingOf(relation);
    if (!mapping || this.#checked.has(relation)) return;
    this.#checked.add(relation);
    const columns = new Set(relation.columns.map(({ name }) => name));
    const missing = mapping.columns.filter((column) => !columns.has(column));
    if (missing.length > 0) throw new SourceUnfitError(`${mapping.name} has lost its column ${missing.join(', ')}`);
    if (relation.replicaIdentity !== 'full') {
      throw new SourceUnfitError(`former values are missing: ALTER TABLE ${mapping.name} REPLICA IDENTITY FULL`);
    }
  }
}

function begin({ commitLsn, commitTime }: Pgoutput.MessageBegin): Transaction {
  const time = new Date(Number(BigInt(commitTime.toString()) / 1000n)).toISOString();
  return { commitLsn: parseLsn(commitLsn ?? '0/0'), time, index: 0, changes: [], truncated: [], hasParts: false };
}
