import type { Rows } from '../../../proto/entry/rows.js';
import { SluiceError } from '../../../proto/errors.js';
import { cursorSubject } from '../../../proto/subject.js';
import type { PartitionReaders } from '../../event-log/partition-readers.js';
import { requireEpoch } from '../../event-log/truncation.js';
import type { ReceiptSummary } from '../../receipts/receipt-reader.js';
import type { CursorStore } from '../cursors/cursor-store.js';
import type { CursorTraffic } from '../subscriptions/cursor-traffic.js';
import { type GrantAccess, narrowingDigest, type OpenGrant } from '../subscriptions/grant-access.js';
import type { SubscriptionTable } from '../subscriptions/subscription-table.js';

export interface AcknowledgeRequest {
  system: string;
  grant: string;
  cursor: string;
  position: number;
  /** Epoch of the log that the position belongs to; undefined when the caller does not say. */
  log: string | undefined;
  /** The narrowing of the pages; undefined keeps the narrowing that the cursor is bound to. */
  narrow: Rows | undefined;
}

export interface PageAcknowledgementsDeps {
  access: GrantAccess;
  cursors: CursorStore;
  readers: PartitionReaders;
  table: Pick<SubscriptionTable, 'onCursor'>;
  /** Returns the present epoch of a partition's log. Throws STORE_UNAVAILABLE while it is being resolved. */
  logOf(partition: number): string;
  traffic: Pick<CursorTraffic, 'useOf'>;
  receiptsOf(party: string, grant: string): Promise<Pick<ReceiptSummary, 'from' | 'sent'>[]>;
  /** Called with a lawful grant of which nothing was delivered before; resolves when its first delivery is on record. */
  onDelivered?(grant: string): Promise<void>;
}

/** Moves cursors for subscribers without a socket. */
export class PageAcknowledgements {
  constructor(private readonly deps: PageAcknowledgementsDeps) {}

  /** Resolves with the cursor's position when it is durable; a position below the cursor's is ignored. */
  async acknowledge(request: AcknowledgeRequest): Promise<number> {
    const { access, cursors, readers, table, logOf } = this.deps;
    const { system, grant, cursor, position, narrow } = request;
    const open = access.open(system, grant);
    const { partition } = open.version;
    const narrowing = narrow && narrowingDigest(access.viewSource(open, narrow).narrow);
    const log = logOf(partition);
    if (request.log !== undefined) requireEpoch(grant, request.log, log);
    if (!(await readers.at(partition).hasPosition(position))) {
      throw new SluiceError('ACK_BEYOND_SENT', `the log does not have position ${position}`, { grant });
    }
    const holder = table.onCursor(cursorSubject(grant, cursor));
    if (holder) {
      holder.ack(position);
      await cursors.flush(holder.parts.cursor);
      return holder.parts.cursor.position ?? position;
    }
    const acknowledged = await cursors.acknowledge({ grant, name: cursor, log, narrowing }, position);
    await this.#noteDelivery(open, cursor, position);
    return acknowledged;
  }

  /** A cursor can be set without anything being read: only what was sent before counts as delivered. */
  async #noteDelivery({ grant }: OpenGrant, cursor: string, position: number): Promise<void> {
    const { traffic, receiptsOf, onDelivered } = this.deps;
    if (!grant.undelivered || !onDelivered) return;
    const isSentHere = traffic.useOf(cursorSubject(grant.id, cursor)).delivered > 0;
    const isSent =
      isSentHere || (await receiptsOf(grant.party, grant.id)).some(({ from, sent }) => sent > 0 && from < position);
    if (isSent) await onDelivered(grant.id);
  }
}
