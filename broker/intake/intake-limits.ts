export interface IntakeLimits {
  /** Of one event in its stored form. */
  maxEventBytes: number;
  /** Per partition: above these `pressure()` asks to wait, and is over again at half of them. */
  pressureEvents: number;
  pressureBytes: number;
  /** Per partition: above these events are refused with TOO_MANY. */
  queueEventsMax: number;
  queueBytesMax: number;
}

/** Four full commits under pressure; the hard bounds leave room for what callers had in hand when it began. */
export const INTAKE_LIMITS: IntakeLimits = {
  maxEventBytes: 256 * 1024,
  pressureEvents: 4_000,
  pressureBytes: 16 * 1024 * 1024,
  queueEventsMax: 20_000,
  queueBytesMax: 64 * 1024 * 1024,
};
