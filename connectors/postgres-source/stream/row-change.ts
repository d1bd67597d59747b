import type { TableMapping } from '../tables/table-mapping.js';
import type { RowValues } from './row-values.js';
import type { TableForm } from './table-form.js';

/** One changed row; `index` counts the changes of its transaction from 1. */
export interface RowChange {
  mapping: TableMapping;
  /** The mapping for rows whose values are in the order of the table. */
  form: TableForm;
  index: number;
  /** Distinguishes the events of one change: 1 for the new subject of a changed key. */
  ordinal: number;
  before: RowValues | undefined;
  after: RowValues | undefined;
}
