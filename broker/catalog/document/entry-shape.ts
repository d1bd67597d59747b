import type { EntryDraft, Item } from '../../../proto/entry/entry.js';
import { isItemName, SHARING_ATTRIBUTES } from '../../../proto/entry/entry.js';
import * as words from '../../../proto/entry/entry-words.js';
import { isMap } from '../../../proto/values/is-map.js';
import { characterCount } from '../../../proto/values/unicode.js';
import { type FieldCheck, nonEmptyString, oneOf, type Shape, title } from '../../parties/document-shape.js';

/** A field that is not of its shape, and the article that asks for it. */
export interface ShapeFault {
  path: string;
  article: 'R6' | 'R13' | 'R23';
  what: string;
}

const TEXT_CHARACTERS_MAX = 2_000;
const TITLE_CHARACTERS_MAX = 200;
const LIST_ELEMENTS_MAX = 1_000;
/** Longest time after the end of a grant for which an entry may ask to keep its data, in calendar days. */
const DISPOSAL_DAYS_MAX = 36_500;
/** Working days of the statutory limits, which a promise may only shorten. */
const STATUTORY_DAYS = { D3: 1, D4: 10, D6: 20, D7: 10 } as const;

const atMost =
  (charactersMax: number, check: FieldCheck): FieldCheck =>
  (value) => {
    const problem = check(value);
    if (problem !== undefined) return problem;
    const texts = typeof value === 'string' ? [value] : Object.values(value as Record<string, string>);
    return texts.some((one) => characterCount(one) > charactersMax)
      ? `must have at most ${charactersMax} characters`
      : undefined;
  };

export const text = atMost(TEXT_CHARACTERS_MAX, nonEmptyString);

const date: FieldCheck = (value) => {
  const isDate = typeof value === 'string' && /^\d{4}-\d\d-\d\d$/.test(value);
  const time = isDate ? new Date(`${value}T00:00:00Z`) : undefined;
  const isReal = time !== undefined && !Number.isNaN(time.getTime()) && time.toISOString().startsWith(value as string);
  return isReal ? undefined : 'must be a date, YYYY-MM-DD';
};

const wholeNumber =
  (max: number): FieldCheck =>
  (value) =>
    Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) <= max
      ? undefined
      : `must be a whole number from 0 to ${max}`;

const resourceCode: FieldCheck = (value) =>
  typeof value === 'string' && words.RESOURCE_CODE.test(value)
    ? undefined
    : 'must be six or more digits beginning with 1, 2 or 3, a slash and a number';

const listOf =
  (what: string, check: FieldCheck): FieldCheck =>
  (value) => {
    if (!Array.isArray(value)) return `must be a list of ${what}`;
    if (value.length > LIST_ELEMENTS_MAX) return `must be at most ${LIST_ELEMENTS_MAX} ${what}`;
    return value.every((one) => check(one) === undefined) ? undefined : `must be a list of ${what}`;
  };

const oneOrListOf =
  (allowed: readonly string[]): FieldCheck =>
  (value) =>
    (Array.isArray(value) ? value : [value]).every((one) => allowed.includes(one))
      ? undefined
      : `must be one of ${allowed.join(', ')}, or a list of them`;

const map: FieldCheck = (value) => (isMap(value) ? undefined : 'must be a map');

const BASIS: Shape = {
  rank: { check: oneOf(words.LEGAL_RANKS) },
  title: { check: text },
  article: { check: text },
};

/** Fields with one value. */
const FIELDS: Shape = {
  name: { check: atMost(TITLE_CHARACTERS_MAX, title) },
  abstract: { check: atMost(TEXT_CHARACTERS_MAX, title) },
  catalogLevel: { check: oneOf(words.CATALOG_LEVELS) },
  resourceCode: { check: resourceCode },
  format: { check: oneOrListOf(words.FORMATS) },
  updateFrequency: { check: oneOf(words.UPDATE_FREQUENCIES) },
  sharingModes: { check: oneOrListOf(words.SHARING_MODES) },
  dataClass: { check: text },
  dataGrade: { check: oneOf(words.GRADES) },
  notSharedReason: { check: text },
  backflowItem: { check: (value) => (typeof value === 'string' ? undefined : 'must be the name of an item') },
  category: { check: text },
  schemaRef: { check: text },
  relatedCodes: { check: listOf('texts', text) },
  openToPublic: { check: oneOf(words.OPEN_TO_PUBLIC) },
  openConditions: { check: text },
  profile: { check: map },
};

/** Fields that are maps, with their members. A member that stands in no list is kept with a warning. */
export const MAPS: Record<string, Shape> = {
  conditions: { range: { check: text }, purpose: { check: text }, other: { check: listOf('texts', text) } },
  secrecyAssessment: { result: { check: text }, by: { check: text }, on: { check: date }, attachment: { check: text } },
  piAssessment: { number: { check: text }, by: { check: text }, on: { check: date }, attachment: { check: text } },
  importantData: { assessment: { check: () => undefined }, exempt: { check: oneOf(['statutory_duty']) } },
  correctionChannel: { contact: { check: text }, phone: { check: text } },
  disposalRequirement: {
    method: { check: oneOf(['destroy']) },
    withinDays: { check: wholeNumber(DISPOSAL_DAYS_MAX) },
    text: { check: text },
  },
  promisedDays: Object.fromEntries(
    Object.entries(STATUTORY_DAYS).map(([clock, max]) => [clock, { check: wholeNumber(max) }]),
  ),
};

