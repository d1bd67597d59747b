import type { CursorTraffic } from './cursor-traffic.js';
import type { GrantSubscription } from './grant-subscription.js';

/** All open subscriptions of this broker, by grant, session and cursor. */
export class SubscriptionTable {
  readonly #all = new Set<GrantSubscription>();
  readonly #byGrant = new Map<string, Set<GrantSubscription>>();
  readonly #bySession = new Map<string, Set<GrantSubscription>>();
  readonly #byCursor = new Map<string, GrantSubscription>();
  /** No right of an open subscription ends by its period before this moment. */
  earliestExpiryMs = Number.POSITIVE_INFINITY;

  constructor(private readonly traffic: Pick<CursorTraffic, 'opened' | 'closed'>) {}

  get size(): number {
    return this.#all.size;
  }

  add(subscription: GrantSubscription): void {
    const { grant, session, cursor, expiresAtMs } = subscription.parts;
    this.#all.add(subscription);
    this.earliestExpiryMs = Math.min(this.earliestExpiryMs, expiresAtMs);
    this.traffic.opened(cursor.subject, subscription);
    addTo(this.#byGrant, grant, subscription);
    addTo(this.#bySession, session, subscription);
    this.#byCursor.set(cursor.subject, subscription);
  }

  delete(subscription: GrantSubscription): void {
    const { grant, session, cursor } = subscription.parts;
    if (this.#all.delete(subscription)) this.traffic.closed(cursor.subject, subscription);
    deleteFrom(this.#byGrant, grant, subscription);
    deleteFrom(this.#bySession, session, subscription);
    if (this.#byCursor.get(cursor.subject) === subscription) this.#byCursor.delete(cursor.subject);
  }

  onCursor(cursorSubject: string): GrantSubscription | undefined {
    return this.#byCursor.get(cursorSubject);
  }

  ofGrant(grant: string): GrantSubscription[] {
    return [...(this.#byGrant.get(grant) ?? [])];
  }

  /** Ordinals of the channels that the subscriptions of a session have on a view. */
  ordinalsOf(session: string, view: unknown, encoding: string): Set<number> {
    const used = new Set<number>();
    for (const { parts } of this.#bySession.get(session) ?? []) {
      if (parts.liveView === view && parts.encoding === encoding) used.add(parts.ordinal);
    }
    return used;
  }

  [Symbol.iterator](): Iterator<GrantSubscription> {
    return this.#all.values();
  }
}

type Groups = Map<string, Set<GrantSubscription>>;

function addTo(groups: Groups, key: string, subscription: GrantSubscription): void {
  const group = groups.get(key);
  if (group) group.add(subscription);
  else groups.set(key, new Set([subscription]));
}

function deleteFrom(groups: Groups, key: string, subscription: GrantSubscription): void {
  const group = groups.get(key);
  group?.delete(subscription);
  if (group?.size === 0) groups.delete(key);
}
