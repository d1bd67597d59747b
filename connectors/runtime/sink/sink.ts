import type { DeliveredEvent } from '../../../proto/event/event.js';
import type { From, SubscribedFrame } from '../../../proto/frames/frames.js';

/** Events in order, at least one. */
export interface SinkBatch {
  events: readonly DeliveredEvent[];
  log: string;
}

/**
 * A system that receives the granted subset. It stores; `runSink` subscribes, acknowledges, reconnects, and counts.
 * An implementation keeps one promise: when `write` resolves, everything in it survives a crash of this process.
 */
export interface Sink extends AsyncDisposable {
  /**
   * Connects. Called again after PeerGoneError. Resolves with where to start. A sink that keeps its place beside its data says
   * `{after, log}`, or `earliest` while it has nothing: then each event takes effect exactly once. One that can't says `cursor`,
   * what is acknowledged at the bus: then a crash can repeat the last events.
   */
  open(signal: AbortSignal): Promise<From>;
  /** What the events will look like; before the first batch and whenever it changes. */
  shape(subscribed: SubscribedFrame): Promise<void>;
  /**
   * Stores the events in their order. Throws PoisonEventError for one that can never be stored, when those before it are
   * stored and those after it are not: it goes to the grant's dead letters and the rest comes again.
   */
  write(batch: SinkBatch, signal: AbortSignal): Promise<void>;
  /** No event has come for a moment: for sinks that hold something back. */
  idle?(): Promise<void>;
}
