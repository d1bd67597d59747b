import type { StoreUsage } from '../../../proto/http/store-usage.js';
import type { Ledger } from '../../ledger/ledger.js';
import type { Bus } from '../../nats/bus.js';
import type { StoreSpace } from '../../nats/space/store-space.js';
import { streamUsage } from '../../nats/space/stream-usage.js';
import type { Store } from '../../nats/streams.js';

export interface BrokerHealthDeps {
  bus: Bus;
  store: Pick<Store, 'partitions'>;
  space: StoreSpace;
  governance: { ledger: Pick<Ledger, 'isFresh'> };
  /** Advice to the operator of an external store, which works all the same. */
  notices: readonly string[];
  storeWatch: { readonly warnings: readonly string[] };
  isServing(): boolean;
}

/** Whether this broker takes events and streams them, what its operator should know, and what its store takes. */
export class BrokerHealth {
  constructor(private readonly deps: BrokerHealthDeps) {}

  /** Empty when events can be published and streamed. */
  unreadyReasons(): string[] {
    const { bus, governance, space, isServing } = this.deps;
    const reasons: string[] = [];
    if (!isServing()) reasons.push('the broker is starting or shutting down');
    if (!bus.isUp()) reasons.push(['there is no connection to NATS', bus.whyDown].filter(Boolean).join(': '));
    if (!governance.ledger.isFresh) reasons.push('the ledger is stale');
    if (space.level === 'ending_acts' || space.level === 'exhausted')
      reasons.push('the store is full: nothing but acts that end rights is taken');
    return reasons;
  }

  notices(): string[] {
    return [...this.deps.notices];
  }

  /** Faults that do not keep this broker from being ready. */
  warnings(): string[] {
    const { storeWatch, space } = this.deps;
    const isFull = space.level === 'no_events';
    return [...(isFull ? ['the store is full: events are refused'] : []), ...storeWatch.warnings];
  }

  async storeUsage(): Promise<StoreUsage> {
    const { bus, store, space } = this.deps;
    const { capacity = null, free = null } = space.measured ?? {};
    return { capacity, free, streams: await streamUsage(bus, store.partitions) };
  }
}
