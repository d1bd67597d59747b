import type { ItemField } from '../../../proto/entry/item-field.js';
import type { ProjectedEvent } from '../../../proto/frames/event-encoder.js';
import type { LogEvent } from '../../event-log/log-event.js';
import type { StreamMetrics } from '../../metrics/stream-metrics.js';
import type { EventTraces, TracedEvent } from '../../traces/event-traces.js';
import { EntryViews } from '../views/entry-views.js';
import type { Channel } from './channel.js';
import { CoalescingDelay, type Flushed } from './coalescing-delay.js';
import type { LiveView } from './live-view.js';
import type { SharedWrites } from './shared-writes.js';

export interface LiveDispatchDeps {
  /** Returns a look-up of an entry's items by name. */
  fieldsOf(entry: string): (name: string) => ItemField;
  /** Returns the last position of a partition that was dispatched. */
  headOf(partition: number): number;
  /** Returns false while the ledger is stale: grants cannot be checked, so nothing may be delivered. */
  mayDeliver(): boolean;
  /** Members of channels send with it. */
  writes: SharedWrites;
  metrics: StreamMetrics;
  traces?: EventTraces | undefined;
  /** Utilisation of the event loop above which frames wait for more events; 0: always. */
  coalesceAbovePercent: number;
}

/**
 * How long a flush may hold the event loop before everything else has a turn: to hundreds of sessions it takes tens of
 * milliseconds in all.
 */
const SLICE_MS = 4;
/** Up to so many sessions of one channel are written to as the channel comes to them: none waits for the others, nor for what clients send meanwhile. */
const AT_ONCE_SESSIONS_MAX = 512;

/** No subscription gets the event. */
const NOT_SENT = -1;

interface DispatchedEvent extends TracedEvent {
  event: LogEvent['event'];
}

/** Frames that go out in one flush. */
class Round {
  /** Channels with unsent events, each with its partition. */
  readonly channels = new Map<Channel, number>();
  /** Where traces are written. */
  events: DispatchedEvent[] = [];
  readonly sent: Flushed = { frames: 0, events: 0 };
  /** When each event that somebody gets was accepted (docs/decisions/0391). */
  acceptedAtMs: number[] = [];

  /** Drops what is gathered: nothing of it is sent or reported. */
  withhold(): void {
    this.channels.clear();
    this.events = [];
    this.acceptedAtMs = [];
  }
}

/** Appends each event of the log to the channels of the views that match it, and flushes them after the coalescing delay. */
export class LiveDispatch {
  readonly #byEntry = new Map<string, EntryViews<LiveView>>();
  readonly #delay: CoalescingDelay;
  #gathered = new Round();
  #flushed: Round | undefined;

  constructor(private readonly deps: LiveDispatchDeps) {
    this.#delay = new CoalescingDelay({
      flush: () => this.#flushSlice(performance.now() + SLICE_MS),
      aboveUtilization: deps.coalesceAbovePercent / 100,
    });
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

  /** Stops matching events for a view. Without it an entry that has no events would keep every view that was ever followed. */
  deactivate(live: LiveView): void {
    const { entry } = live.view;
    const views = this.#byEntry.get(entry);
    views?.delete(live);
    if (views?.size === 0) this.#byEntry.delete(entry);
  }

  onEvent(logEvent: LogEvent): void {
    const { entry, position } = logEvent;
    // The event is decoded when it is first asked for.
    if (!this.#byEntry.has(entry)) return;
    const { channels, events } = this.#gathered;
    let partition = NOT_SENT;
    this.project(logEvent, (live, projected) => {
      if (!live.hasMembers) return this.deactivate(live);
      for (const channel of live.channels) {
        if (channel.size === 0) continue;
        channel.append(projected);
        partition = live.partition;
        channels.set(channel, partition);
      }
    });
    if (partition === NOT_SENT) return;
    const { event } = logEvent;
    this.#gathered.acceptedAtMs.push(event.acceptedAtMs);
    if (this.deps.traces) events.push({ entry, partition, position, event });
    this.#delay.schedule();
  }

  /** Calls `projected` with each live view that delivers the event, and what its subscribers receive. Sends nothing. */
  project(
    { entry, event, position }: Pick<LogEvent, 'entry' | 'event' | 'position'>,
    projected: (live: LiveView, event: ProjectedEvent) => void,
  ): void {
    this.#byEntry.get(entry)?.match(event, (live, op) => {
      projected(live, live.view.project(position, event, op));
    });
  }

  /** Sends all pending frames. */
  flush(): void {
    // The rest of a flush that has begun, and then what became pending behind it.
    this.#flushSlice(Number.POSITIVE_INFINITY);
    this.#flushSlice(Number.POSITIVE_INFINITY);
  }

  /** One flush for all that is dispatched at once: a single event on a quiet broker, a batch on a busy one. Returns undefined while it has more. */
  #flushSlice(untilMs: number): Flushed | undefined {
    if (!this.#flushed) {
      this.#flushed = this.#gathered;
      this.#gathered = new Round();
    }
    const round = this.#flushed;
    const { channels } = round;
    const { writes } = this.deps;
    if (!this.deps.mayDeliver()) round.withhold();
    if (isSmall(channels)) this.#deliver(round, untilMs);
    else writes.gather(() => this.#deliver(round, untilMs));
    if (channels.size > 0 || !writes.write(untilMs)) return undefined;
    this.#reportFlushed(round);
    this.#flushed = undefined;
    return round.sent;
  }

  /** Hands the pending frames to the members, channel by channel, until the time has come. */
  #deliver({ channels, sent }: Round, untilMs: number): void {
    for (const [channel, partition] of channels) {
      channels.delete(channel);
      this.#flushChannel(channel, partition, sent);
      if (performance.now() >= untilMs) return;
    }
  }

  #reportFlushed({ events, acceptedAtMs }: Round): void {
    const { traces, metrics } = this.deps;
    const nowMs = Date.now();
    for (let i = 0; i < acceptedAtMs.length; i++) {
      const event = events[i];
      const traceIdOf = event && (() => traces?.sampled(event)?.traceId);
      metrics.eventDeliveredLive(Math.max(0, nowMs - (acceptedAtMs[i] as number)) / 1000, traceIdOf);
    }
    for (const dispatched of events) traces?.delivered(dispatched, dispatched.event.acceptedAtMs);
  }

  #flushChannel(channel: Channel, partition: number, sent: Flushed): void {
    const { size: sessions, encoding } = channel;
    const batch = channel.flush(this.deps.headOf(partition));
    if (!batch) return;
    const { message, positions } = batch;
    sent.frames += sessions;
    sent.events += sessions * positions.length;
    this.deps.metrics.frameSent(encoding, { events: positions.length, bytes: message.length, sessions });
  }
}

function isSmall(channels: ReadonlyMap<Channel, number>): boolean {
  const [first] = channels.keys();
  return channels.size <= 1 && (first?.size ?? 0) <= AT_ONCE_SESSIONS_MAX;
}
