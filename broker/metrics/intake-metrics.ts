import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { ErrorCode } from '../../proto/errors.js';
import { COMMIT_EVENTS, SHORT_SECONDS } from './metric-buckets.js';

/** What happens to events on their way in. */
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

  constructor(registry: Registry) {
    const registers = [registry];
    this.#accepted = new Counter({
      name: 'sluice_events_accepted_total',
      help: 'Events stored and acknowledged',
      labelNames: ['partition', 'op'],
      registers,
    });
    this.#duplicates = new Counter({
      name: 'sluice_events_duplicate_total',
      help: 'Events that were stored before and were acknowledged again',
      registers,
    });
    this.#refused = new Counter({
      name: 'sluice_events_refused_total',
      help: 'Events refused, by code',
      labelNames: ['code'],
      registers,
    });
    this.#quarantined = new Counter({
      name: 'sluice_events_quarantined_total',
      help: 'Refused events kept for their source, by code',
      labelNames: ['code'],
      registers,
    });
    this.#quarantineMissed = new Counter({
      name: 'sluice_events_quarantine_missed_total',
      help: 'Refused events that could not be kept for their source: quarantine full, or the store away',
      registers,
    });
    this.#waitingEvents = new Gauge({
      name: 'sluice_intake_waiting_events',
      help: 'Events received and not yet answered',
      registers,
    });
    this.#waitingBytes = new Gauge({
      name: 'sluice_intake_waiting_bytes',
      help: 'Bytes of the events received and not yet answered',
      registers,
    });
    this.#commitEvents = new Histogram({
      name: 'sluice_commit_events',
      help: 'Events of one commit to the store',
      labelNames: ['partition'],
      buckets: COMMIT_EVENTS,
      registers,
    });
    this.#commitSeconds = new Histogram({
      name: 'sluice_commit_duration_seconds',
      help: 'Time from sending a commit to its acknowledgement',
      labelNames: ['partition'],
      buckets: SHORT_SECONDS,
      registers,
    });
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
