import type { StreamMetrics } from '../metrics/stream-metrics.js';
import type { Bus } from '../nats/bus.js';
import { streamEnds } from '../nats/read/log-reader.js';
import { eventStream, type Store } from '../nats/streams.js';
import { whenAvailable } from '../nats/when-available.js';
import type { LogEvent } from './log-event.js';
import { PartitionReader } from './partition-reader.js';

export interface PartitionReadersDeps {
  bus: Bus;
  store: Store;
  metrics: StreamMetrics;
  onEvent(event: LogEvent): void;
  onTruncated(partition: number): void;
}

/** Sees every event after those that subscriptions wait for were dispatched. */
export interface LogObserver {
  /** Called in the turn in which the event is dispatched: must return at once. */
  onEvent(partition: number, event: LogEvent): void;
  /** The log is another one than was read; `head` is the end of the new one already. */
  onTruncated(partition: number): void;
}

/** One reader per partition, from the end of the log as it is at the start. */
export class PartitionReaders {
  readonly #deps: PartitionReadersDeps;
  #readers: PartitionReader[] = [];
  #observer: LogObserver | undefined;

  constructor(deps: PartitionReadersDeps) {
    this.#deps = deps;
  }

  /** Resolves when all partitions are followed. */
  async start(): Promise<void> {
    const partitions = Array.from({ length: this.#deps.store.partitions }, (_, partition) => partition);
    this.#readers = await Promise.all(partitions.map((partition) => this.#open(partition)));
    await Promise.all(this.#readers.map((reader) => reader.start()));
  }

  async stop(): Promise<void> {
    await Promise.all(this.#readers.map((reader) => reader.stop()));
  }

  /** Reports all events from now on; one observer at a time. */
  observe(observer: LogObserver): void {
    this.#observer = observer;
  }

  at(partition: number): PartitionReader {
    const reader = this.#readers[partition];
    if (!reader) throw new RangeError(`there is no partition ${partition}`);
    return reader;
  }

  async #open(partition: number): Promise<PartitionReader> {
    const { bus, store, metrics, onEvent, onTruncated } = this.#deps;
    const { last } = await whenAvailable(() => streamEnds(bus, eventStream(partition)));
    return new PartitionReader({
      bus,
      partition,
      after: last,
      epoch: () => store.logs[partition],
      onEvent: (event) => {
        metrics.eventsRead(partition, 1);
        onEvent(event);
        this.#observer?.onEvent(partition, event);
      },
      onTruncated: () => {
        onTruncated(partition);
        this.#observer?.onTruncated(partition);
      },
    });
  }
}
