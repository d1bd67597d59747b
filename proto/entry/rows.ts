/** One condition on one filterable item; the keywords that are present must all hold. Bounds are inclusive. */
export interface RowPredicate {
  is?: string | number | boolean | undefined;
  in?: (string | number | boolean)[] | undefined;
  notIn?: (string | number | boolean)[] | undefined;
  prefix?: string | undefined;
  min?: number | string | undefined;
  max?: number | string | undefined;
  from?: string | undefined;
  to?: string | undefined;
}

/** Item name → predicate; all must hold. An absent or wrongly typed value never matches. */
export type Rows = Record<string, RowPredicate>;

export const ROW_KEYWORDS = ['is', 'in', 'notIn', 'prefix', 'min', 'max', 'from', 'to'] as const;
