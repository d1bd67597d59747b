import type { ItemField } from '../../../proto/entry/item-field.js';
import type { DeliverableEvent } from '../../../proto/event/envelope.js';
import type { LogEvent } from '../../event-log/log-event.js';
import type { StreamMetrics } from '../../metrics/stream-metrics.js';
import type { EventTraces, TracedEvent } from '../../traces/event-traces.js';
import { EntryViews, type Matched } from '../views/entry-views.js';
import type { Channel } from './channel.js';
import { CoalescingDelay } from './coalescing-delay.js';
import type { LiveView } from './live-view.js';

export interface LiveDispatchDeps {
  /** Returns a look-up of an entry's items by name. */
  fieldsOf(entry: string): (name: string) => ItemField;
  /** Returns the last position of a partition that was dispatched. */
  headOf(partition: number): number;
  /** Returns false while the ledger is stale: grants cannot be checked, so nothing may be delivered. */
  mayDeliver(): boolean;
  metrics: StreamMetrics;
  traces?: EventTraces | undefined;
  /** Utilisation of the event loop above which frames wait for more events; 0: always. */
  coalesceAbovePercent: number;
}

interface DispatchedEvent extends TracedEvent {
  event: LogEvent['event'];
}

/** Appends each event of the log to the channels of the views that match it, and flushes them after the coalescing delay. */
export class LiveDispatch {
  readonly #byEntry = new Map<string, EntryViews<LiveView>>();
  /** Channels with unsent events, each with its partition. */
  readonly #pending = new Map<Channel, number>();
  readonly #delay: CoalescingDelay;
  /** Events since the last flush, where traces are written. */
  readonly #dispatched: DispatchedEvent[] = [];
  #scheduled = false;

  constructor(private readonly deps: LiveDispatchDeps) {
    this.#delay = new CoalescingDelay({ aboveUtilization: deps.coalesceAbovePercent / 100 });
  }

  /** Starts matching events for a view. Call in the turn of the event loop in which its first member joined. */
  activate(live: LiveView): void {
    const { entry } = live.view;
    let views = this.#byEntry.get(entry);
    if (!views) {
      views = new EntryViews(this.deps.fieldsOf(entry));
      this.#byEntry.set(entry, views);
    }
    views.add(live);
  }

  onEvent(logEvent: LogEvent): void {
    const views = this.#byEntry.get(logEvent.entry);
    if (!views) return;
    const { event, position } = logEvent;
    let partition = 0;
    views.match(event, (live, op) => {
      if (!live.hasMembers) return this.#deactivate(live, views);
      partition = live.partition;
      const projected = live.view.project(position, event, op);
      for (const channel of live.channels) {
        if (channel.size === 0) continue;
        channel.append(projected);
        this.#pending.set(channel, live.partition);
      }
    });
    if (this.#pending.size === 0) return;
    if (this.deps.traces) this.#dispatched.push({ entry: logEvent.entry, partition, position, event });
    this.#schedule(event.acceptedAtMs);
  }

  /** Asks the live index of an entry which views deliver an event; nothing is sent. */
  match(entry: string, event: DeliverableEvent, matched: Matched<LiveView>): void {
    this.#byEntry.get(entry)?.match(event, matched);
  }

  #deactivate(live: LiveView, views: EntryViews<LiveView>): void {
    views.delete(live);
    if (views.size === 0) this.#byEntry.delete(live.view.entry);
  }

  /** One flush for all that is dispatched at once: a single event on a quiet broker, a batch on a busy one. */
  #schedule(acceptedAtMs: number): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#delay.schedule(() => {
      const [first] = this.#dispatched;
      this.flush();
      // `acceptedAtMs` is that of the first event since the last flush, which has waited longest.
      const traceIdOf = first && (() => this.deps.traces?.sampled(first)?.traceId);
      this.deps.metrics.eventDeliveredLive(Math.max(0, Date.now() - acceptedAtMs) / 1000, traceIdOf);
    });
  }

  /** Sends all pending frames. */
  flush(): void {
    this.#scheduled = false;
    if (this.deps.mayDeliver())
      for (const [channel, partition] of this.#pending) this.#flushChannel(channel, partition);
    this.#pending.clear();
    if (this.#dispatched.length > 0) this.#traceDispatched();
  }

  #traceDispatched(): void {
    for (const dispatched of this.#dispatched.splice(0))
      this.deps.traces?.delivered(dispatched, dispatched.event.acceptedAtMs);
  }

  #flushChannel(channel: Channel, partition: number): void {
    const { size: sessions, encoding } = channel;
    const batch = channel.flush(this.deps.headOf(partition));
    if (!batch) return;
    const { message, positions } = batch;
    this.deps.metrics.frameSent(encoding, { events: positions.length, bytes: message.length, sessions });
  }
}
