import type { SourceEvent } from '../../../proto/event/event.js';

/** Changes in the order in which they happened, and how to tell the source that the bus has them. */
export interface ChangeBatch {
  /**
   * At most 1,000; none, to say that the system answers or to move a confirmation on. Each carries `sourceposition`, and
   * `sourceepoch` if the source can ever count anew.
   */
  events: SourceEvent[];
  /** They belong to one transaction: all or none of those of one entry become visible. */
  atomic: boolean;
  /**
   * Every event of this batch, and of those before it, is on disk at the bus or in its quarantine. Called once for each batch,
   * in order, one after the other; what it throws ends the connector.
   */
  confirm(): void | Promise<void>;
}

/** How far the source is ahead of what the bus has confirmed. */
export interface Lag {
  amount: number;
  unit: 'bytes' | 'records' | 'seconds';
}

/**
 * A system whose changes go to the bus. It reads and names its changes; `runSource` publishes them, waits while the bus is
 * away, holds back when it is slow, and counts. An implementation keeps two promises:
 *
 * 1. The same change gets the same `id`, `sourceposition` and `sourceepoch` each time it is read, and positions ascend within
 *    an entry and epoch. The bus drops what it has by these, so reading too much again is harmless; reading too little is not.
 * 2. Nothing counts as done before `confirm`: how far the source has come is written there and nowhere else. What the first
 *    promise needs (an epoch, a copy of what is about to be told) is written before it is told.
 */
export interface Source extends AsyncDisposable {
  /**
   * The changes after the last confirmed one; endless unless the source is. Called again after it threw PeerGoneError, once all
   * batches given before are confirmed. Between two batches the caller may take as long as the bus is away.
   */
  changes(signal: AbortSignal): AsyncIterable<ChangeBatch>;
  /** Undefined while it is not known. */
  lag(): Promise<Lag | undefined>;
}
