import type { RowChange } from './row-change.js';
import type { RowValues } from './row-values.js';

/** One row that got or lost a subject. */
interface Step {
  change: RowChange;
  removed: RowValues | undefined;
  added: RowValues | undefined;
}

export interface SettledChanges {
  changes: RowChange[];
  /** The changes do not determine which row a subject has at the end, so the table has to be read. */
  isAmbiguous: boolean;
}

/**
 * A deferrable key lets two rows share a subject within a transaction: when rows swap keys, or the successor is inserted before the
 * predecessor is deleted. Published change by change, the delete of one row would delete the record of the other. Subjects that
 * two rows share at some time are published as one change instead: from the row before the transaction to the row after it.
 * Expects the changes of one table, of a whole transaction.
 */
export function settleKeyConflicts(changes: readonly RowChange[]): SettledChanges {
  const single = changes.flatMap(splitKeyMove);
  const bySubject = new Map<string, RowChange[]>();
  for (const change of single) {
    const subject = change.form.subjectOf((change.before ?? change.after)!);
    bySubject.set(subject, [...(bySubject.get(subject) ?? []), change]);
  }
  const replaced = new Map<RowChange, RowChange | undefined>();
  let isAmbiguous = false;
  for (const ofSubject of bySubject.values()) {
    const net = netChange(ofSubject);
    if (net === 'ambiguous') isAmbiguous = true;
    else if (net !== 'sequential') {
      for (const change of ofSubject) replaced.set(change, undefined);
      replaced.set(ofSubject.at(-1)!, net);
    }
  }
  const settled = single.flatMap((change) => (replaced.has(change) ? (replaced.get(change) ?? []) : [change]));
  return { changes: settled, isAmbiguous };
}

/** A changed key as two changes with the same index: the old subject loses the row, the new one gets it. */
function splitKeyMove(change: RowChange): RowChange[] {
  const { form, before, after } = change;
  if (!before || !after || form.subjectOf(before) === form.subjectOf(after)) return [change];
  return [
    { ...change, after: undefined },
    { ...change, before: undefined, ordinal: 1 },
  ];
}

function netChange(changes: readonly RowChange[]): RowChange | undefined | 'sequential' | 'ambiguous' {
  const steps = changes.flatMap((change): Step[] => [
    ...(change.before ? [{ change, removed: change.before, added: undefined }] : []),
    ...(change.after ? [{ change, removed: undefined, added: change.after }] : []),
  ]);
  const { left, initial } = replay(steps);
  const growth = steps.reduce((sum, { added }) => sum + (added ? 1 : -1), 0);
  // At both ends of a transaction a subject has at most one row.
  const rowsBefore = growth > 0 ? 0 : growth < 0 || initial !== undefined ? 1 : undefined;
  if (rowsBefore === undefined) return 'ambiguous';
  if (!isShared(steps, rowsBefore)) return 'sequential';
  const last = changes.at(-1)!;
  return initial || left ? { ...last, before: initial, after: left } : undefined;
}

/** The row that the transaction found, as far as it was removed, and the one that it left. */
function replay(steps: readonly Step[]): { initial: RowValues | undefined; left: RowValues | undefined } {
  const added: RowValues[] = [];
  let initial: RowValues | undefined;
  for (const step of steps) {
    if (step.added) added.push(step.added);
    else {
      const at = added.findIndex((row) => isSame(row, step.removed!));
      if (at >= 0) added.splice(at, 1);
      else initial ??= step.removed;
    }
  }
  return { initial, left: added.at(-1) };
}

function isShared(steps: readonly Step[], rowsBefore: number): boolean {
  let rows = rowsBefore;
  for (const { added } of steps) {
    rows += added ? 1 : -1;
    if (rows > 1) return true;
  }
  return false;
}

function isSame(one: RowValues, other: RowValues): boolean {
  for (let column = 0; column < one.columns; column++) if (one.text(column) !== other.text(column)) return false;
  return true;
}
