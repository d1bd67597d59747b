import { SluiceError } from '../../../proto/errors.js';
import type { StreamMetrics } from '../../metrics/stream-metrics.js';
import type { LogSegments } from '../segments/log-segments.js';
import type { GrantLookup } from '../subscriptions/grant-access.js';
import type { GrantSubscription } from '../subscriptions/grant-subscription.js';
import { type EntryLookup, fieldsOf } from '../views/entry-fields.js';
import type { DeadLetterStore } from './dead-letter-store.js';
import type { RejectionNotice } from './rejection-notice.js';

export interface RejectionsDeps {
  store: DeadLetterStore;
  segments: Pick<LogSegments, 'read'>;
  entries: EntryLookup;
  /** Returns the present epoch of a partition's log. Throws STORE_UNAVAILABLE while it is being resolved. */
  logOf(partition: number): string;
  grants: Pick<GrantLookup, 'get'>;
  metrics: StreamMetrics;
  notice: Pick<RejectionNotice, 'add'>;
}

/** Puts events that a subscriber rejects onto the dead-letter list of its grant. */
export class Rejections {
  constructor(private readonly deps: RejectionsDeps) {}

  /** Throws NOT_FOUND for a position at which the grant delivers no event. */
  async add(subscription: GrantSubscription, position: number, reason: string): Promise<void> {
    const { store, logOf, grants, metrics, notice } = this.deps;
    const { grant, system, cursor, partition } = subscription.parts;
    const log = logOf(partition);
    if (!subscription.awaitsAck(position) && !(await this.#delivers(subscription, position))) {
      throw new SluiceError('NOT_FOUND', `grant ${grant} has no event at position ${position}`, { grant });
    }
    await store.add(grant, { position, log, cursor: cursor.name, reason });
    const party = grants.get(grant)?.party;
    metrics.deadLettered(party);
    if (party !== undefined) notice.add({ grant, party, system, entry: subscription.view.entry });
  }

  async #delivers({ view, parts }: GrantSubscription, position: number): Promise<boolean> {
    const request = { entry: view.entry, partition: parts.partition, after: position - 1 };
    const segment = (await this.deps.segments.read(request)).since(parts.historyFromMs);
    for (const event of segment.projected(view, fieldsOf(this.deps.entries, view.entry))) {
      if (event.position === position) return true;
    }
    return false;
  }
}
