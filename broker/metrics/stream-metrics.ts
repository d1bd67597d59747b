import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { ErrorCode } from '../../proto/errors.js';
import type { Subprotocol } from '../../proto/frames/frames.js';
import { DELIVERY_SECONDS, SHORT_SECONDS } from './metric-buckets.js';

/** What goes out to subscribers. */
export class StreamMetrics {
  readonly #deliveries: Counter;
  readonly #frames: Counter;
  readonly #bytes: Counter;
  readonly #latency: Histogram;
  readonly #subscriptions: Gauge;
  readonly #ended: Counter;
  readonly #views: Gauge;
  readonly #channels: Gauge;
  readonly #eventsRead: Counter;
  readonly #catchUpReads: Counter;
  readonly #catchUpEvents: Counter;
  readonly #pulledEvents: Counter;
  readonly #cursors: Counter;
  readonly #cursorSeconds: Histogram;
  readonly #receipts: Counter;
  readonly #deadLetters: Counter;

  constructor(registry: Registry) {
    const counter = (name: string, help: string, labelNames: string[] = []): Counter =>
      new Counter({ name, help, labelNames, registers: [registry] });
    const gauge = (name: string, help: string, labelNames: string[] = []): Gauge =>
      new Gauge({ name, help, labelNames, registers: [registry] });
    const histogram = (name: string, help: string, buckets: number[]): Histogram =>
      new Histogram({ name, help, buckets, registers: [registry] });

    this.#deliveries = counter('sluice_deliveries_total', 'Events handed to subscribers', ['encoding']);
    this.#frames = counter('sluice_frames_sent_total', 'Frames of events handed to sessions', ['encoding']);
    this.#bytes = counter('sluice_frames_sent_bytes_total', 'Bytes of the frames of events', ['encoding']);
    this.#latency = histogram(
      'sluice_publish_to_deliver_seconds',
      'Time from acceptance of an event to its hand-over to live subscribers',
      DELIVERY_SECONDS,
    );
    this.#subscriptions = gauge('sluice_subscriptions', 'Open subscriptions: live on a channel or behind', ['state']);
    this.#ended = counter('sluice_subscriptions_ended_total', 'Subscriptions that the bus ended, by code', ['code']);
    this.#views = gauge('sluice_views', 'Compiled views with live subscribers');
    this.#channels = gauge('sluice_channels', 'Views times encodings with live subscribers');
    this.#eventsRead = counter('sluice_events_read_total', 'Events that the readers took from the log', ['partition']);
    this.#catchUpReads = counter('sluice_catch_up_reads_total', 'Pages read from the log for subscribers behind');
    this.#catchUpEvents = counter('sluice_catch_up_events_total', 'Events read from the log for subscribers behind');
    this.#pulledEvents = counter('sluice_pulled_events_total', 'Events handed out over plain HTTP');
    this.#cursors = counter('sluice_cursors_stored_total', 'Cursor positions made durable');
    this.#cursorSeconds = histogram('sluice_cursor_store_duration_seconds', 'Time of one cursor batch', SHORT_SECONDS);
    this.#receipts = counter('sluice_receipts_stored_total', 'Delivery receipts stored');
    this.#deadLetters = counter('sluice_dead_letters_total', 'Events that subscribers rejected');
  }

  /** One frame of one channel handed to so many sessions. */
  frameSent(encoding: Subprotocol, frame: { events: number; bytes: number; sessions: number }): void {
    this.#deliveries.inc({ encoding }, frame.events * frame.sessions);
    this.#frames.inc({ encoding }, frame.sessions);
    this.#bytes.inc({ encoding }, frame.bytes * frame.sessions);
  }

  eventDeliveredLive(secondsSinceAccepted: number): void {
    this.#latency.observe(secondsSinceAccepted);
  }

  subscriptionsNow(live: number, behind: number): void {
    this.#subscriptions.set({ state: 'live' }, live);
    this.#subscriptions.set({ state: 'behind' }, behind);
  }

  subscriptionEnded(code: ErrorCode): void {
    this.#ended.inc({ code });
  }

  viewsNow(views: number, channels: number): void {
    this.#views.set(views);
    this.#channels.set(channels);
  }

  eventsRead(partition: number, events: number): void {
    this.#eventsRead.inc({ partition }, events);
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

  deadLettered(): void {
    this.#deadLetters.inc();
  }
}
