import { SOURCE_OPS, type SourceOp } from '../../../proto/event/event.js';
import { quotedName } from '../../../proto/foreign-name.js';
import { IDENTIFIER_CHARACTERS_MAX, isTooLongForIdentifier } from '../../../proto/values/identifier.js';
import { isMap } from '../../../proto/values/is-map.js';
import { isInstant } from '../../../proto/values/rfc3339.js';
import { isSourcePosition } from '../../../proto/values/source-position.js';
import { isWellFormed } from '../../../proto/values/unicode.js';
import { FINDINGS_NAMED_MAX, type Finding } from './finding.js';
import { isPrintableId, PRINTABLE_ID, sharedPrintable } from './printable.js';

/** An event as a source sent it, not validated yet. */
export type RawEvent = Readonly<Record<string, unknown>>;

const KNOWN_ATTRIBUTES: ReadonlySet<string> = new Set([
  'specversion',
  'id',
  'source',
  'type',
  'subject',
  'time',
  'op',
  'data',
  'previous',
  'sourceposition',
  'sourceepoch',
  'snapshotid',
  'corrects',
  // CloudEvents libraries add these; they are ignored, because the catalog defines the content.
  'datacontenttype',
  'dataschema',
  // Trace context is taken and not delivered.
  'traceparent',
  'tracestate',
]);
const OPS: ReadonlySet<unknown> = new Set(SOURCE_OPS);

/** Null means absent, as everywhere on the bus. */
export const isAbsent = (value: unknown): value is undefined | null => value === undefined || value === null;

/** Operations that concern a whole snapshot instead of one record. */
export const isSnapshotEdge = (op: SourceOp): boolean => op === 'snapshot_begin' || op === 'snapshot_end';

export const carriesData = (op: SourceOp): boolean => op !== 'delete' && !isSnapshotEdge(op);

/** Checks everything about an event that needs no entry. */
export function checkShape(event: RawEvent, findings: Finding[]): void {
  const invalid: Invalid = (message) => findings.push({ code: 'EVENT_INVALID', message });
  for (const name in event) {
    if (KNOWN_ATTRIBUTES.has(name)) continue;
    invalid(`${JSON.stringify(quotedName(name))} is no known attribute`);
    if (findings.length >= FINDINGS_NAMED_MAX) return;
  }
  if (event.specversion !== '1.0') invalid('specversion must be "1.0"');
  if (!isPrintableId(event.id)) invalid(`id ${PRINTABLE_ID}`);
  if (!isAbsent(event.time) && !isTime(event.time)) invalid('time must be an RFC 3339 date-time with a zone');
  if (OPS.has(event.op)) checkByOp(event, invalid);
  else invalid(`op must be one of ${SOURCE_OPS.join(', ')}`);
}

/** The last time that was found to be one: the events of a transaction share theirs. */
let lastTime: unknown;

function isTime(time: unknown): boolean {
  if (time === lastTime) return true;
  if (!isInstant(time)) return false;
  lastTime = time;
  return true;
}

type Invalid = (message: string) => void;

function checkByOp(event: RawEvent, invalid: Invalid): void {
  checkSubject(event, invalid);
  checkSourcePosition(event, invalid);
  checkSnapshot(event, invalid);
  checkCorrection(event, invalid);
  checkDataPresence(event, invalid);
}

function checkSubject(event: RawEvent, invalid: Invalid): void {
  const { subject } = event;
  if (isAbsent(subject)) return;
  if (isSnapshotEdge(event.op as SourceOp)) invalid(`${event.op} has no subject`);
  else if (typeof subject !== 'string') invalid('subject must be a string');
  else if (!isWellFormed(subject)) invalid('subject is not well-formed Unicode');
  else if (isTooLongForIdentifier(subject)) invalid(`subject has more than ${IDENTIFIER_CHARACTERS_MAX} characters`);
}

function checkSourcePosition(event: RawEvent, invalid: Invalid): void {
  const { sourceposition, sourceepoch } = event;
  if (!isAbsent(sourceposition) && !(typeof sourceposition === 'string' && isSourcePosition(sourceposition))) {
    invalid('sourceposition must be up to eight decimal numbers separated by dots');
  }
  if (isAbsent(sourceepoch)) return;
  if (sharedPrintable(sourceepoch) === undefined) invalid(`sourceepoch ${PRINTABLE_ID}`);
  if (isAbsent(sourceposition)) invalid('sourceepoch needs a sourceposition beside it');
}

function checkSnapshot(event: RawEvent, invalid: Invalid): void {
  const belongs = (event.op as SourceOp).startsWith('snapshot');
  if (belongs && !isPrintableId(event.snapshotid)) invalid(`snapshotid ${PRINTABLE_ID}`);
  if (!belongs && !isAbsent(event.snapshotid)) invalid(`${event.op} has no snapshotid`);
}

function checkCorrection(event: RawEvent, invalid: Invalid): void {
  const { corrects } = event;
  if (event.op === 'correction') {
    if (!Number.isSafeInteger(corrects) || (corrects as number) < 1) invalid('corrects must be a position');
  } else if (!isAbsent(corrects)) invalid(`${event.op} has no corrects`);
}

function checkDataPresence(event: RawEvent, invalid: Invalid): void {
  const op = event.op as SourceOp;
  if (carriesData(op)) {
    if (isAbsent(event.data)) invalid(`${op} needs data, the whole record`);
    else if (!isMap(event.data)) invalid('data must be an object');
  } else if (!isAbsent(event.data)) invalid(`${op} has no data`);
  if (isAbsent(event.previous)) return;
  if (op === 'create' || op.startsWith('snapshot')) invalid(`${op} has no previous`);
  else if (!isMap(event.previous)) invalid('previous must be an object');
}
