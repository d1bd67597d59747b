import type { EntryDocument, Item } from '../../../proto/entry/entry.js';
import type { ErrorCode } from '../../../proto/errors.js';
import type { ItemValue, RecordData, SourceEvent } from '../../../proto/event/event.js';
import type { PublishResult } from '../../../proto/frames/frames.js';
import { isAbsent, isOfItem } from './model-values.js';

/** The answers that intake may give: an acceptance, a duplicate, or one of these refusals. */
export type IntakeAnswer = 'accepted' | 'duplicate' | ErrorCode[];

export function isRightAnswer(answer: IntakeAnswer, { position, duplicate, problem }: PublishResult): boolean {
  if (answer === 'duplicate') return duplicate === true;
  if (answer === 'accepted') return position !== undefined && !duplicate && !problem;
  return problem !== undefined && answer.includes(problem.code);
}

/** The first attempt may have been stored without an answer: then the second is a duplicate. */
export function isRightAfterRetry(answer: IntakeAnswer, result: PublishResult): boolean {
  if (Array.isArray(answer)) return isRightAnswer(answer, result);
  return !result.problem && result.position !== undefined;
}

export interface Publisher {
  system: string;
  party: string;
}

/** Predicts the answers to one source system, event by event, in the order of publication. */
export class ModelIntake {
  readonly #seen = new Set<string>();
  /** Watermark of each epoch: the highest processed source position. */
  readonly #marks = new Map<string, string>();

  constructor(readonly publisher: Publisher) {}

  /** `published` are the newest versions of all entries. */
  answer(event: SourceEvent, published: readonly EntryDocument[]): IntakeAnswer {
    // An event for a wrong entry is not processed at all.
    const misdirected = addressProblems(event, published, this.publisher);
    if (misdirected.length > 0) return misdirected;
    const isRepeated = this.#isRepeated(event);
    this.#moveMark(event);
    if (isRepeated) return 'duplicate';
    const problems = problemsOf(event, published, this.publisher);
    if (problems.length > 0) return problems;
    this.#seen.add(event.id);
    return 'accepted';
  }

  #isRepeated(event: SourceEvent): boolean {
    if (this.#seen.has(event.id)) return true;
    const mark = this.#marks.get(event.sourceepoch ?? '');
    return event.sourceposition !== undefined && mark !== undefined && !isAfter(event.sourceposition, mark);
  }

  /** A refused event counts as processed: its source repairs it with a new one. */
  #moveMark(event: SourceEvent): void {
    if (event.sourceposition === undefined) return;
    const epoch = event.sourceepoch ?? '';
    const mark = this.#marks.get(epoch);
    if (mark === undefined || isAfter(event.sourceposition, mark)) this.#marks.set(epoch, event.sourceposition);
  }
}

/** Source positions are dotted decimals, compared number by number; here always two numbers. */
function isAfter(position: string, mark: string): boolean {
  const [major = 0, minor = 0] = position.split('.').map(Number);
  const [markMajor = 0, markMinor = 0] = mark.split('.').map(Number);
  return major > markMajor || (major === markMajor && minor > markMinor);
}

/** Returns every refusal that the event deserves; empty when it must be accepted. */
export function problemsOf(event: SourceEvent, published: readonly EntryDocument[], publisher: Publisher): ErrorCode[] {
  const entry = published.find(({ id }) => id === event.type);
  const problems = addressProblems(event, published, publisher);
  if (!entry) return problems;
  if (!/^[\x20-\x7e]{1,128}$/.test(event.id)) problems.push('EVENT_INVALID');
  if (event.op === 'snapshot_begin' || event.op === 'snapshot_end') return problems;
  problems.push(...(event.op === 'delete' ? subjectProblems(event, entry) : dataProblems(event, entry)));
  if (event.previous !== undefined) problems.push(...itemProblems(event.previous, entry.items, isFilterable));
  else if (needsPrevious(event, entry)) problems.push('MISSING_PREVIOUS');
  return problems;
}

const isFilterable = (item: Item): boolean => item.filterable === true;

/** The subject is all that names the record of a delete. */
function subjectProblems(event: SourceEvent, entry: EntryDocument): ErrorCode[] {
  if (!event.subject) return ['MISSING_IDENTIFIER'];
  const identifier = entry.items.find((item) => item.identifier);
  return identifier?.type === 'integer' && !/^(0|-?[1-9]\d*)$/.test(event.subject) ? ['ITEM_INVALID'] : [];
}

function needsPrevious(event: SourceEvent, entry: EntryDocument): boolean {
  if (!entry.items.some((item) => item.filterable)) return false;
  return event.op === 'update' || event.op === 'delete' || event.op === 'correction';
}

function dataProblems(event: SourceEvent, entry: EntryDocument): ErrorCode[] {
  if (event.data === undefined) return ['EVENT_INVALID', 'MISSING_IDENTIFIER'];
  const problems = itemProblems(event.data, entry.items, () => true);
  const key = event.data[entry.items.find((item) => item.identifier)?.name ?? ''];
  if (isAbsent(key)) problems.push('MISSING_IDENTIFIER');
  else if (event.subject !== undefined && event.subject !== String(key)) problems.push('SUBJECT_MISMATCH');
  if (entry.items.some((item) => item.required && isAbsent(event.data?.[item.name]))) problems.push('ITEM_INVALID');
  return problems;
}

/** Unknown items are refused everywhere; values of items that do not count are not checked. */
function itemProblems(record: RecordData, items: readonly Item[], counts: (item: Item) => boolean): ErrorCode[] {
  return Object.entries(record).flatMap(([name, value]) => {
    const item = items.find((one) => one.name === name);
    if (!item) return ['UNKNOWN_ITEM'];
    return isAbsent(value) || !counts(item) || fits(value, item) ? [] : ['ITEM_INVALID'];
  });
}

function fits(value: ItemValue, item: Item): boolean {
  if (!item.list) return isOfItem(value, item);
  return Array.isArray(value) && value.every((one) => isOfItem(one, item));
}

function addressProblems(
  event: SourceEvent,
  published: readonly EntryDocument[],
  { party, system }: Publisher,
): ErrorCode[] {
  if (!event.type.startsWith(`${party}.`)) return ['FOREIGN_ENTRY', 'UNKNOWN_ENTRY'];
  if (!published.some(({ id }) => id === event.type)) return ['UNKNOWN_ENTRY'];
  return event.source !== undefined && event.source !== `/${party}/${system}` ? ['FOREIGN_SOURCE'] : [];
}
