import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { LagGauges } from './lag-gauges.js';
import type { Lag } from './source/source.js';

export type EventOutcome = 'stored' | 'duplicate' | 'quarantined' | 'written' | 'dead_letter';

/** All metrics of one connector, with one method per observation. Metric names occur here only. */
export class ConnectorMetrics {
  readonly registry = new Registry();
  readonly #events = new Counter({
    name: 'sluice_connector_events_total',
    help: 'Events that the connector is done with, by outcome',
    labelNames: ['outcome'] as const,
    registers: [this.registry],
  });
  /** Changes with every batch of a busy source, so the gauge reads it only when it is scraped. */
  #pendingEvents = 0;
  readonly #up = new Gauge({
    name: 'sluice_connector_up',
    help: '1 while the side can be reached: bus, or peer for the system of the department',
    labelNames: ['side'] as const,
    registers: [this.registry],
  });
  readonly #isUp = { bus: false, peer: false };
  readonly #waits = new Counter({
    name: 'sluice_connector_waits_total',
    help: 'Failed attempts at a side that are made again',
    labelNames: ['side'] as const,
    registers: [this.registry],
  });
  readonly #progress = new Gauge({
    name: 'sluice_connector_progress_timestamp_seconds',
    help: 'Time of the last confirmation, by the bus for a source, by the destination for a sink',
    registers: [this.registry],
  });
  readonly #position = new Gauge({
    name: 'sluice_connector_position',
    help: 'Position in the log of the entry that a sink has stored',
    registers: [this.registry],
  });
  readonly #lag: LagGauges;
  readonly #received: Histogram;
  readonly #alarms = new Gauge({
    name: 'sluice_connector_alarm',
    help: '1 while an operator should look; the README of the connectors says what each alarm means',
    labelNames: ['alarm'] as const,
    registers: [this.registry],
  });

  constructor(connector: { name: string; kind: string }) {
    this.registry.setDefaultLabels({ connector: connector.name, kind: connector.kind });
    // Absent until a sink stores something: 0 would be taken for a position.
    this.#position.remove();
    this.#lag = new LagGauges(this.registry);
    this.#received = new Histogram({
      name: 'sluice_connector_publish_to_receive_seconds',
      help: 'Time from acceptance of an event by the bus to its receipt here, by the clocks of both, of the newest event of a frame',
      buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
      registers: [this.registry],
    });
    const pendingEvents = (): number => this.#pendingEvents;
    new Gauge({
      name: 'sluice_connector_pending_events',
      help: 'Events read from the source and not yet confirmed by the bus',
      registers: [this.registry],
      collect() {
        this.set(pendingEvents());
      },
    });
  }

  events(outcome: EventOutcome, count: number): void {
    if (count > 0) this.#events.inc({ outcome }, count);
  }
  pending(events: number): void {
    this.#pendingEvents = events;
  }
  /** Cheap enough to be called for every batch. */
  reached(side: 'bus' | 'peer'): void {
    if (this.#isUp[side]) return;
    this.#isUp[side] = true;
    this.#up.set({ side }, 1);
  }
  waits(side: 'bus' | 'peer'): void {
    this.#isUp[side] = false;
    this.#up.set({ side }, 0);
    this.#waits.inc({ side });
  }
  confirmed(position?: number): void {
    this.#progress.setToCurrentTime();
    if (position !== undefined) this.#position.set(position);
  }
  /** Lag that the source reports now, in its own unit. */
  lag({ amount, unit }: Lag): void {
    this.#lag.set(unit, () => amount);
  }
  /** Something that was accepted at a time is not written yet: its lag grows until the next call. Undefined: all is written. */
  behindSince(acceptedAtMs: number | undefined): void {
    this.#lag.set('seconds', () => (acceptedAtMs === undefined ? 0 : Math.max(0, Date.now() - acceptedAtMs) / 1000));
  }
  received(secondsSinceAccepted: number): void {
    this.#received.observe(secondsSinceAccepted);
  }
  alarm(alarm: string, isOn: boolean): void {
    this.#alarms.set({ alarm }, Number(isOn));
  }
}
