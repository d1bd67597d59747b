import type { GrantDocument, GrantedItem } from '../../proto/entry/grant.js';
import type { Rows } from '../../proto/entry/rows.js';
import { SluiceError } from '../../proto/errors.js';
import type { DeliveredOp } from '../../proto/event/event.js';
import { isSameEpoch } from '../../proto/log-position.js';
import { entryFilter } from '../../proto/subject.js';
import { EventMemory } from '../event-log/event-memory.js';
import { LogEvent } from '../event-log/log-event.js';
import { canonicalRows } from '../grants/canonical-rows.js';
import type { Grant } from '../grants/grant.js';
import { boundsOf } from '../grants/grant-period.js';
import type { Ledger } from '../ledger/ledger.js';
import type { Bus } from '../nats/bus.js';
import { pagesOf } from '../nats/read/log-reader.js';
import { eventStream } from '../nats/streams.js';
import { narrowingOf, type ReceiptSummary, receiptsOf } from '../receipts/receipt-reader.js';
import { deliveredOp } from '../stream/views/delivered-op.js';
import { type EntryLookup, fieldsOf, requireItem } from '../stream/views/entry-fields.js';
import { filterCodec, filterValues } from '../stream/views/entry-views.js';
import { View, viewKey } from '../stream/views/view.js';

/** One delivery of one event of a record: the receiver, the grant and the receipt. */
export interface Disclosure {
  grant: string;
  party: string;
  system: string;
  purpose: string;
  basis: string;
  items: GrantedItem[];
  receipt: string;
  session: string;
  position: number;
  op: DeliveredOp;
  acceptedAt: string;
  /** `possible`: the receipt was left open by a crash; the event may have gone out or not. */
  certainty: 'delivered' | 'possible';
}

/**
 * Receipts of previous log epochs. Events stored before such a receipt was opened have survived the truncation, so their
 * deliveries are reported. Events that came later and were delivered are lost, and with them which records they concerned.
 */
export interface PreviousEpochReceipts {
  grant: string;
  party: string;
  system: string;
  log: string;
  receipts: number;
  firstOpenedAt: string;
  lastOpenedAt: string;
}

export interface DisclosureReport {
  disclosures: Disclosure[];
  formerLives: PreviousEpochReceipts[];
}

export interface DisclosuresDeps {
  bus: Bus;
  entries: EntryLookup;
  /** Returns every grant that the entry ever had. */
  grantsOf(entry: string): Grant[];
  /** Returns the present epoch of a partition's log. Throws STORE_UNAVAILABLE while it is being resolved. */
  logOf(partition: number): string;
  ledger: Pick<Ledger, 'read'>;
  secret: string;
}

/** An event of the record in the present log epoch. */
interface PositionedEvent {
  event: LogEvent;
  storedAtMs: number;
}

const PAGE_EVENTS = 1_000;
/** Bound of the clock difference between the leaders of two streams. */
const CLOCK_SKEW_MS = 1_000;

/**
 * Answers who received what about a record.
 *
 * A table of deliveries per record would double every write of the hot path. Instead the answer is computed when it is asked:
 * from the record's events in the log, the receipts of each grant on its entry, and the view that each grant had when the receipt
 * was opened. It scans the entry's log, so it is slow and rare.
 */
export class Disclosures {
  constructor(private readonly deps: DisclosuresDeps) {}

