import type { Counter, Gauge, Histogram } from 'prom-client';
import type { ErrorCode } from '../../proto/errors.js';
import { COMMIT_EVENTS, SHORT_SECONDS } from './metric-buckets.js';
import type { MetricFactory } from './metric-factory.js';

/** Events from their arrival to the log or to the quarantine. */
export class IntakeMetrics {
  readonly #accepted: Counter;
  readonly #duplicates: Counter;
  readonly #refused: Counter;
  readonly #quarantined: Counter;
  readonly #quarantineMissed: Counter;
  readonly #waitingEvents: Gauge;
  readonly #waitingBytes: Gauge;
  readonly #commitEvents: Histogram;
  readonly #commitSeconds: Histogram;

  constructor(make: MetricFactory) {
    this.#accepted = make.counter('sluice_events_accepted_total', 'Events stored and acknowledged', [
      'partition',
      'op',
    ]);
    this.#duplicates = make.counter(
      'sluice_events_duplicate_total',
      'Events that were stored before and were acknowledged again',
    );
    this.#refused = make.counter('sluice_events_refused_total', 'Events refused, by code', ['code']);
    this.#quarantined = make.counter(
      'sluice_events_quarantined_total',
      'Refused events kept for their source, by code',
      ['code'],
    );
    this.#quarantineMissed = make.counter(
      'sluice_events_quarantine_missed_total',
      'Refused events that were not kept for their source: quarantine full, or store unavailable',
    );
    this.#waitingEvents = make.gauge('sluice_intake_waiting_events', 'Events received and not yet answered');
    this.#waitingBytes = make.gauge('sluice_intake_waiting_bytes', 'Bytes of the events received and not yet answered');
    this.#commitEvents = make.histogram('sluice_commit_events', 'Events of one commit to the store', COMMIT_EVENTS, [
      'partition',
    ]);
    this.#commitSeconds = make.histogram(
      'sluice_commit_duration_seconds',
      'Time from sending a commit to its acknowledgement',
      SHORT_SECONDS,
      ['partition'],
    );
  }

  eventsAccepted(partition: number, op: string, events: number): void {
    this.#accepted.inc({ partition, op }, events);
  }

  eventDuplicate(): void {
    this.#duplicates.inc();
  }

  eventRefused(code: ErrorCode): void {
    this.#refused.inc({ code });
  }

  eventQuarantined(code: ErrorCode): void {
    this.#quarantined.inc({ code });
  }

  quarantineMissed(events: number): void {
    this.#quarantineMissed.inc(events);
  }

  queueChanged(events: number, bytes: number): void {
    this.#waitingEvents.set(events);
    this.#waitingBytes.set(bytes);
  }

  committed(partition: number, events: number, seconds: number): void {
    this.#commitEvents.observe({ partition }, events);
    this.#commitSeconds.observe({ partition }, seconds);
  }
}
