import type { GrantSubscription } from './grant-subscription.js';
import type { SubscriptionTable } from './subscription-table.js';

/** Ends subscriptions after an unexpected failure, which only the log describes. */
export class SubscriptionFailures {
  constructor(
    private readonly table: SubscriptionTable,
    private readonly warn: (message: string, error?: unknown) => void,
  ) {}

  /** An event that cannot be decoded must not be skipped: everyone who follows its entry stops in front of it. */
  endEntry(entry: string, error: unknown): void {
    for (const subscription of this.table) if (subscription.view.entry === entry) this.end(subscription, error);
  }

  end(subscription: GrantSubscription, error: unknown): void {
    this.warn(`a subscription of grant ${subscription.parts.grant} failed and was ended`, error);
    subscription.end('INTERNAL', 'unexpected failure, see the log of the broker');
  }
}
