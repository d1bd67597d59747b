import type { SourceEvent } from '../../../proto/event/event.js';
import type { TableMapping } from '../tables/table-mapping.js';
import type { RowChange } from './row-change.js';
import type { StreamItem } from './transaction-reader.js';

/** Id and source position of an event: the same again when the same change is read again. */
export const positionFields = (epoch: string, position: string) => ({
  id: `${epoch}:${position}`,
  sourceposition: position,
  sourceepoch: epoch,
});

/** Fields that the events of a transaction share. */
interface TransactionFields {
  epoch: string;
  time: string;
  commit: string;
}

/** The events of a transaction. Position: LSN of the commit, index of the change, ordinal 0 or 1 (a changed key has two events). */
export function changeEvents(item: StreamItem & { kind: 'changes' }, epoch: string): SourceEvent[] {
  const common = { epoch, time: item.time, commit: String(item.commitLsn) };
  const events: SourceEvent[] = [];
  for (const change of item.changes) {
    const { form, before, after } = change;
    if (!before) events.push(eventOf('create', change, common));
    else if (!after) events.push(eventOf('delete', change, common));
    else if (form.subjectOf(before) === form.subjectOf(after)) events.push(eventOf('update', change, common));
    else events.push(eventOf('delete', change, common), eventOf('create', { ...change, ordinal: 1 }, common));
  }
  return events;
}

function eventOf(
  op: 'create' | 'update' | 'delete',
  { form, index, ordinal, before, after }: RowChange,
  { epoch, time, commit }: TransactionFields,
): SourceEvent {
  return {
    specversion: '1.0',
    type: form.entry,
    time,
    ...positionFields(epoch, `${commit}.${index}.${ordinal}`),
    op,
    subject: form.subjectOf(op === 'delete' ? before! : after!),
    data: op === 'delete' ? undefined : form.dataOf(after!),
    previous: op === 'create' ? undefined : form.previousOf(before!),
  };
}

/** The subjects of all changed records, under their old and new keys. */
export function changedSubjects(changes: readonly RowChange[], mapping: TableMapping): string[] {
  return changes.flatMap((change) => {
    if (change.mapping !== mapping) return [];
    return [change.before, change.after].flatMap((row) => (row ? [change.form.subjectOf(row)] : []));
  });
}
