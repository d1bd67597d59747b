import type { Counter, Gauge } from 'prom-client';
import { type ErrorCode, FAULTS_OF_THE_BUS } from '../../proto/errors.js';
import { COMMIT_EVENTS, COMMIT_SECONDS } from './metric-buckets.js';
import type { MetricFactory } from './metric-factory.js';
import type { PartyCounts } from './parties/party-counts.js';
import type { QuickHistogram } from './quick-histogram.js';

/** Ages, in seconds, by the label under which refused events of at least that age are counted. */
export const QUARANTINE_AGES = { '0s': 0, '1h': 3_600, '1d': 86_400, '7d': 7 * 86_400 };
export type QuarantineAge = keyof typeof QUARANTINE_AGES;

/** Events from their arrival to the log or to the quarantine. */
export class IntakeMetrics {
  readonly #accepted: Counter;
  readonly #duplicates: Counter;
  readonly #refused: Counter;
  readonly #quarantined: Counter;
  readonly #quarantineMissed: Counter;
  readonly #waitingEvents: Gauge;
  readonly #waitingBytes: Gauge;
  readonly #commitEvents: QuickHistogram;
  readonly #commitSeconds: QuickHistogram;
  readonly #quarantine: ReturnType<typeof quarantineGauges>;
  readonly #traceContextDropped: Counter;

  constructor(
    make: MetricFactory,
    private readonly parties: PartyCounts,
  ) {
    this.#accepted = make.counter(
      'sluice_events_accepted_total',
      'Events stored and confirmed to their source, by partition and operation',
      ['partition', 'op'],
    );
    this.#duplicates = make.counter(
      'sluice_events_duplicate_total',
      'Events that were stored before and were confirmed again',
    );
    this.#refused = make.counter('sluice_events_refused_total', 'Events refused, by code', ['code'], FAULTS_OF_THE_BUS);
    this.#quarantined = make.counter(
      'sluice_events_quarantined_total',
      'Refused events kept for their source, by code',
      ['code'],
    );
    this.#quarantineMissed = make.counter(
      'sluice_events_quarantine_missed_total',
      'Refused events that were not kept for their source: quarantine or quota full, or store unavailable',
    );
    this.#waitingEvents = make.gauge(
      'sluice_intake_waiting_events',
      'Events received and not yet answered, each request with all its events',
    );
    this.#waitingBytes = make.gauge('sluice_intake_waiting_bytes', 'Bytes of the events received and not yet answered');
    this.#commitEvents = make.quickHistogram(
      'sluice_commit_events',
      'Events of one commit to the store',
      COMMIT_EVENTS,
    );
    this.#commitSeconds = make.quickHistogram(
      'sluice_commit_duration_seconds',
      'Time from sending a commit to its acknowledgement',
      COMMIT_SECONDS,
    );
    this.#quarantine = quarantineGauges(make);
    this.#traceContextDropped = make.counter(
      'sluice_trace_context_dropped_total',
      'Events whose traceparent or tracestate was malformed and was dropped',
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

  /** `party` is that of the system that sent it. */
  eventQuarantined(code: ErrorCode, party: string): void {
    this.#quarantined.inc({ code });
    this.parties.add('quarantined_events', party, { cause: code });
  }

  quarantineMissed(party: string): void {
    this.#quarantineMissed.inc();
    this.parties.add('quarantine_missed_events', party);
  }

  queueChanged(events: number, bytes: number): void {
    this.#waitingEvents.set(events);
    this.#waitingBytes.set(bytes);
  }

  committed(events: number, seconds: number): void {
    this.#commitEvents.observe(events);
    this.#commitSeconds.observe(seconds);
  }

  /** Refused events that are kept, by the age that they have at least, and the age of the oldest. */
  quarantineNow(byAge: ReadonlyMap<QuarantineAge, number>, oldestSeconds: number): void {
    for (const [age, events] of byAge) this.#quarantine.events.set({ older_than: age }, events);
    this.#quarantine.oldest.set(oldestSeconds);
  }

  /** A `traceparent` or `tracestate` that is none was dropped. */
  traceContextDropped(): void {
    this.#traceContextDropped.inc();
  }
}

/** Refused events that the store holds. */
const quarantineGauges = (make: MetricFactory) => ({
  events: make.gauge(
    'sluice_quarantine_events',
    'Refused events that are kept for their source, repaired or not, by the age that they have at least',
    { labels: ['older_than'], aggregator: 'max' },
  ),
  oldest: make.gauge(
    'sluice_quarantine_oldest_age_seconds',
    'Age of the oldest refused event that is kept; 0 without one',
    { aggregator: 'max' },
  ),
});
