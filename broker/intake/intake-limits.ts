/**
 * Unanswered events of one publisher; above this its input is not read on. Two full commits for each of the usual four
 * partitions: one is in flight while the next one gathers.
 */
export const OPEN_EVENTS_MAX = 8_000;

export interface BacklogLimits {
  /** Above these `backpressure()` asks callers to wait, until the backlog has dropped to half of them. */
  backpressureEvents: number;
  backpressureBytes: number;
  /** Above these events are refused with TOO_MANY. */
  queueEventsMax: number;
  queueBytesMax: number;
}

/** Limits of one broker; those of the backlog hold per partition. */
export interface IntakeLimits extends BacklogLimits {
  /** Byte cap of one event in its stored form. */
  maxEventBytes: number;
  /** Limits of rejected events that wait to be quarantined. */
  quarantine: BacklogLimits;
}

/** Backpressure begins at four full commits; the hard bounds leave capacity for what callers had read when it began. */
export const INTAKE_LIMITS: IntakeLimits = {
  maxEventBytes: 256 * 1024,
  backpressureEvents: 4_000,
  backpressureBytes: 16 * 1024 * 1024,
  queueEventsMax: 20_000,
  queueBytesMax: 64 * 1024 * 1024,
  // Ten batches of the quarantine, and the same capacity as above for what callers had read.
  quarantine: {
    backpressureEvents: 2_000,
    backpressureBytes: 16 * 1024 * 1024,
    queueEventsMax: 20_000,
    queueBytesMax: 64 * 1024 * 1024,
  },
};
