import type { EntryVersion } from '../../proto/entry/entry.js';
import { ROW_KEYWORDS, type RowPredicate, type Rows } from '../../proto/entry/rows.js';
import { normalizeDecimal } from '../../proto/values/decimal.js';
import { decimalOf } from '../../proto/values/exact-number.js';

type Scalar = string | number | boolean;

/**
 * The canonical form of a row filter, so that filters with the same meaning share one view: sorted keys, sorted lists
 * without duplicates, a list of one value as `is`. With the entry, decimals are normalised too. Expects validated rows.
 */
export function canonicalRows(rows: Rows, version?: EntryVersion): Rows {
  const decimals = new Set(version?.items.filter((item) => item.type === 'decimal').map((item) => item.name));
  const names = Object.keys(rows).sort();
  return Object.fromEntries(names.map((name) => [name, canonicalPredicate(rows[name] ?? {}, decimals.has(name))]));
}

function canonicalPredicate(predicate: RowPredicate, isDecimal: boolean): RowPredicate {
  const normalise = (value: Scalar): Scalar =>
    isDecimal ? normalizeDecimal(decimalOf(value) ?? String(value)) : value;
  const canonical: Record<string, Scalar | Scalar[]> = {};
  for (const keyword of ROW_KEYWORDS) {
    const value = predicate[keyword];
    if (value === undefined || value === null) continue;
    if (!Array.isArray(value)) canonical[keyword] = normalise(value);
    else if (keyword !== 'in' || canonical.is !== undefined) canonical[keyword] = sortedUnique(value.map(normalise));
    else {
      const values = sortedUnique(value.map(normalise));
      if (values.length === 1) canonical.is = values[0] as Scalar;
      else canonical.in = values;
    }
  }
  return canonical as RowPredicate;
}

const sortedUnique = (values: Scalar[]): Scalar[] => [...new Set(values)].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
