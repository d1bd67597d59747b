import type { RecordData } from '../../proto/event/event.js';
import { compareDays, type Day } from './calendar-date.js';
import type { Scalar, Value } from './value-type.js';

/** The last state of one record of a granted entry. Without `data` the record is gone, by the event at `position`. */
export interface Fact {
  record: string;
  position: number;
  op: string;
  data: RecordData | undefined;
}

/** The event that a value was read from. Stored and served as JSON. */
export interface EventReference {
  source: string;
  grant: string;
  entry: string;
  position: number;
  op: string;
  item?: string | undefined;
  value?: Value | undefined;
}

/** Input of one evaluation: the subject's records and the day; it records which facts were read. */
export interface Scope {
  today: Day;
  /** Source → the subject's existing records. */
  records: ReadonlyMap<string, readonly Fact[]>;
  /** Source → the event that ended its record, when there is no other. */
  gone: ReadonlyMap<string, Fact>;
  recordUse(source: string, fact: Fact, item?: string, value?: Value): void;
}

/** A value on one day, and when it changes without an event. */
export interface EvaluatedValue {
  value: Value | undefined;
  /** The first later day on which it can change without an event; undefined: never. */
  stableUntil: Day | undefined;
  /** For a value that grows with the days: those on which it reaches a bound and exceeds it. */
  daysOfCrossing: ((bound: Scalar) => Day[]) | undefined;
}

export const constantValue = (value: Value | undefined): EvaluatedValue => ({
  value,
  stableUntil: undefined,
  daysOfCrossing: undefined,
});

export function earlierDay(a: Day | undefined, b: Day | undefined): Day | undefined {
  if (a === undefined) return b;
  return b === undefined || compareDays(a, b) < 0 ? a : b;
}
