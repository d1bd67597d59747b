import { addToCount } from '../../../proto/collections/add-to-count.js';
import { SluiceError } from '../../../proto/errors.js';

/** Share of all connections that long-lived streams may take: the rest stays for acts, `/readyz` and `/metrics`. */
const STREAM_SHARE = 0.8;
/** Share of all connections that the streams of one system may take. */
const SYSTEM_SHARE = 0.25;

export interface StreamSlotsOptions {
  maxConnections: number;
  maxStreamsPerSystem: number;
}

/**
 * Counts what holds a connection for long: sessions, server-sent events, NDJSON uploads. Each takes a descriptor of the
 * process, so without a bound per system one credential shuts everybody out, and without one for all the streams of many
 * shut out the act that would end them.
 */
export class StreamSlots {
  readonly #bySystem = new Map<string, number>();
  readonly #max: number;
  readonly #maxPerSystem: number;
  #taken = 0;

  constructor({ maxConnections, maxStreamsPerSystem }: StreamSlotsOptions) {
    this.#max = Math.floor(maxConnections * STREAM_SHARE);
    this.#maxPerSystem = Math.min(maxStreamsPerSystem, Math.floor(maxConnections * SYSTEM_SHARE));
  }

  /** Takes a slot and returns the function that gives it back, which may be called twice. Throws TOO_MANY. */
  take(system: string): () => void {
    const own = this.#bySystem.get(system) ?? 0;
    if (own >= this.#maxPerSystem) {
      throw new SluiceError('TOO_MANY', `a system has at most ${this.#maxPerSystem} sessions and streams open at once`);
    }
    if (this.#taken >= this.#max)
      throw new SluiceError('TOO_MANY', 'the broker has too many sessions and streams open');
    this.#add(system, 1);
    let isTaken = true;
    return () => {
      if (isTaken) this.#add(system, -1);
      isTaken = false;
    };
  }

  #add(system: string, change: number): void {
    this.#taken += change;
    addToCount(this.#bySystem, system, change);
  }
}
