import { type Problem, problemDocument } from '../../../proto/errors.js';
import type { Bus } from '../../nats/bus.js';
import { messagesOn } from '../../nats/read/log-reader.js';
import { eventStream, QUARANTINE_STREAM } from '../../nats/streams.js';
import type { SystemCaller } from '../../parties/caller.js';
import type { QuotaNotice } from '../../parties/quotas/quota-notice.js';
import { SystemRate } from '../../parties/quotas/system-rate.js';
import { SystemUsage } from './system-usage.js';

/** Bounds of one system; undefined is without bound. */
export interface QuotaLimits {
  /** Counted by each process. */
  eventsPerSecond: number | undefined;
  /** Bytes of the log, estimated as the events stored times their average size. */
  storedBytes: number | undefined;
  quarantineEvents: number | undefined;
}

export const NO_QUOTAS: QuotaLimits = {
  eventsPerSecond: undefined,
  storedBytes: undefined,
  quarantineEvents: undefined,
};

export interface QuotasDeps {
  bus: Bus;
  partitions: number;
  limits: QuotaLimits;
  /** Monotonic. */
  clockMs: () => number;
  notice: Pick<QuotaNotice, 'eventsRefused'>;
}

type Source = Pick<SystemCaller, 'id' | 'party'>;

/** Weight of one event in the average size of a system's events. */
const SMOOTHING = 0.001;
/** Headers and bookkeeping of a message in the store. */
const MESSAGE_OVERHEAD_BYTES = 150;

/** Decides whether a system may store more; see docs/decisions/0057. */
export class Quotas {
  readonly #limits: QuotaLimits;
  readonly #rate: SystemRate | undefined;
  readonly #stored: SystemUsage;
  readonly #quarantined: SystemUsage;
  readonly #averageBytes = new Map<string, number>();
  readonly #notice: QuotasDeps['notice'];

  constructor({ bus, partitions, limits, clockMs, notice }: QuotasDeps) {
    this.#notice = notice;
    this.#limits = limits;
    const perSecond = limits.eventsPerSecond;
    this.#rate = perSecond === undefined ? undefined : new SystemRate({ perSecond }, clockMs);
    this.#stored = new SystemUsage((system) => storedEvents(bus, partitions, system), clockMs);
    this.#quarantined = new SystemUsage(
      (system) => messagesOn(bus, QUARANTINE_STREAM, `quarantine.*.*.${system}`),
      clockMs,
    );
  }

  /** Why the system may not store these events at the moment; counts them when it may. */
  refusal(source: Source, events: number, bytes: number): Problem | undefined {
    const system = source.id;
    const { eventsPerSecond, storedBytes } = this.#limits;
    if (storedBytes !== undefined && !this.#store(system, events, bytes, storedBytes)) {
      this.#notice.eventsRefused('storedBytes', source, events);
      const detail = `system ${system} has stored the ${storedBytes} bytes that quotas.storedBytes allows it`;
      return problemDocument('STORE_FULL', detail);
    }
    if (this.#rate === undefined || this.#rate.take(system, events)) return undefined;
    this.#notice.eventsRefused('eventsPerSecond', source, events);
    const detail = `system ${system} sends more than the ${eventsPerSecond} events per second of quotas.eventsPerSecond`;
    return problemDocument('TOO_MANY', detail);
  }

  /** Why no more rejected events of the system are kept; counts one when it may be kept. */
  quarantineRefusal(source: Source): string | undefined {
    const system = source.id;
    const { quarantineEvents } = this.#limits;
    if (quarantineEvents === undefined) return undefined;
    if (this.#quarantined.messages(system) >= quarantineEvents) {
      this.#notice.eventsRefused('quarantineEvents', source, 1);
      return `the quarantine of system ${system} holds the ${quarantineEvents} events that quotas.quarantineEvents allows it`;
    }
    this.#quarantined.add(system, 1);
    return undefined;
  }

  #store(system: string, events: number, bytes: number, bytesMax: number): boolean {
    const size = bytes / events + MESSAGE_OVERHEAD_BYTES;
    const before = this.#averageBytes.get(system) ?? size;
    const average = before + (size - before) * Math.min(1, SMOOTHING * events);
    this.#averageBytes.set(system, average);
    if (this.#stored.messages(system) * average + size * events > bytesMax) return false;
    this.#stored.add(system, events);
    return true;
  }
}

async function storedEvents(bus: Bus, partitions: number, system: string): Promise<number> {
  const counts = await Promise.all(
    Array.from({ length: partitions }, (_none, partition) =>
      messagesOn(bus, eventStream(partition), `ev.${partition}.*.*.${system}`),
    ),
  );
  return counts.reduce((sum, one) => sum + one, 0);
}
