import type { EntryVersion } from '../../proto/entry/entry.js';
import { ROW_KEYWORDS, type RowPredicate, type Rows } from '../../proto/entry/rows.js';
import { normalizeDecimal } from '../../proto/values/decimal.js';

type Scalar = string | number | boolean;

/**
 * One form for all row maps that mean the same: sorted keys, sorted lists without repetition, a list of one as `is`.
 * With the entry, decimals lose their spelling too. Checked rows only.
 */
export function canonicalRows(rows: Rows, version?: EntryVersion): Rows {
  const decimals = new Set(version?.items.filter((item) => item.type === 'decimal').map((item) => item.name));
  const names = Object.keys(rows).sort();
  return Object.fromEntries(names.map((name) => [name, canonicalPredicate(rows[name] ?? {}, decimals.has(name))]));
}

function canonicalPredicate(predicate: RowPredicate, isDecimal: boolean): RowPredicate {
  const spell = (value: Scalar): Scalar => (isDecimal ? normalizeDecimal(String(value)) : value);
  const canonical: Record<string, Scalar | Scalar[]> = {};
  for (const keyword of ROW_KEYWORDS) {
    const value = predicate[keyword];
    if (value === undefined || value === null) continue;
    if (!Array.isArray(value)) canonical[keyword] = spell(value);
    else if (keyword !== 'in' || canonical.is !== undefined) canonical[keyword] = listed(value.map(spell));
    else {
      const among = listed(value.map(spell));
      if (among.length === 1) canonical.is = among[0] as Scalar;
      else canonical.in = among;
    }
  }
  return canonical as RowPredicate;
}

const listed = (values: Scalar[]): Scalar[] => [...new Set(values)].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
