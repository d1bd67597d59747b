import type { ProjectedEvent } from '../../../proto/frames/event-encoder.js';
import { partyOf } from '../../../proto/subject.js';
import type { PollerReceipts } from '../../receipts/poller-receipts.js';
import type { OpenGrant } from '../subscriptions/grant-access.js';
import type { ViewSource } from '../views/view.js';
import type { PageRequest } from './page.js';

/** A page that is about to be handed out. */
export interface ReceiptedPage {
  from: number;
  through: number;
  events: ProjectedEvent[];
  log: string;
}

/** Records what leaves over plain HTTP. */
export class PageReceipts {
  constructor(private readonly pollers: PollerReceipts) {}

  /**
   * Resolves when a receipt that covers the page is stored. Then `handOut` decides in the same turn whether the page goes out;
   * when it throws, nothing counts as delivered.
   */
  async record(
    request: Pick<PageRequest, 'system' | 'grant' | 'cursor'>,
    { grant, version }: OpenGrant,
    source: ViewSource,
    page: ReceiptedPage,
    handOut: () => void,
  ): Promise<void> {
    const opening = {
      grant: grant.id,
      party: grant.party ?? partyOf(grant.entry),
      system: request.system,
      entry: grant.entry,
      partition: version.partition,
      log: page.log,
      session: 'http',
      cursor: request.cursor,
      encoding: 'http',
      grantSeq: grant.ledgerSeq,
      narrow: source.narrow,
      from: page.from,
    };
    if (page.events.length > 0) return this.pollers.record(opening, page, page.events.length, handOut);
    handOut();
    this.pollers.passed(opening, page);
  }
}
