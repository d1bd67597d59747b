import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type pg from 'pg';
import { PeerGoneError } from '../../runtime/connector-errors.js';
import type { ColumnText } from '../../runtime/mapping/item-value.js';
import { quoteIdentifier, quoteTable } from '../../runtime/postgres-client.js';
import type { SnapshotOrigin, SnapshotProgress } from '../progress.js';
import { currentWalLsn, emitHeartbeat } from '../slot.js';
import { type RowValues, SelectedRow } from '../stream/row-values.js';
import type { TableForm } from '../stream/table-form.js';
import { waitForWriters } from '../tables/open-tables.js';
import type { TableMapping } from '../tables/table-mapping.js';
import { type DeliveredTransactions, invisibleIn } from './delivered-transactions.js';
import type { ChunkRows } from './snapshot-chunk.js';

export interface ChunkRequest {
  mapping: TableMapping;
  form: TableForm;
  /** Progress after the chunk before it; undefined for the first. */
  before: SnapshotProgress | undefined;
  origin: SnapshotOrigin;
}

/** A commit is visible a moment after the stream has it, or when a synchronous standby has confirmed it. */
const VISIBLE_POLL_MS = 20;
/** Half a minute. */
const VISIBLE_POLLS_REPORTED = 1_500;

/**
 * Reads a table in chunks by its key, while the stream goes on.
 *
 * An exported snapshot of the slot would be consistent by itself, but needs one transaction for the whole table, which holds back
 * vacuum and cannot be resumed after a crash. Here each chunk is a statement of its own, and a restart continues with the next
 * one. See docs/decisions/0020.
 */
export class SnapshotReader {
  /** Tables that this session has read from. */
  readonly #begun = new Set<string>();

  constructor(
    private readonly client: pg.Client,
    private readonly rowsMax: number,
    private readonly delivered: DeliveredTransactions,
    /** Called every half minute while a chunk waits for transactions of others. */
    private readonly onWait: (reason: string) => void,
  ) {}

  /**
   * The first chunk is `snapshot_begin` alone. A row read with it that changes meanwhile would be published before the
   * begin, be left out after it, and be dropped by receivers at the end.
   */
  async read({ mapping, form, before, origin }: ChunkRequest): Promise<ChunkRows> {
    if (before) await this.#untilDeliveredIsVisible(mapping.facts.oid);
    const rows = before ? await this.#rows(mapping, before.lastKey) : [];
    // Read after the rows: everything that they show was committed before this LSN.
    const lsn = await currentWalLsn(this.client);
    await emitHeartbeat(this.client);
    const last = rows.at(-1);
    // The key columns come first.
    const lastKey = last ? mapping.key.map((_column, index) => String(last.text(index))) : before?.lastKey;
    return {
      lsn,
      rows: new Map(rows.map((row) => [form.subjectOf(row), row])),
      after: {
        id: before?.id ?? randomUUID(),
        lastKey,
        isDone: before !== undefined && rows.length < this.rowsMax,
        ...origin,
        validFrom: before?.validFrom ?? origin.validFrom,
      },
    };
  }

  /**
   * The server sends a commit as soon as it is on disk, and shows it to other sessions after that. A chunk read in between would be
   * placed behind the change with the value before it. What an earlier session has delivered is not known any more: its writers are.
   */
  async #untilDeliveredIsVisible(oid: string): Promise<void> {
    if (!this.#begun.has(oid)) await this.#untilWritersHaveEnded(oid);
    this.#begun.add(oid);
    let invisible = this.delivered.take();
    for (let poll = 0; invisible.size > 0; poll++) {
      if (poll > 0) await pause(VISIBLE_POLL_MS);
      const { rows } = await this.client.query<{ snapshot: string }>('SELECT pg_current_snapshot() AS snapshot');
      invisible = invisibleIn(rows[0]!.snapshot, invisible);
      if (poll % VISIBLE_POLLS_REPORTED === VISIBLE_POLLS_REPORTED - 1)
        this.onWait('waiting for a commit that a synchronous standby has not confirmed');
    }
  }

  /** The stream goes on meanwhile, so a long transaction is no reason to end the session; closing it ends the wait. */
  async #untilWritersHaveEnded(oid: string): Promise<void> {
    for (let hasEnded = false; !hasEnded; ) {
      try {
        await waitForWriters(this.client, oid);
        hasEnded = true;
      } catch (error) {
        if (!(error instanceof PeerGoneError)) throw error;
        this.onWait(error.message);
      }
    }
  }

  async #rows(mapping: TableMapping, lastKey: string[] | undefined): Promise<RowValues[]> {
    const key = mapping.key.map(quoteIdentifier).join(', ');
    const placeholders = mapping.key.map((_column, index) => `$${index + 1}`).join(', ');
    const { rows } = await this.client.query<ColumnText[]>({
      text: `SELECT ${mapping.columns.map(quoteIdentifier).join(', ')} FROM ONLY ${quoteTable(mapping.config)}
       ${lastKey ? `WHERE (${key}) > (${placeholders})` : ''} ORDER BY ${key} LIMIT ${this.rowsMax}`,
      values: lastKey ?? [],
      rowMode: 'array',
    });
    return rows.map((row) => new SelectedRow(row));
  }
}