/** Fields that are lists of maps, with the members of each element. */
export const LISTS: Record<string, Shape> = {
  legalBasis: BASIS,
  derivedFrom: {
    grant: { required: true, check: text },
    items: {
      required: true,
      check: listOf('names of items', (value) =>
        typeof value === 'string' && isItemName(value) ? undefined : 'must be the name of an item',
      ),
    },
  },
  standards: { name: { required: true, check: text }, version: { required: true, check: text } },
};

/** Texts of an item; what they are besides is judged in `item-problems.ts`. */
const ITEM_TEXTS: Shape = {
  title: { check: atMost(TITLE_CHARACTERS_MAX, title) },
  description: { check: text },
  notSharedReason: { check: text },
  codeTable: {
    check: (value) => {
      const titles = isMap(value) ? Object.values(value) : [];
      const faults = titles.map(atMost(TITLE_CHARACTERS_MAX, title));
      return faults.find((one) => one !== undefined);
    },
  },
};

/** Every field of the Regulation that a document has and that is not of its shape. What it lacks is judged for approval. */
export function shapeFaults(document: EntryDraft): ShapeFault[] {
  // An element that is no item has been reported, and keeps its place.
  const items = Array.isArray(document.items) ? document.items.map((one) => (isMap(one) ? one : ({} as Item))) : [];
  const entry: EntryDraft = { ...document, items };
  return [
    ...memberFaults(entry, FIELDS, ''),
    ...Object.entries(MAPS).flatMap(([field, shape]) => mapFaults(entry[field], shape, field)),
    ...Object.entries(LISTS).flatMap(([field, shape]) => listFaults(entry[field], shape, field)),
    ...items.flatMap((item, index) => itemFaults(item, `items[${index}]`, entry)),
    ...contradictions(entry),
  ];
}

function itemFaults(item: Item, path: string, entry: EntryDraft): ShapeFault[] {
  const faults = [
    ...memberFaults(item as unknown as Record<string, unknown>, ITEM_TEXTS, path),
    ...listFaults(item.legalBasis, BASIS, `${path}.legalBasis`),
  ];
  const strictness = (attribute: unknown): number => SHARING_ATTRIBUTES.indexOf(attribute as 'conditional');
  if (item.sharingAttribute !== undefined && strictness(item.sharingAttribute) < strictness(entry.sharingAttribute)) {
    const what = `must not be looser than that of the entry, ${entry.sharingAttribute}`;
    faults.push({ path: `${path}.sharingAttribute`, article: 'R13', what });
  }
  return faults;
}

/** Fields that are of their shape, each by itself, and contradict each other. */
function contradictions(entry: EntryDraft): ShapeFault[] {
  const faults: ShapeFault[] = [];
  const fault = (path: string, what: string) => faults.push({ path, article: 'R13', what });
  const { sharingAttribute, conditions, dataGrade, backflowItem, items = [] } = entry;
  if (sharingAttribute === 'unconditional' && isMap(conditions) && Object.keys(conditions).length > 0) {
    fault('conditions', 'must be empty, the data is shared unconditionally');
  }
  const grade = words.GRADES.indexOf(dataGrade as 'core');
  // Core data has a refusal of its own, which the grade of the entry must not hide.
  const grades = items.map((item) => (item.grade === 'core' ? 'general' : (item.grade ?? 'general')));
  const highest = Math.max(0, ...grades.map((one) => words.GRADES.indexOf(one)));
  if (grade >= 0 && grade < highest) fault('dataGrade', 'is below the grade of an item');
  if (typeof backflowItem === 'string' && !items.some((item) => item.name === backflowItem && item.filterable)) {
    fault('backflowItem', 'must be the name of a filterable item');
  }
  return faults;
}

function mapFaults(value: unknown, shape: Shape, path: string): ShapeFault[] {
  if (value === undefined) return [];
  if (!isMap(value)) return [{ path, article: articleOf(path), what: 'must be a map' }];
  return memberFaults(value, shape, path);
}

function listFaults(value: unknown, shape: Shape, path: string): ShapeFault[] {
  if (value === undefined) return [];
  if (!Array.isArray(value)) return [{ path, article: articleOf(path), what: 'must be a list' }];
  if (value.length > LIST_ELEMENTS_MAX) {
    return [{ path, article: articleOf(path), what: `must be at most ${LIST_ELEMENTS_MAX}` }];
  }
  return value.flatMap((one, index) => mapFaults(one, shape, `${path}[${index}]`));
}

function memberFaults(value: Record<string, unknown>, shape: Shape, path: string): ShapeFault[] {
  return Object.entries(shape).flatMap(([member, { required, check }]) => {
    const given = value[member];
    const what = given === undefined ? (required ? 'is missing' : undefined) : check(given);
    const at = path === '' ? member : `${path}.${member}`;
    return what === undefined ? [] : [{ path: at, article: articleOf(at), what }];
  });
}

/** A standard without version breaks R6, a promise above the statute R23, all else R13. */
function articleOf(path: string): ShapeFault['article'] {
  if (path.startsWith('standards')) return 'R6';
  return path.startsWith('promisedDays') ? 'R23' : 'R13';
}
