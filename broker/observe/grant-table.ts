import type { Grant } from '../grants/grant.js';
import type { ReportedCursor } from './grant-lag.js';

/** A number of each cursor, as one time series family of `/metrics/grants`. */
export interface GrantFamily {
  name: string;
  type: 'gauge' | 'counter';
  help: string;
  /** NaN where there is none; a grant without a cursor has one row all the same. */
  valueOf(grant: Grant, cursor: ReportedCursor | undefined, nowMs: number): number;
}

const CURSORS_MIN = 1024;

/**
 * The figures that a scrape of `/metrics/grants` has read, one row for each cursor. The format wants all series of a family together, so
 * everything is read before the second family begins. As an object for each cursor that outlives many collections of young
 * objects, and a scrape then costs as much again in garbage collection: so numbers are kept in columns.
 * See docs/decisions/0305.
 */
export class GrantTable {
  readonly grants: Grant[] = [];
  /** Name of the cursor in the row; '' for a grant that nobody has used. */
  readonly cursors: string[] = [];
  readonly #columns: Float64Array[];

  constructor(private readonly families: readonly GrantFamily[]) {
    this.#columns = families.map(() => new Float64Array(CURSORS_MIN));
  }

  get size(): number {
    return this.grants.length;
  }

  add(grant: Grant, cursors: readonly ReportedCursor[], nowMs: number): void {
    if (cursors.length === 0) this.#addRow(grant, undefined, nowMs);
    for (const cursor of cursors) this.#addRow(grant, cursor, nowMs);
  }

  /** The values of a family by row. */
  column(family: number): Float64Array {
    return this.#columns[family] as Float64Array;
  }

  /** Whether the rows are of the same grants, unchanged, and the same cursors. */
  hasRowsOf(other: GrantTable, from: number, to: number): boolean {
    for (let row = from; row < to; row++) {
      if (this.grants[row] !== other.grants[row] || this.cursors[row] !== other.cursors[row]) return false;
    }
    return true;
  }

  hasValuesOf(other: GrantTable, family: number, from: number, to: number): boolean {
    const [values, others] = [this.column(family), other.column(family)];
    for (let row = from; row < to; row++) if (!Object.is(values[row], others[row])) return false;
    return true;
  }

  #addRow(grant: Grant, cursor: ReportedCursor | undefined, nowMs: number): void {
    const { families } = this;
    const columns = this.#columns;
    const row = this.grants.length;
    this.grants.push(grant);
    this.cursors.push(cursor?.cursor.name ?? '');
    for (let i = 0; i < families.length; i++) {
      let column = columns[i] as Float64Array;
      if (row === column.length) columns[i] = column = doubled(column);
      column[row] = (families[i] as GrantFamily).valueOf(grant, cursor, nowMs);
    }
  }
}

function doubled(column: Float64Array): Float64Array {
  const larger = new Float64Array(2 * column.length);
  larger.set(column);
  return larger;
}
