import type { EntryDraft, Item, LegalBasis } from '../../../proto/entry/entry.js';
import { EXEMPTING_RANKS } from '../../../proto/entry/entry-words.js';
import { isMap } from '../../../proto/values/is-map.js';

/** Something that the approval of a department head needs and an entry does not have. */
export interface Missing {
  /** JSON Pointer into the entry. A map that is absent as a whole is one problem. */
  path: string;
  code: 'INCOMPLETE' | 'RANK_TOO_LOW';
  article: 'R12' | 'R13' | 'R14';
  text: string;
}

const incomplete = (path: string, text = 'is missing', article: Missing['article'] = 'R13'): Missing => ({
  path,
  code: 'INCOMPLETE',
  article,
  text,
});

/**
 * Everything that an entry lacks before its department head may approve it, in the order of the fields; empty when it may.
 * Expects a document that passed the check of its shape.
 */
export function missingForApproval(entry: EntryDraft): Missing[] {
  const needed = (...fields: string[]): Missing[] =>
    fields.filter((field) => isEmpty(entry[field])).map((field) => incomplete(`/${field}`));
  return [
    ...(isEmpty(entry.catalogLevel) ? [incomplete('/catalogLevel', undefined, 'R12')] : []),
    ...needed('provider', 'name'),
    ...missingItems(entry.items ?? []),
    ...needed('format', 'updateFrequency', 'sharingAttribute', 'sharingModes', 'dataClass', 'dataGrade'),
    ...(entry.sharingAttribute === 'conditional' ? missingMembers(entry, 'conditions', ['range', 'purpose']) : []),
    ...(entry.sharingAttribute === 'not_shared' ? missingExemption(entry, '') : []),
    ...(entry.items ?? []).flatMap((item, index) => missingOfItem(item, index)),
    ...missingMembers(entry, 'secrecyAssessment', ['result', 'by', 'on', 'attachment']),
    ...((entry.items ?? []).some(isPersonal)
      ? missingMembers(entry, 'piAssessment', ['number', 'by', 'on', 'attachment'])
      : []),
    ...missingImportantData(entry),
    ...missingMembers(entry, 'correctionChannel', ['contact']),
    ...missingMembers(entry, 'disposalRequirement', ['method']),
  ];
}

const isPersonal = ({ personal }: Item): boolean =>
  personal === true || personal === 'personal' || personal === 'sensitive';

function missingItems(items: readonly Item[]): Missing[] {
  if (items.length === 0) return [incomplete('/items', 'must have at least one item')];
  return items.some((item) => item.identifier) ? [] : [incomplete('/items', 'must have an identifier')];
}

const missingOfItem = (item: Item, index: number): Missing[] =>
  item.sharingAttribute === 'not_shared' ? missingExemption(item, `/items/${index}`) : [];

/** Data that is not shared needs a reason and a provision of sufficient rank for it. */
function missingExemption(from: Pick<Item, 'notSharedReason' | 'legalBasis'>, path: string): Missing[] {
  const { notSharedReason, legalBasis = [] } = from;
  return [
    ...(isEmpty(notSharedReason) ? [incomplete(`${path}/notSharedReason`)] : []),
    ...(legalBasis.length === 0 ? [incomplete(`${path}/legalBasis`)] : []),
    ...legalBasis.flatMap((basis, index) => missingOfBasis(basis, `${path}/legalBasis/${index}`)),
  ];
}

function missingOfBasis(basis: LegalBasis, path: string): Missing[] {
  const missing = (['rank', 'title', 'article'] as const)
    .filter((member) => isEmpty(basis[member]))
    .map((member) => incomplete(`${path}/${member}`));
  if (isEmpty(basis.rank) || EXEMPTING_RANKS.includes(basis.rank as 'law')) return missing;
  const text =
    'exempts nothing from sharing: only a law, an administrative regulation or a decision of the State Council does';
  return [{ path: `${path}/rank`, code: 'RANK_TOO_LOW', article: 'R14', text }, ...missing];
}

function missingImportantData(entry: EntryDraft): Missing[] {
  if (entry.dataGrade !== 'important') return [];
  const { importantData } = entry;
  if (!isMap(importantData)) return [incomplete('/importantData')];
  return isEmpty(importantData.assessment) && isEmpty(importantData.exempt)
    ? [incomplete('/importantData/assessment', 'is missing, and so is exempt')]
    : [];
}

function missingMembers(entry: EntryDraft, field: string, members: readonly string[]): Missing[] {
  const value = entry[field];
  if (!isMap(value) || isEmpty(value)) return [incomplete(`/${field}`)];
  return members.filter((member) => isEmpty(value[member])).map((member) => incomplete(`/${field}/${member}`));
}

export function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null) return true;
  if (typeof value === 'string') return value.trim() === '';
  if (Array.isArray(value)) return value.length === 0;
  return typeof value === 'object' && Object.keys(value).length === 0;
}
