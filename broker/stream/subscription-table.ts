import type { GrantSubscription } from './grant-subscription.js';

/** All open subscriptions of this broker, and those that belong together. */
export class SubscriptionTable {
  readonly #all = new Set<GrantSubscription>();
  readonly #byGrant = new Map<string, Set<GrantSubscription>>();
  readonly #byCursor = new Map<string, GrantSubscription>();

  get size(): number {
    return this.#all.size;
  }

  add(subscription: GrantSubscription): void {
    const { grant, cursor } = subscription.parts;
    this.#all.add(subscription);
    const same = this.#byGrant.get(grant);
    if (same) same.add(subscription);
    else this.#byGrant.set(grant, new Set([subscription]));
    this.#byCursor.set(cursor.subject, subscription);
  }

  delete(subscription: GrantSubscription): void {
    const { grant, cursor } = subscription.parts;
    this.#all.delete(subscription);
    const same = this.#byGrant.get(grant);
    same?.delete(subscription);
    if (same?.size === 0) this.#byGrant.delete(grant);
    if (this.#byCursor.get(cursor.subject) === subscription) this.#byCursor.delete(cursor.subject);
  }

  onCursor(cursorSubject: string): GrantSubscription | undefined {
    return this.#byCursor.get(cursorSubject);
  }

  ofGrant(grant: string): GrantSubscription[] {
    return [...(this.#byGrant.get(grant) ?? [])];
  }

  /** Smallest number that no subscription of the session on the same view uses: 0 is the shared channel. */
  freeTwin(session: string, view: unknown, encoding: string): number {
    const used = new Set<number>();
    for (const { parts } of this.#all) {
      if (parts.session === session && parts.liveView === view && parts.encoding === encoding) used.add(parts.twin);
    }
    let twin = 0;
    while (used.has(twin)) twin++;
    return twin;
  }

  *[Symbol.iterator](): Iterator<GrantSubscription> {
    yield* this.#all;
  }
}
