import type { RecordData, SourceOp } from '../../../proto/event/event.js';
import type { CompiledEntry } from '../../catalog/compiled-entry.js';
import { carriesData, isAbsent, isSnapshotEdge, type RawEvent } from './event-shape.js';
import type { Finding } from './finding.js';
import { readData, readPrevious } from './record-input.js';

/** The record of an event, read and validated. */
export interface CheckedRecord {
  /** The record's key as a string; absent on the edges of a snapshot. */
  subject: string | undefined;
  data: RecordData | undefined;
  previous: RecordData | undefined;
}

/** Validates an event of valid shape against its entry. The result counts only when there is no finding. */
export function checkRecord(event: RawEvent, entry: CompiledEntry, findings: Finding[]): CheckedRecord {
  const op = event.op as SourceOp;
  if (isSnapshotEdge(op)) return { subject: undefined, data: undefined, previous: undefined };
  const data = carriesData(op) ? readData(event.data as object, entry, findings) : undefined;
  const subject = carriesData(op) ? subjectOfData(event, entry, data, findings) : subjectAlone(event, entry, findings);
  return { subject, data, previous: checkPrevious(event, entry, findings) };
}

function subjectOfData(
  event: RawEvent,
  entry: CompiledEntry,
  data: RecordData | undefined,
  findings: Finding[],
): string | undefined {
  const { name } = entry.identifier;
  const key = data?.[name];
  // The findings of an invalid record say enough.
  if (isAbsent(key)) return undefined;
  const subject = String(key);
  if (!isAbsent(event.subject) && event.subject !== subject) {
    findings.push({
      code: 'SUBJECT_MISMATCH',
      item: name,
      message: `subject differs from the identifier item ${name}`,
    });
  }
  return subject;
}

/** A delete names its record by the subject alone, which is delivered to subscribers: it must be a possible identifier. */
function subjectAlone(event: RawEvent, entry: CompiledEntry, findings: Finding[]): string | undefined {
  const { name, type } = entry.identifier;
  const { subject } = event;
  if (typeof subject !== 'string' || subject === '') {
    findings.push({
      code: 'MISSING_IDENTIFIER',
      item: name,
      message: `${event.op} needs the subject, the value of ${name}`,
    });
    return undefined;
  }
  const key = type === 'integer' || type === 'number' ? Number(subject) : subject;
  const wrong = entry.validateData({ [name]: key }).some((problem) => problem.item === name);
  if (wrong || String(key) !== subject) {
    findings.push({ code: 'ITEM_INVALID', item: name, message: `subject is no possible value of ${name}` });
  }
  return subject;
}

function checkPrevious(event: RawEvent, entry: CompiledEntry, findings: Finding[]): RecordData | undefined {
  const op = event.op as SourceOp;
  if (!isAbsent(event.previous)) {
    const previous = readPrevious(event.previous as object, entry, findings);
    return entry.history.filterable.size > 0 ? previous : undefined;
  }
  const isNeeded = op === 'update' || op === 'delete' || op === 'correction';
  if (isNeeded && entry.filterable.length > 0) {
    const names = entry.filterable.map((item) => item.name).join(', ');
    findings.push({
      code: 'MISSING_PREVIOUS',
      message: `${op} needs previous with the values of ${names} before the change`,
    });
  }
  return undefined;
}
