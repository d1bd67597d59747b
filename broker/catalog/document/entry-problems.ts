import { CANARY_PARTY, isCanaryEntry } from '../../../proto/canary.js';
import { type EntryDocument, isItemName, SHARING_ATTRIBUTES, splitEntryId } from '../../../proto/entry/entry.js';
import { SluiceError } from '../../../proto/errors.js';
import { isEntryId } from '../../../proto/subject.js';
import { valuelessKeys } from '../../../proto/valueless-keys.js';
import { isMap } from '../../../proto/values/is-map.js';
import { type FieldCheck, oneOf, title } from '../../parties/document-shape.js';
import { MADE_BY_BUS } from '../../parties/party.js';
import type { Permissions } from '../../parties/permissions.js';
import { nameKey } from './compatibility.js';
import { unknownFields } from './entry-fields.js';
import { itemProblems, PATTERN_CHARACTERS_MAX } from './item-problems.js';
import { lawfulProblems } from './lawful-fields.js';
import { checkPattern, type PatternCheck } from './pattern-check.js';

export interface EntryValidation {
  /** Each begins with the path of what it is about. */
  problems: string[];
  /** Patterns that could take more than linear time, which have a code of their own. */
  patternProblems: string[];
  /** Lawful fields that are missing on a trial bus, and unknown fields. */
  warnings: string[];
}

/** Items of an entry: more would not fit into one message of the ledger. */
const ITEMS_MAX = 1_000;
const RETENTION_DAYS_MAX = 36_500;
/** Time for all patterns of one entry; what is not proven by then counts as not linear. */
const PATTERNS_MS_MAX = 20_000;

/** Validates a document by itself, without its earlier versions, and lists every problem at once. */
export async function validateEntryDocument(
  document: unknown,
  { isTrial }: Pick<Permissions, 'isTrial'>,
): Promise<EntryValidation> {
  const problems = [...valuelessKeys(document), ...documentProblems(document)];
  const patterns = await patternVerdicts(document);
  const at = (verdict: PatternCheck, what: string): string[] =>
    patterns.filter((one) => one.verdict === verdict).map(({ path }) => `${path}: ${what}`);
  problems.push(...at('not_a_pattern', 'is not a regular expression'));
  const patternProblems = at('not_linear', 'could take more than linear time');
  if (problems.length > 0) return { problems, patternProblems, warnings: [] };
  const lawful = lawfulProblems(document as EntryDocument);
  return {
    problems: isTrial ? [] : lawful,
    patternProblems,
    warnings: [
      ...(isTrial && lawful.length > 0 ? [`outside trial mode the law asks for: ${lawful.join('; ')}`] : []),
      ...unknownFields(document as EntryDocument),
    ],
  };
}

/** Throws ENTRY_INVALID with all problems, or PATTERN_NOT_LINEAR when that is all that is wrong. */
export function assertValidEntry(entry: string, { problems, patternProblems }: EntryValidation): void {
  const all = [...problems, ...patternProblems];
  if (all.length === 0) return;
  const code = problems.length === 0 ? 'PATTERN_NOT_LINEAR' : 'ENTRY_INVALID';
  throw new SluiceError(code, `entry ${entry}: ${all.join('; ')}`, { entry, problems: all });
}

const FIELDS: Record<string, { required?: boolean; check: FieldCheck }> = {
  id: {
    required: true,
    check: (value) => (typeof value === 'string' && isEntryId(value) ? undefined : 'must be <party>.<entry>'),
  },
  name: { required: true, check: title },
  abstract: { check: title },
  sharingAttribute: { required: true, check: oneOf(SHARING_ATTRIBUTES) },
  items: { required: true, check: listOfItems },
  retentionDays: { check: days },
};

/** Problems of the fields that the broker reads. All other fields are stored as they are. */
function documentProblems(document: unknown): string[] {
  if (!isMap(document)) return ['document: must be a map'];
  const problems: string[] = [];
  for (const [field, { required, check }] of Object.entries(FIELDS)) {
    const value = document[field];
    const problem = value === undefined || value === null ? (required ? 'is missing' : undefined) : check(value);
    if (problem !== undefined) problems.push(`${field}: ${problem}`);
  }
  const { provider, id } = document;
  if (typeof provider === 'string' && typeof id === 'string' && provider !== splitEntryId(id).party) {
    problems.push('provider: must be the party of the entry id');
  }
  if (typeof id === 'string' && isCanaryEntry(id)) problems.push(`id: ${CANARY_PARTY} ${MADE_BY_BUS}`);
  if (Array.isArray(document.items)) problems.push(...itemListProblems(document.items));
  return problems;
}

function itemListProblems(items: unknown[]): string[] {
  const problems = items.slice(0, ITEMS_MAX).flatMap((item, index) => itemProblems(item, `items[${index}]`));
  const first = new Map<string, string>();
  for (const [index, item] of items.entries()) {
    if (!isMap(item) || typeof item.name !== 'string' || !isItemName(item.name)) continue;
    const duplicate = first.get(nameKey(item.name));
    if (duplicate !== undefined) problems.push(`items[${index}].name: cannot be told apart from item ${duplicate}`);
    else first.set(nameKey(item.name), item.name);
  }
  const identifiers = items.filter((item) => isMap(item) && item.identifier === true).length;
  if (identifiers !== 1) problems.push(`items: exactly one must be the identifier, not ${identifiers}`);
  return problems;
}

function listOfItems(value: unknown): string | undefined {
  if (!Array.isArray(value) || value.length === 0) return 'must be a list of at least one item';
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
    const verdict = performance.now() < giveUpAt ? await checkPattern(item.pattern) : 'not_linear';
    verdicts.push({ path: `items[${index}].pattern`, verdict });
  }
  return verdicts;
}
