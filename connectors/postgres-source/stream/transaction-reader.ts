import type { Pgoutput } from 'pg-logical-replication';
import { SourceUnfitError } from '../../runtime/connector-errors.js';
import type { TableMapping } from '../tables/table-mapping.js';
import { settleKeyConflicts } from './key-conflicts.js';
import type { ChangeMessage } from './pgoutput-decoder.js';
import type { ReplicationMessage } from './replication-connection.js';
import type { RowChange } from './row-change.js';
import { TableForm } from './table-form.js';

/**
 * Items of the stream, in order. `changes`: those of one transaction, or a part of a large one. `progress`: everything committed
 * before `lsn` was returned, so that LSN may be confirmed once all of it is published; the last part of a transaction carries it too.
 */
export type StreamItem =
  | {
      kind: 'changes';
      commitLsn: bigint;
      xid: number;
      time: string;
      changes: RowChange[];
      /** Tables to be read again by a snapshot. */
      rereads: TableMapping[];
      /** The transaction has no other part, so it can be published atomically. */
      isWhole: boolean;
      /** End of the commit, with the last part only. */
      endLsn: bigint | undefined;
    }
  | { kind: 'progress'; lsn: bigint };

/** Changes per part: the size of an atomic batch, and a bound on memory for a transaction of a million rows. */
const PART_CHANGES_MAX = 1_000;

type EarlierKeys = Map<TableMapping, { hasAdded: boolean; hasRemoved: boolean }>;

interface Transaction {
  commitLsn: bigint;
  xid: number;
  time: string;
  index: number;
  changes: RowChange[];
  rereads: TableMapping[];
  /** With deferrable keys, by table: subjects that got a row, or lost one, in parts that were returned already. */
  earlier: EarlierKeys | undefined;
  hasParts: boolean;
}

/** A mapped table as the stream describes it. */
interface StreamedTable {
  mapping: TableMapping;
  form: TableForm;
  /** Why its rows cannot be published; undefined when they can. */
  problem: TableUnreadableError | undefined;
}

const NO_ITEMS: StreamItem[] = [];

/** The stream has rows of a table without what records need; the table was altered while the source ran or was stopped. */
export class TableUnreadableError extends SourceUnfitError {
  override readonly name = 'TableUnreadableError';
  constructor(
    readonly mapping: TableMapping,
    problem: string,
  ) {
    super(
      `${mapping.name}: ${problem}; then start the connector again, which reads the table again and skips these changes`,
    );
  }
}

/**
 * Assembles the messages of the stream into transactions of the mapped tables. Changes of a table from before `validFrom` are
 * skipped, whatever the table looked like then: a snapshot that begins later covers them.
 */
export class TransactionReader {
  #transaction: Transaction | undefined;
  readonly #mappings: ReadonlyMap<number, TableMapping>;
  readonly #tables = new Map<number, StreamedTable | undefined>();

