import type { SourceEvent } from '../../proto/event/event.js';
import type { RowChange, StreamItem } from './row-changes.js';
import type { TableMapping } from './table-mapping.js';

/** Event ids repeat exactly when the same change is read again. */
export const placeOf = (epoch: string, position: string) => ({
  id: `${epoch}:${position}`,
  sourceposition: position,
  sourceepoch: epoch,
});

/** What the events of a transaction have in common. */
interface Common {
  epoch: string;
  time: string;
  commit: string;
}

/** The events of a transaction. Place: LSN of the commit, index of the change, and 0 or 1 for the halves of a changed key. */
export function changeEvents(item: StreamItem & { kind: 'changes' }, epoch: string): SourceEvent[] {
  const common = { epoch, time: item.time, commit: String(item.commitLsn) };
  const events: SourceEvent[] = [];
  for (const change of item.changes) {
    const { form, before, after } = change;
    if (!before) events.push(eventOf('create', change, common));
    else if (!after) events.push(eventOf('delete', change, common));
    else if (form.subjectOf(before) === form.subjectOf(after)) events.push(eventOf('update', change, common));
    else events.push(eventOf('delete', change, common), eventOf('create', change, common, 1));
  }
  return events;
}

function eventOf(
  op: 'create' | 'update' | 'delete',
  { form, index, before, after }: RowChange,
  { epoch, time, commit }: Common,
  half = 0,
): SourceEvent {
  return {
    specversion: '1.0',
    type: form.entry,
    time,
    ...placeOf(epoch, `${commit}.${index}.${half}`),
    op,
    subject: form.subjectOf(op === 'delete' ? before! : after!),
    data: op === 'delete' ? undefined : form.dataOf(after!),
    previous: op === 'create' ? undefined : form.previousOf(before!),
  };
}

/** Every record that the changes speak of, under its old and its new key. */
export function touchedSubjects(changes: readonly RowChange[], mapping: TableMapping): string[] {
  return changes.flatMap((change) => {
    if (change.mapping !== mapping) return [];
    return [change.before, change.after].flatMap((row) => (row ? [change.form.subjectOf(row)] : []));
  });
}
