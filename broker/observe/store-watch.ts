import type { StreamInfo } from '@nats-io/jetstream';
import { PeriodicTask } from '../../proto/async/periodic-task.js';
import type { IntakeMetrics, QuarantineAge } from '../metrics/intake-metrics.js';
import { QUARANTINE_AGES } from '../metrics/intake-metrics.js';
import type { LedgerMetrics } from '../metrics/ledger-metrics.js';
import type { StoreMetrics, StreamState } from '../metrics/store-metrics.js';
import type { Bus } from '../nats/bus.js';
import { messagesSince, streamInfo } from '../nats/read/log-reader.js';
import type { FreeSpace } from '../nats/space/free-space.js';
import { StreamDrift } from '../nats/stream-drift.js';
import { eventStream, QUARANTINE_STREAM, STORE_STREAMS } from '../nats/stream-names.js';
import type { ReceiptChain } from '../receipts/receipt-chain.js';
import { FillForecast } from './fill-forecast.js';

export interface StoreWatchDeps {
  bus: Bus;
  partitions: number;
  replicas: number;
  space: { readonly measured: FreeSpace | undefined };
  ledger: { readonly lastSeenAtMs: number };
  receipts: Pick<ReceiptChain, 'unsealed'>;
  metrics: { store: StoreMetrics; ledger: LedgerMetrics; intake: IntakeMetrics };
  /** Called once with each setting of a stream that somebody has changed. */
  onDrift: (message: string) => void;
}

const WATCH_INTERVAL_MS = 15_000;
/** Above this share of its limit a stream is reported; a message that is larger than what is left is refused already. */
const LIMIT_SHARE_MAX = 0.9;
/** A commit is a round trip at least, and live events are promised within this time. */
const ROUND_TRIP_MS_MAX = 250;

/** Asks the store now and then what no event of the broker reports: streams and their replicas, ages, and how fast it fills. */
export class StoreWatch {
  readonly #forecast = new FillForecast(() => performance.now());
  // Apart from the questions, so that a store that does not answer keeps no figure of this process back.
  readonly #noting = new PeriodicTask(WATCH_INTERVAL_MS, async () => this.#noteOwn());
  readonly #asking = new PeriodicTask(WATCH_INTERVAL_MS, async () => {
    try {
      await this.#ask();
    } catch {
      // The last figures stay: that the store is away is reported by `sluice_nats_up`.
    }
  });

  #warnings: readonly string[] = [];

  readonly #drift: StreamDrift;
  #reportedDrift: readonly string[] = [];

  constructor(private readonly deps: StoreWatchDeps) {
    this.#drift = new StreamDrift(deps);
  }

  /** Faults of the store when it was asked last that keep no event from being published and streamed. */
  get warnings(): readonly string[] {
    return this.#warnings;
  }

  start(): void {
    this.#noting.start();
    this.#asking.start();
  }

  stop(): void {
    this.#noting.stop();
    this.#asking.stop();
  }

  /** Figures that this process knows by itself. */
  #noteOwn(): void {
    const { ledger, receipts, metrics, space } = this.deps;
    metrics.ledger.lagNow(Math.max(0, performance.now() - ledger.lastSeenAtMs) / 1000);
    const { records, oldestAtMs } = receipts.unsealed;
    metrics.ledger.unsealedNow(records, oldestAtMs === undefined ? 0 : Math.max(0, Date.now() - oldestAtMs) / 1000);
    if (space.measured) metrics.store.fillsUpIn(this.#forecast.secondsUntilFull(space.measured));
  }

  async #ask(): Promise<void> {
    const { bus, partitions, metrics } = this.deps;
    const events = Array.from({ length: partitions }, (_, partition) => eventStream(partition));
    const infos: StreamInfo[] = [];
    for (const stream of [...events, ...STORE_STREAMS]) infos.push(await streamInfo(bus, stream));
    const drift = infos.map(({ config }) => this.#drift.of(config));
    this.#reportDrift(drift.flat());
    metrics.store.streamsNow(infos.map((info, i) => stateOf(info, drift[i]?.length ?? 0)));
    const server = bus.nc.info;
    const roundTripMs = server ? await bus.nc.rtt() : 0;
    if (server) metrics.store.connectedTo(server.server_name, server.version, roundTripMs / 1000);
    this.#warnings = [
      ...infos.flatMap(limitWarnings),
      ...drift.flat(),
      ...roundTripWarning(server?.server_name, roundTripMs),
    ];
    await this.#askQuarantine(infos.find(({ config }) => config.name === QUARANTINE_STREAM) as StreamInfo);
  }

  /** Each once, and again when it was mended in between. */
  #reportDrift(drift: readonly string[]): void {
    for (const one of drift) if (!this.#reportedDrift.includes(one)) this.deps.onDrift(one);
    this.#reportedDrift = drift;
  }

  async #askQuarantine({ state }: StreamInfo): Promise<void> {
    const { bus, metrics } = this.deps;
    const nowMs = Date.now();
    const byAge = new Map<QuarantineAge, number>();
    for (const [age, seconds] of Object.entries(QUARANTINE_AGES) as [QuarantineAge, number][]) {
      const younger =
        seconds === 0 || state.messages === 0
          ? 0
          : await messagesSince(bus, QUARANTINE_STREAM, new Date(nowMs - seconds * 1000));
      byAge.set(age, Math.max(0, state.messages - younger));
    }
    const oldestSeconds = state.messages === 0 ? 0 : Math.max(0, nowMs - Date.parse(state.first_ts)) / 1000;
    metrics.intake.quarantineNow(byAge, oldestSeconds);
  }
}

/** A stream may have a limit of each kind, and the first that is reached stops it. */
const limitsOf = ({ config, state }: StreamInfo) => [
  { kind: 'bytes', used: state.bytes, limit: config.max_bytes } as const,
  { kind: 'messages', used: state.messages, limit: config.max_msgs } as const,
];

function limitWarnings(info: StreamInfo): string[] {
  const reached = limitsOf(info).filter(({ used, limit }) => limit > 0 && used >= limit * LIMIT_SHARE_MAX);
  const { name } = info.config;
  return reached.map(
    ({ kind, used, limit }) =>
      `stream ${name} holds ${used} of the ${limit} ${kind} of its limit, at which it takes nothing more`,
  );
}

function roundTripWarning(server: string | undefined, ms: number): string[] {
  if (ms <= ROUND_TRIP_MS_MAX) return [];
  return [`a round trip to the NATS server ${server} takes ${ms / 1000} s, and a commit no less`];
}

function stateOf(info: StreamInfo, changedSettings: number): StreamState {
  const { config, state, cluster } = info;
  const shares = limitsOf(info).flatMap(({ used, limit }) => (limit > 0 ? [used / limit] : []));
  return {
    stream: config.name,
    messages: state.messages,
    bytes: state.bytes,
    limitBytes: config.max_bytes > 0 ? config.max_bytes : undefined,
    limitShare: shares.length > 0 ? Math.max(...shares) : undefined,
    changedSettings,
    leader: cluster?.leader,
    replicas: (cluster?.replicas ?? []).map(({ name, lag, current, offline }) => {
      return { server: name, lag: lag ?? 0, isCurrent: current && !offline };
    }),
  };
}
