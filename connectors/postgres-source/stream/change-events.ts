import type { WrittenEvent } from '../../runtime/source/event-writer.js';
import type { TableMapping } from '../tables/table-mapping.js';
import type { EventEncoder } from './event-encoder.js';
import type { RowChange } from './row-change.js';
import type { StreamItem } from './transaction-reader.js';

/** The events of a transaction. Position: LSN of the commit, index of the change, ordinal 0 or 1 (a changed key has two events). */
export function changeEvents(item: StreamItem & { kind: 'changes' }, encoder: EventEncoder): WrittenEvent[] {
  const { time, changes } = item;
  const commit = String(item.commitLsn);
  const events: WrittenEvent[] = [];
  for (const { form, index, ordinal, before, after } of changes) {
    const change = { form, time, commit, index, ordinal, before, after };
    if (!before) events.push(encoder.change('create', change));
    else if (!after) events.push(encoder.change('delete', change));
    else if (form.subjectOf(before) === form.subjectOf(after)) events.push(encoder.change('update', change));
    else {
      events.push(encoder.change('delete', { form, time, commit, index, ordinal, before, after: undefined }));
      events.push(encoder.change('create', { form, time, commit, index, ordinal: 1, before: undefined, after }));
    }
  }
  return events;
}

/** The subjects of all changed records, under their old and new keys. */
export function changedSubjects(changes: readonly RowChange[], mapping: TableMapping): string[] {
  return changes.flatMap((change) => {
    if (change.mapping !== mapping) return [];
    return [change.before, change.after].flatMap((row) => (row ? [change.form.subjectOf(row)] : []));
  });
}
