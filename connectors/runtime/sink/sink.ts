import type { DeliveredEvent } from '../../../proto/event/event.js';
import type { From, SubscribedFrame } from '../../../proto/frames/frames.js';

/** One or more events in order, and the epoch of their log. */
export interface SinkBatch {
  events: readonly DeliveredEvent[];
  log: string;
}

/**
 * A system that receives what a grant delivers. It stores events; `runSink` subscribes, acknowledges, reconnects and counts.
 * Contract of an implementation: when `write` resolves, its events survive a crash of this process.
 */
export interface Sink extends AsyncDisposable {
  /**
   * Connects and resolves with the start position; called again after PeerGoneError. A sink that stores its position with its data
   * returns `{after, log}`, or `earliest` while it has nothing: each event then takes effect exactly once. Any other returns
   * `cursor`, the position acknowledged at the bus: a crash can then repeat the last events.
   */
  open(signal: AbortSignal): Promise<From>;
  /** Announces the items of the events: before the first batch, and whenever they change. */
  shape(subscribed: SubscribedFrame): Promise<void>;
  /**
   * Stores the events in order. Throws PoisonEventError for one that can never be stored, once those before it are stored and
   * none after it: the event becomes a dead letter of the grant, and the later ones are passed again.
   */
  write(batch: SinkBatch, signal: AbortSignal): Promise<void>;
  /** Called regularly between batches, for sinks that buffer. */
  idle?(): Promise<void>;
}
