import type { SourceEvent } from '../../proto/event.js';
import type { Row } from '../record-mapping.js';
import type { RowChange, StreamItem } from './row-changes.js';
import type { TableMapping } from './table-mapping.js';

/** Event ids repeat exactly when the same change is read again. */
export const placeOf = (epoch: string, position: string) => ({
  id: `${epoch}:${position}`,
  sourceposition: position,
  sourceepoch: epoch,
});

/** The events of a transaction. Place: LSN of the commit, index of the change, and 0 or 1 for the halves of a changed key. */
export function changeEvents(item: StreamItem & { kind: 'changes' }, epoch: string): SourceEvent[] {
  return item.changes.flatMap((change) => {
    const at = (half: number) => ({
      specversion: '1.0' as const,
      type: change.mapping.entry,
      time: item.time,
      ...placeOf(epoch, `${item.commitLsn}.${change.index}.${half}`),
    });
    return eventsOf(change).map((event, half) => ({ ...at(half), ...event }));
  });
}

type Change = Pick<SourceEvent, 'op' | 'subject' | 'data' | 'previous'>;

function eventsOf({ mapping, before, after }: RowChange): Change[] {
  if (!before) return after ? [created(mapping, after)] : [];
  if (!after) return [deleted(mapping, before)];
  const subject = mapping.subjectOf(after);
  if (mapping.subjectOf(before) !== subject) return [deleted(mapping, before), created(mapping, after)];
  return [{ op: 'update', subject, data: mapping.dataOf(after), ...previousOf(mapping, before) }];
}

const created = (mapping: TableMapping, row: Row): Change => ({
  op: 'create',
  subject: mapping.subjectOf(row),
  data: mapping.dataOf(row),
});

const deleted = (mapping: TableMapping, row: Row): Change => ({
  op: 'delete',
  subject: mapping.subjectOf(row),
  ...previousOf(mapping, row),
});

function previousOf(mapping: TableMapping, row: Row): Pick<Change, 'previous'> {
  const previous = mapping.previousOf(row);
  return previous ? { previous } : {};
}

/** Every record that the changes speak of, under its old and its new key. */
export function touchedSubjects(changes: readonly RowChange[], mapping: TableMapping): string[] {
  return changes.flatMap((change) => {
    if (change.mapping !== mapping) return [];
    return [change.before, change.after].flatMap((row) => (row ? [mapping.subjectOf(row)] : []));
  });
}