  constructor(
    mappings: readonly TableMapping[],
    private readonly validFrom: (mapping: TableMapping) => bigint,
  ) {
    this.#mappings = new Map(mappings.map((mapping) => [mapping.oid, mapping]));
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
    if (!table || transaction.commitLsn < this.validFrom(table.mapping)) return NO_ITEMS;
    if (table.problem) throw table.problem;
    const parts = transaction.changes.length < PART_CHANGES_MAX ? NO_ITEMS : [this.#part(transaction)];
    transaction.changes.push({ mapping: table.mapping, form: table.form, index, ordinal: 0, before, after });
    return parts;
  }

  #truncate(relations: readonly Pgoutput.MessageRelation[]): StreamItem[] {
    const transaction = this.#transaction!;
    transaction.index++;
    const truncated = relations
      .flatMap(({ relationOid }) => this.#tables.get(relationOid)?.mapping ?? [])
      .filter((mapping) => transaction.commitLsn >= this.validFrom(mapping));
    if (truncated.length === 0) return NO_ITEMS;
    const parts = transaction.changes.length > 0 ? [this.#part(transaction)] : [];
    for (const mapping of truncated) addReread(transaction, mapping);
    return [...parts, this.#part(transaction)];
  }

  #commit(endLsn: bigint): StreamItem[] {
    const transaction = this.#transaction!;
    this.#transaction = undefined;
    settleDeferrableKeys(transaction);
    if (transaction.changes.length > 0 || transaction.rereads.length > 0) return [this.#part(transaction, endLsn)];
    return [{ kind: 'progress', lsn: endLsn }];
  }

  /** Closes a part; `endLsn` is given with the last one. */
  #part(transaction: Transaction, endLsn?: bigint): StreamItem {
    const { commitLsn, xid, time, changes, rereads } = transaction;
    const isWhole = endLsn !== undefined && !transaction.hasParts;
    if (endLsn === undefined) noteKeyChanges(transaction);
    transaction.changes = [];
    transaction.rereads = [];
    transaction.hasParts = true;
    return { kind: 'changes', commitLsn, xid, time, changes, rereads, isWhole, endLsn };
  }

  #mapped({ relationOid, columns, replicaIdentity }: Pgoutput.MessageRelation): StreamedTable | undefined {
    const mapping = this.#mappings.get(relationOid >>> 0);
    if (!mapping) return undefined;
    const names = columns.map((column) => column.name);
    return {
      mapping,
      form: new TableForm(mapping.byIndex(names)),
      problem: problemOf(mapping, names, replicaIdentity),
    };
  }
}

function problemOf(mapping: TableMapping, names: readonly string[], replicaIdentity: string) {
  const missing = mapping.columns.filter((column) => !names.includes(column));
  if (missing.length > 0) {
    const columns = missing.join(', ');
    return new TableUnreadableError(
      mapping,
      `the stream has no column ${columns}: add it, or take it out of the settings`,
    );
  }
  if (replicaIdentity === 'full') return undefined;
  return new TableUnreadableError(
    mapping,
    `updates and deletes lack the previous row: ALTER TABLE ${mapping.name} REPLICA IDENTITY FULL`,
  );
}

/** Within one part the changes determine the row that each subject has at the end; across parts a snapshot is needed. */
function settleDeferrableKeys(transaction: Transaction): void {
  if (!transaction.earlier && !transaction.changes.some(({ mapping }) => mapping.isKeyDeferrable)) return;
  const mappings = new Set(transaction.changes.map(({ mapping }) => mapping).filter((one) => one.isKeyDeferrable));
  if (transaction.hasParts) noteKeyChanges(transaction);
  for (const mapping of mappings) {
    if (transaction.hasParts) continue;
    const { changes, isAmbiguous } = settleKeyConflicts(transaction.changes.filter((one) => one.mapping === mapping));
    const others = transaction.changes.filter((one) => one.mapping !== mapping);
    transaction.changes = [...others, ...changes].sort((a, b) => a.index - b.index || a.ordinal - b.ordinal);
    if (isAmbiguous) addReread(transaction, mapping);
  }
  for (const [mapping, { hasAdded, hasRemoved }] of transaction.earlier ?? []) {
    if (hasAdded && hasRemoved) addReread(transaction, mapping);
  }
}

function noteKeyChanges(transaction: Transaction): void {
  for (const { mapping, form, before, after } of transaction.changes) {
    if (!mapping.isKeyDeferrable || (before && after && form.subjectOf(before) === form.subjectOf(after))) continue;
    transaction.earlier ??= new Map();
    const { earlier } = transaction;
    const seen = earlier.get(mapping) ?? { hasAdded: false, hasRemoved: false };
    earlier.set(mapping, { hasAdded: seen.hasAdded || !!after, hasRemoved: seen.hasRemoved || !!before });
  }
}

function beginTransaction({ commitLsn, commitMs, xid }: ChangeMessage & { tag: 'begin' }): Transaction {
  const time = timeOf(commitMs);
  return { commitLsn, xid, time, index: 0, changes: [], rereads: [], earlier: undefined, hasParts: false };
}

/** The transactions of a backlog were committed several in a millisecond. */
let lastTime = { ms: 0, text: new Date(0).toISOString() };

function timeOf(ms: number): string {
  if (ms !== lastTime.ms) lastTime = { ms, text: new Date(ms).toISOString() };
  return lastTime.text;
}

function addReread({ rereads }: Transaction, mapping: TableMapping): void {
  if (!rereads.includes(mapping)) rereads.push(mapping);
}
