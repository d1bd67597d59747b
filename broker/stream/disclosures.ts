import type { DeliveredOp } from '../../proto/event.js';
import type { GrantDocument, GrantedItem } from '../../proto/grant.js';
import { entryFilter } from '../../proto/subject.js';
import type { Ledger } from '../ledger/ledger.js';
import type { Bus } from '../nats/bus.js';
import { pagesOf } from '../nats/log-reader.js';
import { eventStream } from '../nats/streams.js';
import { canonicalRows } from '../sharing/canonical-rows.js';
import type { Grant } from '../sharing/grant.js';
import { boundsOf } from '../sharing/grant-period.js';
import { EventMemory } from './log/event-memory.js';
import { LogEvent } from './log/log-event.js';
import { type ReceiptSummary, receiptsOf } from './receipts/receipt-reader.js';
import { decide } from './views/decision.js';
import { type EntryLookup, fieldsOf, itemsOf } from './views/entry-fields.js';
import { filterCodec, filterValues } from './views/entry-views.js';
import { View, viewKey } from './views/view.js';

/** Who received what about one record, under which grant and receipt. */
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

export interface DisclosuresDeps {
  bus: Bus;
  entries: EntryLookup;
  /** Every grant that the entry ever had. */
  grantsOf(entry: string): Grant[];
  ledger: Pick<Ledger, 'read'>;
  secret: string;
}

const PAGE_EVENTS = 1_000;

/** Answers the auditor's question from the log and the receipts; a scan of the entry's log, off the hot path. */
export class Disclosures {
  constructor(private readonly deps: DisclosuresDeps) {}

  /** `subject` is the record's key as its source publishes it. */
  async find(entry: string, subject: string): Promise<Disclosure[]> {
    const version = this.deps.entries.published(entry) ?? this.deps.entries.version(entry, 1);
    if (!version) return [];
    const events = await this.#eventsOf(entry, version.partition, subject);
    const found: Disclosure[] = [];
    for (const grant of this.deps.grantsOf(entry)) {
      for (const receipt of await receiptsOf(this.deps.bus, grant.party, grant.id)) {
        found.push(...(await this.#disclosed(receipt, events)));
      }
    }
    return found;
  }

  async #eventsOf(entry: string, partition: number, subject: string): Promise<LogEvent[]> {
    const found: LogEvent[] = [];
    const memory = new EventMemory();
    const [stream, filter] = [eventStream(partition), entryFilter(partition, entry)];
    for await (const page of pagesOf(this.deps.bus, { stream, subject: filter, after: 0, limit: PAGE_EVENTS })) {
      for (const message of page) {
        const event = new LogEvent(message, entry, memory);
        if (event.event.subject === subject) found.push(event);
      }
    }
    return found;
  }

  async #disclosed(receipt: ReceiptSummary, events: LogEvent[]): Promise<Disclosure[]> {
    const inRange = events.filter((one) => one.position > receipt.from && one.position <= receipt.possiblyThrough);
    const [record] = inRange.length === 0 ? [] : await this.deps.ledger.read(grantAt(receipt));
    if (!record) return [];
    const grant = record.document as GrantDocument;
    const { historyFromMs } = boundsOf(grant);
    const view = this.#viewOf(grant, receipt);
    const codec = filterCodec([view], fieldsOf(this.deps.entries, receipt.entry));
    const disclosed: Disclosure[] = [];
    for (const { position, event } of inRange) {
      if (event.acceptedAtMs < historyFromMs) continue;
      const values = filterValues(event, codec);
      const op = decide(event.op, view.filter.matches(values.before), view.filter.matches(values.now));
      if (op) disclosed.push(describe(grant, receipt, { position, op, acceptedAtMs: event.acceptedAtMs }));
    }
    return disclosed;
  }

  /** The grant as it was when the receipt was opened, with the narrowing of that subscription. */
  #viewOf(grant: GrantDocument, receipt: ReceiptSummary): View {
    const source = {
      grant,
      rows: canonicalRows(grant.rows ?? {}),
      narrow: receipt.narrow,
      item: itemsOf(this.deps.entries, receipt.entry),
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
