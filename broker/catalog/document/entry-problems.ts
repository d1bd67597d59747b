import { CANARY_PARTY, isCanaryEntry } from '../../../proto/canary.js';
import { type EntryDraft, isItemName, SHARING_ATTRIBUTES, splitEntryId } from '../../../proto/entry/entry.js';
import { SluiceError } from '../../../proto/errors.js';
import { isEntryId } from '../../../proto/subject.js';
import { valuelessKeys } from '../../../proto/valueless-keys.js';
import { isMap } from '../../../proto/values/is-map.js';
import { type FieldCheck, oneOf, title } from '../../parties/document-shape.js';
import { MADE_BY_BUS } from '../../parties/party.js';
import type { Permissions } from '../../parties/permissions.js';
import { missingForApproval } from './approval.js';
import { nameKey } from './compatibility.js';
import { unknownFields } from './entry-fields.js';
import { shapeFaults } from './entry-shape.js';
import { itemProblems, PATTERN_CHARACTERS_MAX } from './item-problems.js';
import { checkPattern, type PatternCheck } from './pattern-check.js';
import { type RefusedData, refusedData } from './refused-data.js';

export interface EntryValidation {
  /** Each begins with the path of what it is about. */
  problems: string[];
  /** Patterns that could take more than linear time, which have a code of their own. */
  patternProblems: string[];
  /** Items marked as secret or core data, which are never taken. */
  refused: RefusedData[];
  /** Article behind the first problem, on a lawful bus. */
  article?: string;
  /** Fields that the approval needs and the document lacks, and unknown fields. */
  warnings: string[];
}

/** Items of an entry: more would not fit into one message of the ledger. */
export const ITEMS_MAX = 1_000;
const RETENTION_DAYS_MAX = 36_500;
/** Time for all patterns of one entry; what is not judged by then is unproven. */
const PATTERNS_MS_MAX = 20_000;

/**
 * Validates a document by itself, without its earlier versions, and lists every problem at once. A lawful bus judges every
 * field that is there and lets a draft lack what only its approval needs; a trial bus asks for what it reads, and no more.
 */
export async function validateEntryDocument(
  document: unknown,
  { isTrial }: Pick<Permissions, 'isTrial'>,
): Promise<EntryValidation> {
  const problems = [...valuelessKeys(document), ...documentProblems(document, isTrial)];
  const patterns = await patternVerdicts(document);
  const at = (verdict: PatternCheck, what: string): string[] =>
    patterns.filter((one) => one.verdict === verdict).map(({ path }) => `${path}: ${what}`);
  problems.push(...at('not_a_pattern', 'is not a regular expression'));
  const patternProblems = [
    ...at('not_linear', 'could take more than linear time'),
    ...at(
      'unproven',
      'could take more than linear time: no proof was found in time; try again, or write it more simply',
    ),
  ];
  // On a trial bus a grade is a note for readers, as it always was; a mark of secrecy refuses the data everywhere.
  const refused = refusedData(document).filter(({ path }) => !isTrial || /(?:^|\.)secret$/.test(path));
  if (problems.length > 0) {
    const faults = isMap(document) && !isTrial ? shapeFaults(document as unknown as EntryDraft) : [];
    const further = faults.filter(({ path }) => !problems.some((one) => one.startsWith(`${path}:`)));
    const all = [...problems, ...further.map(({ path, what }) => `${path}: ${what}`)];
    return { problems: all, patternProblems, refused, article: 'R13', warnings: [] };
  }
  return { ...lawfulVerdict(document as EntryDraft, isTrial), patternProblems, refused };
}

function lawfulVerdict(
  entry: EntryDraft,
  isTrial: boolean,
): Pick<EntryValidation, 'problems' | 'article' | 'warnings'> {
  const faults = shapeFaults(entry);
  const problems = faults.map(({ path, what }) => `${path}: ${what}`);
  const missing = missingForApproval(entry).map(({ path, text }) => `${dotted(path)}: ${text}`);
  const lawful = [...problems, ...(faults.length > 0 && !isTrial ? [] : missing)];
  const unknown = unknownFields(entry);
  if (!isTrial) {
    const warnings = [...missing.map((text) => `the approval needs ${text}`), ...unknown];
    return { problems, warnings, ...(faults[0] && { article: faults[0].article }) };
  }
  const asked = lawful.length > 0 ? [`outside trial mode the law asks for: ${lawful.join('; ')}`] : [];
  return { problems: [], warnings: [...asked, ...unknown] };
}

/** `/items/0/grade` → `items[0].grade`, as the texts of problems name a field. */
const dotted = (pointer: string): string =>
  pointer
    .slice(1)
    .replaceAll(/\/(\d+)(?=\/|$)/g, '[$1]')
    .replaceAll('/', '.');

