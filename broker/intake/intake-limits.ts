/**
 * Events of one publisher that are not answered yet; its input is not read on above it. Two full commits for each of
 * the usual four partitions: one is under way while the next one gathers.
 */
export const OPEN_EVENTS_MAX = 8_000;

export interface BacklogLimits {
  /** Above these `pressure()` asks to wait, and is over again at half of them. */
  backpressureEvents: number;
  backpressureBytes: number;
  /** Above these events are refused with TOO_MANY. */
  queueEventsMax: number;
  queueBytesMax: number;
}

/** Those of a backlog are for each partition. */
export interface IntakeLimits extends BacklogLimits {
  /** Of one event in its stored form. */
  maxEventBytes: number;
  /** Of refused events that wait to be kept. */
  quarantine: BacklogLimits;
}

/** Four full commits under pressure; the hard bounds leave room for what callers had in hand when it began. */
export const INTAKE_LIMITS: IntakeLimits = {
  maxEventBytes: 256 * 1024,
  backpressureEvents: 4_000,
  backpressureBytes: 16 * 1024 * 1024,
  queueEventsMax: 20_000,
  queueBytesMax: 64 * 1024 * 1024,
  // Ten of its own batches, and the same room for what was in hand.
  quarantine: {
    backpressureEvents: 2_000,
    backpressureBytes: 16 * 1024 * 1024,
    queueEventsMax: 20_000,
    queueBytesMax: 64 * 1024 * 1024,
  },
};