  /**
   * `subject` is the key of the record as its source publishes it. Throws NOT_FOUND for an entry that was never published: of a
   * mistyped name "nobody" would be the wrong answer.
   */
  async find(entry: string, subject: string): Promise<DisclosureReport> {
    const { bus, entries, grantsOf, logOf } = this.deps;
    const disclosures: Disclosure[] = [];
    const previousEpochs = new Map<string, PreviousEpochReceipts>();
    const version = entries.published(entry) ?? entries.version(entry, 1);
    if (!version) throw new SluiceError('NOT_FOUND', `the catalog has no published entry ${entry}`);
    const log = logOf(version.partition);
    const events = await this.#eventsOf(entry, version.partition, subject);
    for (const grant of grantsOf(entry)) {
      for (const receipt of await receiptsOf(bus, grant.party, grant.id)) {
        const isPrevious = !isSameEpoch(receipt.log, log);
        if (isPrevious) addReceipt(previousEpochs, receipt);
        disclosures.push(...(await this.#disclosed(receipt, isPrevious ? keptSince(receipt, events) : events)));
      }
    }
    if (!isSameEpoch(logOf(version.partition), log))
      throw new SluiceError('STORE_UNAVAILABLE', 'the log was truncated while it was searched, ask again');
    return { disclosures, formerLives: [...previousEpochs.values()] };
  }

  async #eventsOf(entry: string, partition: number, subject: string): Promise<PositionedEvent[]> {
    const found: PositionedEvent[] = [];
    const memory = new EventMemory();
    const [stream, filter] = [eventStream(partition), entryFilter(partition, entry)];
    for await (const page of pagesOf(this.deps.bus, { stream, subject: filter, after: 0, limit: PAGE_EVENTS })) {
      for (const message of page) {
        const event = new LogEvent(message, entry, memory);
        if (event.event.subject === subject) found.push({ event, storedAtMs: message.timeMs });
      }
    }
    return found;
  }

  async #disclosed(receipt: ReceiptSummary, events: PositionedEvent[]): Promise<Disclosure[]> {
    const inRange = events
      .map(({ event }) => event)
      .filter(({ position }) => position > receipt.from && position <= receipt.possiblyThrough);
    const [record] = inRange.length === 0 ? [] : await this.deps.ledger.read(grantAt(receipt));
    if (!record) return [];
    const grant = record.document as GrantDocument;
    const { historyFromMs } = boundsOf(grant);
    const view = this.#viewOf(grant, receipt, await narrowingOf(this.deps.bus, receipt));
    const codec = filterCodec([view], fieldsOf(this.deps.entries, receipt.entry));
    const disclosed: Disclosure[] = [];
    for (const { position, event } of inRange) {
      if (event.acceptedAtMs < historyFromMs) continue;
      const values = filterValues(event, codec);
      const op = deliveredOp(event.op, view.filter.matches(values.before), view.filter.matches(values.now));
      if (op) disclosed.push(describe(grant, receipt, { position, op, acceptedAtMs: event.acceptedAtMs }));
    }
    return disclosed;
  }

  /** The grant as it was when the receipt was opened, with the narrowing of that subscription. */
  #viewOf(grant: GrantDocument, receipt: ReceiptSummary, narrow: Rows): View {
    const source = {
      grant,
      rows: canonicalRows(grant.rows ?? {}),
      narrow,
      item: requireItem(this.deps.entries, receipt.entry),
      secret: this.deps.secret,
    };
    return new View(viewKey(source), receipt.entry, source);
  }
}

function grantAt(receipt: ReceiptSummary): Parameters<Ledger['read']>[0] {
  return { kind: 'grant', id: receipt.grant, after: receipt.grantSeq - 1, limit: 1 };
}

function describe(
  grant: GrantDocument,
  receipt: ReceiptSummary,
  event: { position: number; op: DeliveredOp; acceptedAtMs: number },
): Disclosure {
  const { purpose, basis, items } = grant;
  return {
    grant: receipt.grant,
    party: receipt.party,
    system: receipt.system,
    purpose,
    basis,
    items,
    receipt: receipt.receipt,
    session: receipt.session,
    position: event.position,
    op: event.op,
    acceptedAt: new Date(event.acceptedAtMs).toISOString(),
    certainty: event.position <= receipt.through ? 'delivered' : 'possible',
  };
}

/** Events stored before a receipt of a previous epoch was opened had the same position in that epoch. */
function keptSince(receipt: ReceiptSummary, events: PositionedEvent[]): PositionedEvent[] {
  return events.filter(({ storedAtMs }) => storedAtMs < receipt.storedAtMs - CLOCK_SKEW_MS);
}

function addReceipt(previousEpochs: Map<string, PreviousEpochReceipts>, receipt: ReceiptSummary): void {
  // Certainly nothing was delivered under this receipt.
  if (receipt.sent === 0 && receipt.through === receipt.possiblyThrough) return;
  const { grant, party, system, log, openedAt } = receipt;
  const key = `${grant} ${system} ${log}`;
  const known = previousEpochs.get(key) ?? {
    grant,
    party,
    system,
    log,
    receipts: 0,
    firstOpenedAt: openedAt,
    lastOpenedAt: '',
  };
  previousEpochs.set(key, { ...known, receipts: known.receipts + 1, lastOpenedAt: openedAt });
}