/** Everything for which a document is refused, as texts. */
export const reasonsForRefusal = ({
  problems,
  patternProblems,
  refused,
}: Pick<EntryValidation, 'problems' | 'patternProblems' | 'refused'>): string[] => [
  ...problems,
  ...refused.map(({ path, what }) => `${path}: ${what}`),
  ...patternProblems,
];

/** Throws ENTRY_INVALID with all problems, SECRET_ITEM or CORE_DATA, or PATTERN_NOT_LINEAR when that is all that is wrong. */
export function assertValidEntry(entry: string, validation: Omit<EntryValidation, 'warnings'>): void {
  const { problems: faults, refused, article } = validation;
  const problems = reasonsForRefusal(validation);
  if (problems.length === 0) return;
  const detail = `entry ${entry}: ${problems.join('; ')}`;
  const first = refused[0];
  if (faults.length > 0) throw new SluiceError('ENTRY_INVALID', detail, { entry, article, problems });
  if (first) throw new SluiceError(first.code, detail, { entry, article: first.article, problems });
  throw new SluiceError('PATTERN_NOT_LINEAR', detail, { entry, problems });
}

const FIELDS: Record<string, { required?: 'always' | 'on a trial bus'; check: FieldCheck }> = {
  id: {
    required: 'always',
    check: (value) => (typeof value === 'string' && isEntryId(value) ? undefined : 'must be <party>.<entry>'),
  },
  name: { required: 'always', check: title },
  abstract: { check: title },
  sharingAttribute: { required: 'on a trial bus', check: oneOf(SHARING_ATTRIBUTES) },
  items: { required: 'on a trial bus', check: listOfItems },
  retentionDays: { check: days },
};

/** Problems of the fields that the broker reads. All other fields are stored as they are. */
function documentProblems(document: unknown, isTrial: boolean): string[] {
  if (!isMap(document)) return ['document: must be a map'];
  const problems: string[] = [];
  for (const [field, { required, check }] of Object.entries(FIELDS)) {
    const value = document[field];
    const isRequired = required === 'always' || (isTrial && required === 'on a trial bus');
    const isAbsent = value === undefined || value === null;
    const problem = isAbsent ? (isRequired ? 'is missing' : undefined) : check(value);
    if (problem !== undefined) problems.push(`${field}: ${problem}`);
  }
  const { provider, id, items } = document;
  if (typeof id === 'string' && provider !== undefined && provider !== splitEntryId(id).party) {
    if (!isTrial || typeof provider === 'string') problems.push('provider: must be the party of the entry id');
  }
  if (typeof id === 'string' && isCanaryEntry(id)) problems.push(`id: ${CANARY_PARTY} ${MADE_BY_BUS}`);
  if (!Array.isArray(items)) return problems;
  if (isTrial && items.length === 0) problems.push('items: must be a list of at least one item');
  return [...problems, ...itemListProblems(items.slice(0, ITEMS_MAX), isTrial)];
}

function itemListProblems(items: unknown[], isTrial: boolean): string[] {
  const problems = items.flatMap((item, index) => itemProblems(item, `items[${index}]`));
  const first = new Map<string, string>();
  for (const [index, item] of items.entries()) {
    if (!isMap(item) || typeof item.name !== 'string' || !isItemName(item.name)) continue;
    const duplicate = first.get(nameKey(item.name));
    if (duplicate !== undefined) problems.push(`items[${index}].name: cannot be told apart from item ${duplicate}`);
    else first.set(nameKey(item.name), item.name);
  }
  const identifiers = items.filter((item) => isMap(item) && item.identifier === true).length;
  if (identifiers > 1 || (isTrial && identifiers === 0 && items.length > 0)) {
    problems.push(`items: exactly one must be the identifier, not ${identifiers}`);
  }
  return problems;
}

function listOfItems(value: unknown): string | undefined {
  if (!Array.isArray(value)) return 'must be a list of items';
  return value.length > ITEMS_MAX ? `must be at most ${ITEMS_MAX} items` : undefined;
}

function days(value: unknown): string | undefined {
  const fits = Number.isSafeInteger(value) && (value as number) >= 1 && (value as number) <= RETENTION_DAYS_MAX;
  return fits ? undefined : `must be a whole number of days from 1 to ${RETENTION_DAYS_MAX}`;
}

async function patternVerdicts(document: unknown): Promise<{ path: string; verdict: PatternCheck }[]> {
  const items = isMap(document) && Array.isArray(document.items) ? document.items.slice(0, ITEMS_MAX) : [];
  const verdicts: { path: string; verdict: PatternCheck }[] = [];
  const giveUpAt = performance.now() + PATTERNS_MS_MAX;
  for (const [index, item] of items.entries()) {
    if (!isMap(item) || typeof item.pattern !== 'string' || item.pattern.length > PATTERN_CHARACTERS_MAX) continue;
    const verdict = performance.now() < giveUpAt ? await checkPattern(item.pattern) : 'unproven';
    verdicts.push({ path: `items[${index}].pattern`, verdict });
  }
  return verdicts;
}
