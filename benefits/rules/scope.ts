import type { RecordData } from '../../proto/event/event.js';
import type { Day } from './calendar-date.js';
import type { Scalar, Value } from './value-type.js';

/** What is known of one record of a granted entry. Without `data` the record is gone, and `position` is the event that said so. */
export interface Fact {
  record: string;
  position: number;
  op: string;
  data: RecordData | undefined;
}

/** Where a value comes from: enough to find the event again. */
export interface Basis {
  source: string;
  grant: string;
  entry: string;
  position: number;
  op: string;
  item?: string | undefined;
  value?: Value | undefined;
}

/** Everything that one evaluation sees: the joined record, the day, and a list in which it notes what it has read. */
export interface Scope {
  today: Day;
  /** Source → its records of the subject that exist. */
  records: ReadonlyMap<string, readonly Fact[]>;
  /** Source → the event that took its record away, when there is none any more. */
  gone: ReadonlyMap<string, Fact>;
  noteUse(source: string, fact: Fact, item?: string, value?: Value): void;
}

/** A value on one day, and how it moves when days go by. */
export interface Evaluated {
  value: Value | undefined;
  /** The first later day on which it can be another by itself; undefined = it stays. */
  until: Day | undefined;
  /** For a value that only grows with the days: those on which it reaches a bound and passes it. */
  crosses: ((bound: Scalar) => Day[]) | undefined;
}

export const still = (value: Value | undefined): Evaluated => ({ value, until: undefined, crosses: undefined });

export function earlier(a: Day | undefined, b: Day | undefined): Day | undefined {
  if (a === undefined) return b;
  return b === undefined || a < b ? a : b;
}
