import type { RecordData, SourceEvent } from '../../proto/event/event.js';
import type { RecordMapping, Row } from '../runtime/mapping/record-mapping.js';
import { digestOf, type RecordIndex } from '../runtime/source/record-index.js';
import { BrokenFileError } from './file-rows.js';

export interface Drop {
  number: number;
  epoch: string;
  /** Read anew by each call. */
  rows(): AsyncIterable<Row>;
}

/** What a first reading of a whole drop finds: nothing is told of a file that turns out to be broken at its end. */
export interface DropSurvey {
  rows: number;
  /** Keys that are held and that the drop does not have. */
  gone: string[];
}

/** Below it a few records more or less say nothing about a file. */
const GUARDED_RECORDS_MIN = 100;

/** Throws BrokenFileError for a drop that can't be the complete list that it should be. */
export async function surveyDrop(
  drop: Drop,
  mapping: RecordMapping,
  held: RecordIndex,
  deletedShareMax: number,
): Promise<DropSurvey> {
  const keys = new Set<string>();
  let rows = 0;
  for await (const row of drop.rows()) {
    rows++;
    const subject = mapping.subjectOf(row);
    if (subject === '') throw new BrokenFileError(`record ${rows} has no key`);
    if (keys.has(subject)) throw new BrokenFileError(`record ${rows} has a key that came before`);
    keys.add(subject);
  }
  const gone = [...held.keys()].filter((key) => !keys.has(key)).sort();
  if (held.size >= GUARDED_RECORDS_MIN && gone.length > held.size * deletedShareMax) {
    throw new BrokenFileError(`it would delete ${gone.length} of ${held.size} records; see maxDeletedShare`);
  }
  return { rows, gone };
}

/**
 * The events that turn what is held into the drop; what is held follows. The first drop of an epoch goes out as a snapshot, so
 * that receivers lose what an earlier life of this source may have told them.
 */
export async function* dropDifference(
  drop: Drop,
  survey: DropSurvey,
  mapping: RecordMapping,
  held: RecordIndex,
): AsyncGenerator<SourceEvent> {
  const isFirst = drop.number === 1;
  const snapshotid = `${drop.epoch}-${drop.number}`;
  const event = (op: SourceEvent['op'], place: number, rest: Partial<SourceEvent> = {}): SourceEvent => ({
    specversion: '1.0',
    id: `${drop.epoch}:${drop.number}.${place}`,
    type: mapping.entry,
    op,
    sourceposition: `${drop.number}.${place}`,
    sourceepoch: drop.epoch,
    ...(isFirst ? { snapshotid } : {}),
    ...rest,
  });
  if (isFirst) yield event('snapshot_begin', 0);
  let place = 0;
  for await (const row of drop.rows()) {
    place++;
    const change = changeOf(row, mapping, held, isFirst);
    if (change) yield event(change.op, place, change);
  }
  for (const subject of survey.gone) {
    const previous = held.get(subject)?.previous;
    held.delete(subject);
    place++;
    // Who only saw the snapshot never had it.
    if (!isFirst) yield event('delete', place, { subject, ...(previous ? { previous } : {}) });
  }
  if (isFirst) yield event('snapshot_end', place + 1);
}

type Change = Pick<SourceEvent, 'op' | 'subject' | 'data' | 'previous'>;

function changeOf(row: Row, mapping: RecordMapping, held: RecordIndex, isFirst: boolean): Change | undefined {
  const subject = mapping.subjectOf(row);
  const data = mapping.dataOf(row);
  const digest = digestOf(data);
  const before = held.get(subject);
  if (before?.digest === digest && !isFirst) return undefined;
  held.set(subject, { digest, previous: mapping.previousOf(row) });
  if (isFirst) return { op: 'snapshot', subject, data };
  return before ? { op: 'update', subject, data, ...previousOf(before.previous) } : { op: 'create', subject, data };
}

const previousOf = (previous: RecordData | undefined): Pick<Change, 'previous'> => (previous ? { previous } : {});
