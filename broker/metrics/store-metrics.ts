import type { Counter, Gauge } from 'prom-client';
import type { MetricFactory } from './metric-factory.js';

/** Replicas of a stream beside its leader. */
const REPLICAS_MAX = 4;

/** One stream as its leader describes it. */
export interface StreamState {
  stream: string;
  messages: number;
  bytes: number;
  /** Undefined for a stream without a limit of its own. */
  limitBytes: number | undefined;
  /** The larger share of its limits of bytes and of messages that is used; undefined without one. */
  limitShare: number | undefined;
  /** Settings that are not those that the bus gave it. */
  changedSettings: number;
  /** Undefined where the server is no cluster. */
  leader: string | undefined;
  replicas: readonly { server: string; lag: number; isCurrent: boolean }[];
}

const maxBy = (...labels: string[]) => ({ labels, aggregator: 'max' }) as const;

/** The connection to NATS, and what it stores: by server and stream, never by consumer. */
export class StoreMetrics {
  readonly #up: Gauge;
  readonly #reconnects: Counter;
  readonly #reconnectFailures: Counter;
  readonly #capacity: Gauge;
  readonly #free: Gauge;
  readonly #open: Gauge;
  readonly #secondsUntilFull: Gauge;
  readonly #server: Gauge;
  readonly #roundTrip: Gauge;
  readonly #streams: StreamGauges;

  constructor(make: MetricFactory) {
    this.#up = make.gauge('sluice_nats_up', '1 while connected to NATS', { aggregator: 'min' });
    this.#capacity = make.gauge(
      'sluice_store_capacity_bytes',
      'Bytes of the disk of the store, or storage limit of its account; absent for an account without a limit',
      { aggregator: 'max' },
    );
    this.#free = make.gauge(
      'sluice_store_free_bytes',
      'Bytes of the capacity that are free, whoever uses the rest; absent where the capacity is',
      { aggregator: 'min' },
    );
    // Without a measurement the gauges are absent: 0 would say that nothing is left.
    for (const gauge of [this.#capacity, this.#free]) gauge.remove();
    this.#open = make.gauge(
      'sluice_store_takes_events',
      '1 while events are stored, 0 while they are refused because too little of the store is left',
      { aggregator: 'min' },
    );
    this.#reconnects = make.counter('sluice_nats_reconnects_total', 'Times the connection to NATS was re-established');
    this.#reconnectFailures = make.counter(
      'sluice_nats_reconnect_failures_total',
      'Attempts to re-establish the connection to NATS that failed; the log has the reasons',
    );
    this.#secondsUntilFull = make.gauge(
      'sluice_store_seconds_until_full',
      'Time until events are refused if the store goes on to fill as in the last hour; +Inf while it does not fill',
      { aggregator: 'min' },
    );
    this.#secondsUntilFull.set(Number.POSITIVE_INFINITY);
    this.#streams = new StreamGauges(make);
    this.#server = make.gauge(
      'sluice_nats_server_info',
      'The server that this process is connected to: always 1',
      maxBy('server', 'version'),
    );
    this.#roundTrip = make.gauge(
      'sluice_nats_round_trip_seconds',
      'Time of one round trip to the server that this process is connected to',
      maxBy('server'),
    );
  }

  /** Replaces what was known of the streams: a server that left takes its series with it. */
  streamsNow(streams: readonly StreamState[]): void {
    this.#streams.replace(streams);
  }

  connectedTo(server: string, version: string, roundTripSeconds: number): void {
    this.#server.reset();
    this.#roundTrip.reset();
    this.#server.set({ server, version }, 1);
    this.#roundTrip.set({ server }, roundTripSeconds);
  }

  fillsUpIn(seconds: number): void {
    this.#secondsUntilFull.set(seconds);
  }

  connectionChanged(up: boolean): void {
    this.#up.set(up ? 1 : 0);
  }

  spaceMeasured({ capacity, free }: { capacity: number; free: number }): void {
    this.#capacity.set(capacity);
    this.#free.set(free);
  }

  spaceChanged(isOpen: boolean): void {
    this.#open.set(isOpen ? 1 : 0);
  }

  reconnectFailed(): void {
    this.#reconnectFailures.inc();
  }

  reconnected(): void {
    this.#reconnects.inc();
  }
}

/** Size, limit and replicas of each stream, as its leader reports them. */
class StreamGauges {
  readonly #streamMessages: Gauge;
  readonly #streamBytes: Gauge;
  readonly #streamLimit: Gauge;
  readonly #limitShare: Gauge;
  readonly #changedSettings: Gauge;
  readonly #replicaLag: Gauge;
  readonly #replicasBehind: Gauge;
  readonly #streamsLed: Gauge;

  constructor(make: MetricFactory) {
    this.#streamMessages = make.gauge('sluice_nats_stream_messages', 'Messages that a stream holds', maxBy('stream'));
    this.#streamBytes = make.gauge('sluice_nats_stream_bytes', 'Bytes that a stream holds', maxBy('stream'));
    this.#streamLimit = make.gauge(
      'sluice_nats_stream_limit_bytes',
      'Bytes that a stream may hold; absent for a stream without a limit of its own',
      maxBy('stream'),
    );
    this.#limitShare = make.gauge(
      'sluice_nats_stream_limit_ratio',
      'Share of its limit of bytes or of messages that a stream has used, the larger one; absent for a stream without',
      maxBy('stream'),
    );
    this.#changedSettings = make.gauge(
      'sluice_nats_stream_changed_settings',
      'Settings of a stream that are not those that the bus gave it; the warnings of /readyz name them',
      maxBy('stream'),
    );
    this.#streamsLed = make.gauge('sluice_nats_streams_led', 'Streams that the server leads', maxBy('server'));
    this.#replicaLag = make.gauge(
      'sluice_nats_stream_replica_lag_messages',
      'Messages that a replica of the stream is behind its leader',
      maxBy('stream', 'server'),
    );
    this.#replicasBehind = make.gauge(
      'sluice_nats_replicas_behind',
      'Replicas of streams on the server that are offline or not up to date',
      maxBy('server'),
    );
  }

  replace(streams: readonly StreamState[]): void {
    const byServer = [this.#streamsLed, this.#replicasBehind, this.#replicaLag];
    const byStream = [
      this.#streamMessages,
      this.#streamBytes,
      this.#streamLimit,
      this.#limitShare,
      this.#changedSettings,
    ];
    for (const gauge of [...byStream, ...byServer]) gauge.reset();
    for (const state of streams) {
      const { stream, messages, bytes, limitBytes, limitShare, changedSettings, leader, replicas } = state;
      this.#changedSettings.set({ stream }, changedSettings);
      if (limitShare !== undefined) this.#limitShare.set({ stream }, limitShare);
      this.#streamMessages.set({ stream }, messages);
      this.#streamBytes.set({ stream }, bytes);
      if (limitBytes !== undefined) this.#streamLimit.set({ stream }, limitBytes);
      if (leader !== undefined) this.#streamsLed.inc({ server: leader });
      for (const { server, lag, isCurrent } of replicas.slice(0, REPLICAS_MAX)) {
        this.#replicaLag.set({ stream, server }, lag);
        this.#replicasBehind.inc({ server }, Number(!isCurrent));
      }
    }
  }
}
