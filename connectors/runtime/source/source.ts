import type { SourceEvent } from '../../../proto/event/event.js';
import type { WrittenEvent } from './event-writer.js';

/** An event as an object, or as JSON where a source makes no object of it. */
export type ChangeEvent = SourceEvent | WrittenEvent;

/** Changes in the order in which they happened, and a callback for their confirmation. */
export interface ChangeBatch {
  /**
   * At most 1,000. An empty batch reports that the system answers, or moves a confirmation forward. Each event carries
   * `sourceposition`, and `sourceepoch` if the source can ever restart its positions.
   */
  events: ChangeEvent[];
  /** The events are one transaction: of each entry all of them become visible at once, or none. */
  atomic: boolean;
  /**
   * Called once per batch, in order and one at a time, when every event of this batch and of those before it is on disk at the
   * bus or in its quarantine. An error that it throws ends the connector.
   */
  confirm(): void | Promise<void>;
}

/** Distance between the newest change of the source and the last one that the bus has confirmed. */
export interface Lag {
  amount: number;
  unit: 'bytes' | 'records' | 'seconds';
}

/**
 * A system whose changes are published. It reads its changes and gives them ids and positions; `runSource` publishes them,
 * waits while the bus is unreachable, applies backpressure, and counts. Contract of an implementation:
 *
 * 1. The same change gets the same `id`, `sourceposition` and `sourceepoch` each time it is read, and positions ascend within
 *    an entry and epoch. The bus drops duplicates by these, so reading too much again is harmless; reading too little is not.
 * 2. Progress is stored in `confirm` and nowhere else. What the first rule needs (an epoch, a copy of what is about to be
 *    published) is stored before it is published.
 */
export interface Source extends AsyncDisposable {
  /**
   * Yields the changes after the last confirmed one. Called again after it threw PeerGoneError, once all earlier batches are
   * confirmed. Between two batches the caller may pause for as long as the bus is unreachable.
   */
  changes(signal: AbortSignal): AsyncIterable<ChangeBatch>;
  /** Undefined while it is unknown. */
  lag(): Promise<Lag | undefined>;
}
