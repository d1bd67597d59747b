import type { SourceEvent } from '../../proto/event/event.js';
import type { RecordMapping, Row } from '../runtime/mapping/record-mapping.js';
import {
  changeTo,
  deleteOf,
  eventAt,
  type RecordChange,
  snapshotOf,
} from '../runtime/source/records/record-changes.js';
import type { RecordIndex } from '../runtime/source/records/record-index.js';
import { BrokenFileError } from './file-rows.js';

export interface Drop {
  number: number;
  epoch: string;
  /** Reads the file from its beginning at each call. */
  rows(): AsyncIterable<Row>;
}

/** Result of reading a whole drop once, before anything of it is published: the file may be broken at its end. */
export interface DropSurvey {
  rows: number;
  /** Published keys that the drop does not have. */
  gone: string[];
}

/** Below it a few records more or less say nothing about a file. */
const GUARDED_RECORDS_MIN = 100;

/** Throws BrokenFileError for a drop that cannot be the complete list of the records. */
export async function surveyDrop(
  drop: Drop,
  mapping: RecordMapping,
  published: RecordIndex,
  deletedShareMax: number,
): Promise<DropSurvey> {
  const keys = new Set<string>();
  let rows = 0;
  for await (const row of drop.rows()) {
    rows++;
    const subject = mapping.subjectOf(row);
    if (subject === '') throw new BrokenFileError(`record ${rows} has no key`);
    if (keys.has(subject)) throw new BrokenFileError(`record ${rows} has the key of an earlier record`);
    keys.add(subject);
  }
  const gone = [...published.keys()].filter((key) => !keys.has(key)).sort();
  if (published.size >= GUARDED_RECORDS_MIN && gone.length > published.size * deletedShareMax) {
    throw new BrokenFileError(`it would delete ${gone.length} of ${published.size} records; see maxDeletedShare`);
  }
  return { rows, gone };
}

/**
 * The events that turn the published records into those of the drop. The first drop of an epoch is published as a snapshot, so
 * that subscribers drop records of an earlier epoch that it does not have.
 */
export async function* dropDifference(
  drop: Drop,
  survey: DropSurvey,
  mapping: RecordMapping,
  published: RecordIndex,
): AsyncGenerator<SourceEvent> {
  const isFirst = drop.number === 1;
  const snapshot = isFirst ? { snapshotid: `${drop.epoch}-${drop.number}` } : {};
  const at = (ordinal: number, change: RecordChange): SourceEvent => {
    const position = `${drop.number}.${ordinal}`;
    return eventAt({ entry: mapping.entry, epoch: drop.epoch, position }, { ...snapshot, ...change });
  };
  if (isFirst) yield at(0, { op: 'snapshot_begin' });
  let ordinal = 0;
  for await (const row of drop.rows()) {
    ordinal++;
    const change = isFirst ? snapshotOf(row, mapping, published) : changeTo(row, mapping, published);
    if (change) yield at(ordinal, change);
  }
  for (const subject of survey.gone) {
    ordinal++;
    const change = deleteOf(subject, published);
    // A subscriber of this snapshot never had the record.
    if (change && !isFirst) yield at(ordinal, change);
  }
  if (isFirst) yield at(ordinal + 1, { op: 'snapshot_end' });
}
