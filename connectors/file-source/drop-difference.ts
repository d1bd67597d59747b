import type { SourceEvent } from '../../proto/event/event.js';
import { BrokenFileError } from '../../proto/workbook/broken-file.js';
import type { RecordMapping, Row } from '../runtime/mapping/record-mapping.js';
import {
  changeTo,
  deleteOf,
  eventAt,
  type RecordChange,
  snapshotOf,
} from '../runtime/source/records/record-changes.js';
import type { RecordIndex } from '../runtime/source/records/record-index.js';

export interface Drop {
  number: number;
  epoch: string;
  /** The epoch has no published records yet. */
  isSnapshot: boolean;
  /** Reads the file from its beginning at each call. */
  rows(): AsyncIterable<Row>;
}

/** Result of reading a whole drop once, before anything of it is published: the file may be broken at its end. */
export interface DropSurvey {
  rows: number;
  /** Published keys that the drop does not have. */
  gone: string[];
}

/**
 * Throws BrokenFileError for a drop that cannot be the complete list of the records: one without records where there were some,
 * whatever the share may be, since an export that failed looks like that; and one that deletes too great a share of them.
 */
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
    const key = mapping.key.join(', ');
    if (subject === '') throw new BrokenFileError(`record ${rows} has no key (${key})`);
    if (keys.has(subject)) throw new BrokenFileError(`record ${rows} has the key of an earlier record (${key})`);
    keys.add(subject);
  }
  if (rows === 0 && published.size > 0 && !drop.isSnapshot) {
    throw new BrokenFileError(`it has no records, and would delete all ${published.size}`);
  }
  const gone = [...published.keys()].filter((key) => !keys.has(key)).sort();
  if (!drop.isSnapshot && gone.length > published.size * deletedShareMax) {
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
  const { isSnapshot } = drop;
  const snapshot = isSnapshot ? { snapshotid: `${drop.epoch}-${drop.number}` } : {};
  const at = (ordinal: number, change: RecordChange): SourceEvent => {
    const position = `${drop.number}.${ordinal}`;
    return eventAt({ entry: mapping.entry, epoch: drop.epoch, position }, { ...snapshot, ...change });
  };
  if (isSnapshot) yield at(0, { op: 'snapshot_begin' });
  let ordinal = 0;
  for await (const row of drop.rows()) {
    ordinal++;
    const change = isSnapshot ? snapshotOf(row, mapping, published) : changeTo(row, mapping, published);
    if (change) yield at(ordinal, change);
  }
  for (const subject of survey.gone) {
    ordinal++;
    const change = deleteOf(subject, published);
    // A subscriber of this snapshot never had the record.
    if (change && !isSnapshot) yield at(ordinal, change);
  }
  if (isSnapshot) yield at(ordinal + 1, { op: 'snapshot_end' });
}
