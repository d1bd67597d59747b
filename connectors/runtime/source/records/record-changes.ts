import type { SourceEvent } from '../../../../proto/event/event.js';
import type { RecordMapping, Row } from '../../mapping/record-mapping.js';
import { digestOf, type RecordIndex } from './record-index.js';

export type RecordChange = Pick<SourceEvent, 'op' | 'subject' | 'data' | 'previous'>;

/** The change that the row makes to the published records, which it becomes one of; undefined when nothing differs. */
export function changeTo(row: Row, mapping: RecordMapping, published: RecordIndex): RecordChange | undefined {
  const subject = mapping.subjectOf(row);
  const data = mapping.dataOf(row);
  const digest = digestOf(data);
  // A record without a key goes to quarantine. It is kept as well, so that it goes there once and not with every reading.
  const key = subject === '' ? `\u0000${digest}` : subject;
  const before = published.get(key);
  if (before?.digest === digest) return undefined;
  published.set(key, { digest, previous: mapping.previousOf(row) });
  if (!before) return { op: 'create', subject, data };
  return { op: 'update', subject, data, ...(before.previous ? { previous: before.previous } : {}) };
}

/** The row as a part of a snapshot, whether or not it was published before. */
export function snapshotOf(row: Row, mapping: RecordMapping, published: RecordIndex): RecordChange {
  const subject = mapping.subjectOf(row);
  const data = mapping.dataOf(row);
  published.set(subject, { digest: digestOf(data), previous: mapping.previousOf(row) });
  return { op: 'snapshot', subject, data };
}

/** The delete of a published record; undefined when it was not published. */
export function deleteOf(subject: string, published: RecordIndex): RecordChange | undefined {
  const before = published.get(subject);
  if (!before) return undefined;
  published.delete(subject);
  return { op: 'delete', subject, ...(before.previous ? { previous: before.previous } : {}) };
}

export interface EventPosition {
  entry: string;
  epoch: string;
  /** Unique and ascending within the epoch. */
  position: string;
}

/** The event of a change. Its id contains the epoch, since ids are compared across epochs for some minutes. */
export function eventAt(
  { entry, epoch, position }: EventPosition,
  change: Omit<SourceEvent, 'specversion' | 'id' | 'type' | 'sourceposition' | 'sourceepoch'>,
): SourceEvent {
  return {
    specversion: '1.0',
    id: `${epoch}:${position}`,
    type: entry,
    sourceposition: position,
    sourceepoch: epoch,
    ...change,
  };
}
