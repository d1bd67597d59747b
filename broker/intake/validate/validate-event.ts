import type { Problem } from '../../../proto/errors.js';
import type { Memory } from '../../../proto/event/message-writer.js';
import { partyOf } from '../../../proto/subject.js';
import type { Catalog } from '../../catalog/catalog.js';
import type { CompiledEntry } from '../../catalog/compiled-entry.js';
import type { SystemCaller } from '../../parties/caller.js';
import { checkRecord } from './event-rules.js';
import { checkShape, isAbsent, type RawEvent } from './event-shape.js';
import { type Finding, problemOf } from './finding.js';
import { isPrintableId } from './printable.js';
import { storedForm } from './stored-form.js';

/** Finds published entries. */
export type EntryLookup = Pick<Catalog, 'compiled'>;

export interface ValidationDeps {
  entries: EntryLookup;
  maxEventBytes: number;
  /** On a registered bus the problem of a record that breaks its schema names the article behind it. */
  isLawful?: boolean | undefined;
  /** Keeps the stored form of the events of a partition; without it that is in short-lived memory. */
  memoryOf?: ((partition: number) => Memory) | undefined;
}

/** Decision about one event; a rejection without entry has no quarantine to go to. */
export type ValidationResult =
  | { accepted: true; id: string; entry: CompiledEntry; bytes: Uint8Array }
  | { accepted: false; id: string | undefined; entry: CompiledEntry | undefined; problem: Problem };

/** Decides whether one event may be published and, if so, as which bytes it is stored. */
export function validateEvent(
  deps: ValidationDeps,
  caller: SystemCaller,
  event: RawEvent,
  nowMs: number,
): ValidationResult {
  const id = isPrintableId(event.id) ? event.id : undefined;
  const entry = typeof event.type === 'string' ? deps.entries.compiled(event.type) : undefined;
  const misdirected = misdirection(caller, event, entry);
  if (misdirected || !entry) {
    const finding = misdirected ?? unknownEntry(event);
    return { accepted: false, id, entry: undefined, problem: problemOf([finding], { event: id }) };
  }
  const findings: Finding[] = [];
  const bytes = checkAndEncode(deps, { event, entry, nowMs }, findings);
  if (id !== undefined && bytes) return { accepted: true, id, entry, bytes };
  const article = deps.isLawful && findings[0]?.code === 'ITEM_INVALID' ? { article: 'R18' } : {};
  return {
    accepted: false,
    id,
    entry,
    problem: problemOf(findings, { event: id, entry: entry.version.id, ...article }),
  };
}

function misdirection(caller: SystemCaller, event: RawEvent, entry: CompiledEntry | undefined): Finding | undefined {
  if (!caller.may.includes('publish')) {
    return { code: 'NOT_ALLOWED', message: `system ${caller.id} may not publish` };
  }
  if (!entry) return undefined;
  if (partyOf(entry.version.id) !== caller.party) {
    return { code: 'FOREIGN_ENTRY', message: `${entry.version.id} is not an entry of ${caller.party}` };
  }
  return isAbsent(event.source) ? undefined : foreignSource(caller, event.source);
}

function foreignSource({ party, id }: SystemCaller, given: unknown): Finding | undefined {
  const source = `/${party}/${id}`;
  return given === source ? undefined : { code: 'FOREIGN_SOURCE', message: `source must be ${source} or left out` };
}

function unknownEntry(event: RawEvent): Finding {
  if (typeof event.type !== 'string') return { code: 'EVENT_INVALID', message: 'type must be the id of an entry' };
  return { code: 'UNKNOWN_ENTRY', message: 'type is not the id of a published entry' };
}

interface Candidate {
  event: RawEvent;
  entry: CompiledEntry;
  nowMs: number;
}

/** The stored form, undefined after a finding. */
function checkAndEncode(deps: ValidationDeps, candidate: Candidate, findings: Finding[]): Uint8Array | undefined {
  const { event, entry, nowMs } = candidate;
  checkShape(event, findings);
  if (findings.length > 0) return undefined;
  const { maxEventBytes } = deps;
  const least = leastBytes(event.data) + leastBytes(event.previous);
  if (least > maxEventBytes) {
    findings.push(tooLarge(`at least ${least}`, maxEventBytes));
    return undefined;
  }
  try {
    const record = checkRecord(event, entry, findings);
    if (findings.length > 0) return undefined;
    const bytes = storedForm(event, record, entry, nowMs, deps.memoryOf?.(entry.version.partition));
    if (bytes.length <= maxEventBytes) return bytes;
    findings.push(tooLarge(String(bytes.length), maxEventBytes));
  } catch {
    // An event with content that no rule foresaw must not stop the events around it.
    findings.push({ code: 'EVENT_INVALID', message: 'the event cannot be stored' });
  }
  return undefined;
}

const tooLarge = (size: string, bytesMax: number): Finding => ({
  code: 'TOO_LARGE',
  message: `the event has ${size} bytes, ${bytesMax} are allowed`,
});

/** Tag and value of one element of a list. */
const ELEMENT_BYTES_MIN = 2;

/** Bytes that a record has at least, known without a look at its values: half a million elements take long to validate. */
function leastBytes(record: unknown): number {
  if (record instanceof Uint8Array) return record.length;
  if (typeof record !== 'object' || record === null) return 0;
  let elements = 0;
  for (const name in record) {
    const value = (record as Record<string, unknown>)[name];
    if (Array.isArray(value)) elements += value.length;
  }
  return elements * ELEMENT_BYTES_MIN;
}
