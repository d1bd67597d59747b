import { SluiceError } from '../../../proto/errors.js';
import type { Ledger } from '../../ledger/ledger.js';
import { turnShareOf } from '../../parties/caller.js';
import type { LogSegments } from '../segments/log-segments.js';
import type { SubscribeRequest, Subscription } from '../subscriber.js';
import type { CatchUp } from './catch-up.js';
import type { GrantLookup } from './grant-access.js';
import { OpeningTurns } from './opening-turns.js';
import type { SubscriptionOpener } from './subscription-opener.js';
import type { SubscriptionTable } from './subscription-table.js';

export interface SubscriptionServiceDeps {
  opener: SubscriptionOpener;
  catchUp: CatchUp;
  table: SubscriptionTable;
  ledger: Pick<Ledger, 'isFresh'>;
  grants: Pick<GrantLookup, 'get'>;
  segments: Pick<LogSegments, 'expectReader'>;
}

/** Opens subscriptions for sessions, until the broker drains. */
export class SubscriptionService {
  readonly #turns = new OpeningTurns();
  #isDraining = false;

  constructor(private readonly deps: SubscriptionServiceDeps) {}

  /**
   * Opens a subscription; its `subscribed` frame is sent before its first events. Throws SluiceError: UNKNOWN_GRANT,
   * GRANT_NOT_IN_FORCE, UNKNOWN_PREDICATE, CURSOR_BOUND, POSITION_GONE, BEFORE_HISTORY, STORE_UNAVAILABLE, …
   */
  async subscribe(request: SubscribeRequest): Promise<Subscription> {
    const onArrived = this.#expectReader(request);
    try {
      const share = turnShareOf({ kind: 'system', id: request.system });
      return await this.#turns.run(request.session, share, () => this.#open(request, onArrived));
    } catch (error) {
      onArrived();
      throw error;
    }
  }

  /** Returns the function to call when the subscription reads the log, or will not. */
  #expectReader({ grant: id, system }: SubscribeRequest): () => void {
    const grant = this.deps.grants.get(id);
    // Nobody may hold up the readers of an entry for which it has no grant.
    return grant?.system === system ? this.deps.segments.expectReader(grant.entry) : () => undefined;
  }

  async #open(request: SubscribeRequest, onArrived: () => void): Promise<Subscription> {
    const { opener, catchUp, ledger } = this.deps;
    if (this.#isDraining)
      throw new SluiceError('SHUTTING_DOWN', 'the broker is shutting down, subscribe on another one');
    if (!ledger.isFresh)
      throw new SluiceError('LEDGER_OUT_OF_SIGHT', 'the ledger is stale: grants cannot be checked, try again');
    const subscription = await opener.open(request);
    catchUp.run(subscription, onArrived);
    return subscription;
  }

  /** Refuses new subscriptions and closes the open ones. Resolves when their cursors and receipts are stored. */
  async drain(): Promise<void> {
    this.#isDraining = true;
    await Promise.all([...this.deps.table].map((subscription) => subscription.close()));
  }
}
