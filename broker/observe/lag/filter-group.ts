import type { RowFilter } from '../../stream/views/row-filter.js';
import { MatchedEvents } from './matched-events.js';

/** The grants of one entry with equal rows: they count the same events, each from its own cursors. */
export class FilterGroup {
  readonly matched: MatchedEvents;
  /** Grants that count with it; without any it is dropped. */
  readonly grants = new Set<string>();

  constructor(
    readonly key: string,
    readonly entry: string,
    readonly partition: number,
    readonly filter: RowFilter,
    /** Position of the newest event that was dispatched: later ones are counted as they come. */
    head: number,
  ) {
    this.matched = new MatchedEvents(head);
  }
}
