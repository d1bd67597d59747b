import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { LeakMedium } from './secrets.js';

export const TRANSPORTS = ['ws_json', 'ws_msgpack', 'ws_protobuf', 'sse', 'pull', 'webhook'] as const;
export type CanaryTransport = (typeof TRANSPORTS)[number];

/** `suspended`: an operator has suspended the grant, so nothing is owed; it is no outage and counts in no objective. */
const ROUND_OUTCOMES = ['delivered', 'missed', 'suspended'] as const;
export type RoundOutcome = (typeof ROUND_OUTCOMES)[number];

/** Why the canary publishes nothing that is counted. */
const PAUSES = ['suspended', 'tokens'] as const;
export type Pause = (typeof PAUSES)[number];

const LEAK_MEDIA: readonly LeakMedium[] = ['stream', 'metrics', 'logs', 'errors', 'ledger'];

/** The bound of the objective, one second, is one of them. */
const LATENCY_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** All metrics of the canary, with one method per observation. Metric names occur here only. */
export class CanaryMetrics {
  readonly registry = new Registry();
  readonly #rounds = new Counter({
    name: 'sluice_canary_rounds_total',
    help: 'Events of the canary by transport and outcome, one for each partition and round',
    labelNames: ['transport', 'outcome'] as const,
    registers: [this.registry],
  });
  readonly #latency = new Histogram({
    name: 'sluice_canary_delivery_seconds',
    help: 'From publishing an event of the canary to receiving it',
    labelNames: ['transport'] as const,
    buckets: LATENCY_SECONDS,
    registers: [this.registry],
  });
  readonly #leaks = new Counter({
    name: 'sluice_canary_leaks_total',
    help: 'Findings of something that is not granted, by where it was found',
    labelNames: ['medium'] as const,
    registers: [this.registry],
  });
  readonly #searched = new Counter({
    name: 'sluice_canary_searched_bytes_total',
    help: 'Bytes that were searched for secrets, by where they came from',
    labelNames: ['medium'] as const,
    registers: [this.registry],
  });
  readonly #paused = new Gauge({
    name: 'sluice_canary_paused',
    help: '1 while the canary cannot judge the bus: a grant is suspended, or its tokens were replaced',
    labelNames: ['reason'] as const,
    registers: [this.registry],
  });
  readonly #lastRound = new Gauge({
    name: 'sluice_canary_last_round_timestamp_seconds',
    help: 'Time at which the last round ended, whatever came of it',
    registers: [this.registry],
  });

  constructor() {
    // A counter that begins with its first finding has no increase; all begin at 0.
    for (const transport of TRANSPORTS) {
      for (const outcome of ROUND_OUTCOMES) this.#rounds.inc({ transport, outcome }, 0);
      this.#latency.zero({ transport });
    }
    for (const medium of LEAK_MEDIA) {
      this.#leaks.inc({ medium }, 0);
      this.#searched.inc({ medium }, 0);
    }
    for (const reason of PAUSES) this.#paused.set({ reason }, 0);
  }

  arrived(transport: CanaryTransport, seconds: number): void {
    this.#latency.observe({ transport }, seconds);
  }

  round(transport: CanaryTransport, outcome: RoundOutcome): void {
    this.#rounds.inc({ transport, outcome });
  }

  roundEnded(nowMs: number): void {
    this.#lastRound.set(nowMs / 1000);
  }

  leak(medium: LeakMedium): void {
    this.#leaks.inc({ medium });
  }

  searched(medium: LeakMedium, bytes: number): void {
    this.#searched.inc({ medium }, bytes);
  }

  paused(reason: Pause, isPaused: boolean): void {
    this.#paused.set({ reason }, isPaused ? 1 : 0);
  }
}
