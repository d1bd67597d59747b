import type { DeliveredEvent } from '../proto/event.js';
import type { SubscribedFrame } from '../proto/frames.js';

/** Where a sink that keeps its place beside its data stands: the last position stored, in the life `log` of the log. */
export interface SinkPlace {
  after: number;
  log: string;
}

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
   * Connects. Called again after PeerGoneError. Resolves with the place stored with the data, by which each event takes effect
   * exactly once; undefined leaves it to the cursor at the bus, by which a crash can repeat the last events.
   */
  open(signal: AbortSignal): Promise<SinkPlace | undefined>;
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
