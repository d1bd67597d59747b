import type { Counter, Gauge, Histogram } from 'prom-client';
import type { Subprotocol } from '../../proto/frames/frames.js';
import { ACKNOWLEDGE_SECONDS, DELIVERY_SECONDS, REVOCATION_SECONDS, SHORT_SECONDS } from './metric-buckets.js';
import type { MetricFactory, QuickCounter } from './metric-factory.js';
import type { PartyCounts } from './parties/party-counts.js';

/** Finds the trace of an event, for an exemplar; undefined without traces. */
export type TraceIdOf = (() => string | undefined) | undefined;

/** Delivery to subscribers, and what it takes to remember it. */
export class StreamMetrics {
  readonly #sent: ReturnType<typeof sentCounters>;
  readonly #times: ReturnType<typeof deliveryTimes>;
  readonly #outOfCredit: Gauge;
  readonly #subscriptions: Gauge;
  readonly #views: Gauge;
  readonly #channels: Gauge;
  readonly #eventsRead: QuickCounter;
  readonly #catchUpReads: Counter;
  readonly #catchUpEvents: Counter;
  readonly #pulledEvents: Counter;
  readonly #cursors: Counter;
  readonly #cursorSeconds: Histogram;
  readonly #receipts: Counter;
  readonly #deadLetters: Counter;

  constructor(
    make: MetricFactory,
    private readonly parties: PartyCounts,
  ) {
    this.#sent = sentCounters(make);
    this.#times = deliveryTimes(make);
    this.#outOfCredit = make.gauge(
      'sluice_subscriptions_out_of_credit',
      'Open subscriptions that are sent nothing because what they were sent is not acknowledged',
    );
    this.#subscriptions = make.gauge(
      'sluice_subscriptions',
      'Open subscriptions: live on a channel, or behind and reading from the log',
      { labels: ['state'] },
    );
    this.#views = make.gauge(
      'sluice_views',
      'Distinct combinations of rows and items that live subscribers get: grants that deliver the same share one',
    );
    this.#channels = make.gauge(
      'sluice_channels',
      'Views in each encoding that live subscribers get: their frames are made once for all',
    );
    this.#eventsRead = make.quickCounter(
      'sluice_events_read_total',
      'Events that the readers took from the log',
      'partition',
    );
    this.#catchUpReads = make.counter(
      'sluice_catch_up_reads_total',
      'Pages read from the log for subscribers that are behind',
    );
    this.#catchUpEvents = make.counter(
      'sluice_catch_up_events_total',
      'Events read from the log for subscribers that are behind',
    );
    this.#pulledEvents = make.counter(
      'sluice_pulled_events_total',
      'Events delivered as pages or as server-sent events',
    );
    this.#cursors = make.counter('sluice_cursors_stored_total', 'Cursor positions made durable');
    this.#cursorSeconds = make.histogram(
      'sluice_cursor_store_duration_seconds',
      'Time to store one batch of cursors',
      SHORT_SECONDS,
    );
    this.#receipts = make.counter('sluice_receipts_stored_total', 'Delivery receipts stored');
    this.#deadLetters = make.counter('sluice_dead_letters_total', 'Events that subscribers rejected');
  }

  /** One frame of one channel was sent to `sessions` sessions. */
  frameSent(encoding: Subprotocol, frame: { events: number; bytes: number; sessions: number }): void {
    this.#sent.events.inc({ encoding }, frame.events * frame.sessions);
    this.#sent.frames.inc({ encoding }, frame.sessions);
    this.#sent.bytes.inc({ encoding }, frame.bytes * frame.sessions);
  }

  /** The event was handed to the sockets of all its live subscribers. */
  eventDeliveredLive(secondsSinceAccepted: number, traceIdOf?: TraceIdOf): void {
    this.#times.delivered.observe(secondsSinceAccepted, traceIdOf);
  }

  /** A live subscriber acknowledged an event. */
  acknowledged(secondsSinceAccepted: number, traceIdOf?: TraceIdOf): void {
    this.#times.acknowledged.observe(secondsSinceAccepted, traceIdOf);
  }

  /** The last byte of a subscription, a session, an event stream, a page or an upload left after the act that ended its right. */
  revoked(secondsSinceAct: number): void {
    this.#times.revoked.observe(secondsSinceAct);
  }

  subscriptionsNow(live: number, behind: number, outOfCredit: number): void {
    this.#outOfCredit.set(outOfCredit);
    this.#subscriptions.set({ state: 'live' }, live);
    this.#subscriptions.set({ state: 'behind' }, behind);
  }

  viewsNow(views: number, channels: number): void {
    this.#views.set(views);
    this.#channels.set(channels);
  }

  eventsRead(partition: number, events: number): void {
    this.#eventsRead.add(partition, events);
  }

  caughtUpRead(events: number): void {
    this.#catchUpReads.inc();
    this.#catchUpEvents.inc(events);
  }

  pulled(events: number): void {
    this.#pulledEvents.inc(events);
  }

  cursorsStored(cursors: number, seconds: number): void {
    this.#cursors.inc(cursors);
    this.#cursorSeconds.observe(seconds);
  }

  receiptStored(): void {
    this.#receipts.inc();
  }

  /** `party` is undefined where its grant is gone meanwhile. */
  deadLettered(party: string | undefined): void {
    this.#deadLetters.inc();
    if (party !== undefined) this.parties.add('dead_letters', party);
  }
}

/** Events, frames and bytes that go out over WebSocket. */
function sentCounters(make: MetricFactory) {
  const counter = (name: string, help: string): Counter => make.counter(name, help, ['encoding']);
  return {
    events: counter('sluice_deliveries_total', 'Events sent over WebSocket, to each subscription that got them'),
    frames: counter('sluice_frames_sent_total', 'Frames of events sent over WebSocket, to each session'),
    bytes: counter(
      'sluice_frames_sent_bytes_total',
      'Bytes of the frames of events, with the head of the WebSocket message and before compression',
    ),
  };
}

/** How long events take to subscribers and back, and how long the end of a right takes. */
function deliveryTimes(make: MetricFactory) {
  return {
    delivered: make.quickHistogram(
      'sluice_publish_to_deliver_seconds',
      'Time from acceptance of an event to its delivery to all live WebSocket subscribers of the process; of each event once',
      DELIVERY_SECONDS,
    ),
    acknowledged: make.quickHistogram(
      'sluice_accept_to_acknowledge_seconds',
      'Time from acceptance of an event to its acknowledgement by a live subscriber, of one acknowledgement in eight',
      ACKNOWLEDGE_SECONDS,
    ),
    revoked: make.quickHistogram(
      'sluice_revocation_to_last_byte_seconds',
      'Time from an act that ends a grant or a token to the last byte that went out under it: to a subscription, a session, an event stream, an upload or the reader of a page',
      REVOCATION_SECONDS,
    ),
  };
}
