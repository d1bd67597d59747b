import type { Document } from 'yaml';
import { SluiceError } from '../../../proto/errors.js';
import { quotedName } from '../../../proto/foreign-name.js';
import { halfPairPaths } from '../../../proto/i-json.js';
import { isToken } from '../../../proto/subject.js';
import { isMap } from '../../../proto/values/is-map.js';
import { YamlDepthError, yamlDocument } from '../../../proto/yaml-document.js';
import {
  booleanValue,
  type FieldCheck,
  type MemberFault,
  memberFaults,
  nonEmptyString,
  oneOf,
  type Shape,
} from '../../parties/document-shape.js';
import { comparable } from '../reading/text-form.js';
import { GUIDE_2017 } from './guide-2017.js';
import { type Column, DCAT_AP, type TableProfile, type WordMap } from './profile.js';
import { TWO_SHEETS } from './two-sheets.js';

export type ProfileDocument = Record<string, unknown>;

const COLUMNS_MAX = 1_000;
const WORDS_MAX = 1_000;
/** Profiles that stand on each other. */
const BASES_MAX = 8;
const SKIP_ROWS_MAX = 1_000;
const ALIASES_MAX = 100;
/** A profile nests five levels; an alias of what it stands in would nest for ever. */
const LEVELS_MAX = 16;

const words: FieldCheck = (value) =>
  Array.isArray(value) &&
  value.length <= WORDS_MAX &&
  value.every((one) => typeof one === 'string' && one.trim() !== '')
    ? undefined
    : `must be a list of at most ${WORDS_MAX} words`;

const wordMap: FieldCheck = (value) =>
  Array.isArray(value) &&
  value.length <= WORDS_MAX &&
  value.every((one) => Array.isArray(one) && (typeof one[1] === 'string' || typeof one[1] === 'boolean'))
    ? undefined
    : `must be a map of at most ${WORDS_MAX} words to values`;

const rowCount =
  (min: number, max: number): FieldCheck =>
  (value) =>
    Number.isInteger(value) && (value as number) >= min && (value as number) <= max
      ? undefined
      : `must be a whole number from ${min} to ${max}`;

/** The import decides by the code of an entry which one a row means, and its items by their rows. */
const DECIDED = /^(?:id|items)(?:\.|$)/;

const fieldName: FieldCheck = (value) => {
  if (typeof value !== 'string' || !/^[A-Za-z]+(?:\.[^.]+)?$/u.test(value)) return 'must be a field';
  return DECIDED.test(value) ? 'must be a field that a cell can state' : undefined;
};

const COLUMN: Shape = {
  field: { required: true, check: fieldName },
  required: { check: booleanValue },
  map: { check: wordMap },
  refuse: { check: words },
  else: { check: oneOf(['pinyin']) },
  ignore: { check: words },
  joined: { check: booleanValue },
  as: { check: oneOf(['name', 'creditCode']) },
  ifNotShared: { check: nonEmptyString },
  written: { check: booleanValue },
};

const LAYOUT: Shape = {
  sheet: { check: nonEmptyString },
  headerRows: { check: rowCount(1, 2) },
  skipRows: { check: rowCount(0, SKIP_ROWS_MAX) },
};

const map: FieldCheck = (value) => (isMap(value) ? undefined : 'must be a map');

const PROFILE: Shape = {
  profile: {
    required: true,
    check: (value) => (typeof value === 'string' && isToken(value) ? undefined : 'must be a name of a–z, 0–9, - and _'),
  },
  base: { check: nonEmptyString },
  entries: { check: map },
  items: { check: map },
  columns: { check: map },
  itemColumns: { check: map },
  order: { check: words },
};

/** Everything that is wrong with a profile by itself. */
function profileFaults(document: unknown): MemberFault[] {
  const faults = memberFaults(document, PROFILE);
  if (faults.length > 0 || !isMap(document)) return faults;
  const { entries, items, columns, itemColumns } = document;
  if (isMap(entries)) {
    const shape = { ...LAYOUT, key: { check: nonEmptyString }, id: { check: map } };
    faults.push(...memberFaults(entries, shape, ['entries']));
    if (isMap(entries.id)) faults.push(...memberFaults(entries.id, ID, ['entries', 'id']));
  }
  if (isMap(items)) faults.push(...memberFaults(items, { ...LAYOUT, join: { check: nonEmptyString } }, ['items']));
  for (const [member, of] of Object.entries({ columns, itemColumns })) faults.push(...columnFaults(of, member));
  return faults;
}

const ID: Shape = { from: { required: true, check: nonEmptyString } };

function columnFaults(columns: unknown, member: string): MemberFault[] {
  if (!isMap(columns)) return [];
  const names = Object.keys(columns);
  if (names.length > COLUMNS_MAX) return [{ path: [member], what: `must be at most ${COLUMNS_MAX} columns` }];
  const seen = new Set<string>();
  return names.flatMap((name) => {
    const twice = seen.has(comparable(name)) ? [{ path: [member, name], what: 'stands twice' }] : [];
    seen.add(comparable(name));
    return [...twice, ...memberFaults(columns[name], COLUMN, [member, name])];
  });
}

/** The stored document of that name; undefined when there is none. */
export type FindProfile = (name: string) => ProfileDocument | undefined;

/** A profile with all that its `base` gives it. Throws BAD_REQUEST with everything that is wrong. */
export function tableProfile(document: unknown, find: FindProfile, bases = 0): TableProfile {
  const faults = profileFaults(document);
  if (faults.length > 0) throw notWellFormed(faults);
  const own = document as ProfileDocument;
  const whole = own.base === undefined ? own : merged(baseOf(String(own.base), find, bases), own);
  const { entries, items } = whole as { entries?: Record<string, unknown>; items?: Record<string, unknown> };
  const needed: [path: string[], isThere: boolean][] = [
    [['entries', 'key'], typeof entries?.key === 'string'],
    [['entries', 'id'], isMap(entries?.id)],
    [['items', 'join'], typeof items?.join === 'string'],
  ];
  const lacking = needed.flatMap(([path, isThere]) => (isThere ? [] : [{ path, what: 'is missing' }]));
  if (lacking.length > 0) throw notWellFormed(lacking);
  return {
    ...(whole as unknown as TableProfile),
    entries: withHeader(entries) as TableProfile['entries'],
    items: withHeader(items) as TableProfile['items'],
    columns: (whole.columns ?? {}) as Record<string, Column>,
    itemColumns: withTruths((whole.itemColumns ?? {}) as Record<string, Column>),
  };
}

function notWellFormed(faults: readonly MemberFault[]): SluiceError {
  const problems = faults.map(({ path, what: text }) => ({ path: pointer(path), code: 'BAD_REQUEST' as const, text }));
  const texts = faults.map(({ path, what }) => `${path.map(quotedName).join('.') || 'document'}: ${what}`);
  return new SluiceError('BAD_REQUEST', `the profile is not well-formed: ${texts.join('; ')}`, { problems });
}

const pointer = (path: readonly string[]): string =>
  path.map((one) => `/${quotedName(one).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');

function baseOf(name: string, find: FindProfile, bases: number): TableProfile {
  const base = readyMade(name) ?? find(name);
  if (!base || name === DCAT_AP)
    throw new SluiceError('BAD_REQUEST', 'the base of the profile is not known, or no profile of sheets');
  if (bases >= BASES_MAX) throw new SluiceError('BAD_REQUEST', `more than ${BASES_MAX} profiles stand on each other`);
  return tableProfile(base, find, bases + 1);
}

/** Statements of the new profile replace those of its base, column by column. */
function merged(base: TableProfile, own: ProfileDocument): ProfileDocument {
  const over = (member: 'entries' | 'items' | 'columns' | 'itemColumns'): Record<string, unknown> => ({
    ...base[member],
    ...(own[member] as Record<string, unknown> | undefined),
  });
  const { base: _base, ...rest } = own;
  const parts = {
    entries: over('entries'),
    items: over('items'),
    columns: over('columns'),
    itemColumns: over('itemColumns'),
  };
  return { ...(base.order && { order: base.order }), ...rest, ...parts };
}

const parsed = new Map<string, ProfileDocument>();

/** A profile that comes with the program. */
export function readyMade(name: string): ProfileDocument | undefined {
  if (parsed.size === 0) {
    const guide = parseProfile(GUIDE_2017);
    parsed.set('guide-2017', guide);
    parsed.set('two-sheets', renamedFrom(guide, parseProfile(TWO_SHEETS)));
    parsed.set(DCAT_AP, { profile: DCAT_AP });
  }
  return parsed.get(name);
}

function renamedFrom(guide: ProfileDocument, { renamed, columns, ...own }: ProfileDocument): ProfileDocument {
  const names = new Map(Object.entries(renamed as Record<string, string>).map(([to, from]) => [from, to]));
  const rename = (of: unknown): Record<string, unknown> =>
    Object.fromEntries(Object.entries(of as object).map(([name, column]) => [names.get(name) ?? name, column]));
  const itemColumns = rename(guide.itemColumns);
  return { ...own, columns: { ...rename(guide.columns), ...(columns as object) }, itemColumns };
}

/**
 * Parses the text of a profile, YAML or JSON; what is no map of columns is judged later. Texts of others are parsed by `ProfileReader`,
 * off the event loop. Throws BAD_REQUEST.
 */
export function parseProfile(text: string): ProfileDocument {
  const document = documentOf(text);
  if (document.errors.length > 0) throw new SluiceError('BAD_REQUEST', 'the profile is not YAML or JSON');
  let value: unknown;
  try {
    value = document.toJS({ mapAsMap: true, maxAliasCount: ALIASES_MAX });
  } catch (error) {
    throw new SluiceError('BAD_REQUEST', 'the profile is not YAML or JSON', {}, { cause: error });
  }
  const profile = plain(value) as ProfileDocument;
  const halves = halfPairPaths(profile).map((path) => path.replace(OF_WORDS, '/map'));
  if (halves.length > 0) {
    const problems = halves.map((path) => ({ path, code: 'BAD_REQUEST' as const, text: 'is not well-formed Unicode' }));
    throw new SluiceError('BAD_REQUEST', `${halves.join(', ')}: not well-formed Unicode`, { problems });
  }
  return profile;
}

function documentOf(text: string): Document {
  try {
    return yamlDocument(text, LEVELS_MAX, { stringKeys: false });
  } catch (error) {
    throw error instanceof YamlDepthError ? tooDeep() : error;
  }
}

const tooDeep = (): SluiceError => new SluiceError('BAD_REQUEST', `the profile nests deeper than ${LEVELS_MAX} levels`);

/** Below a map of words a path counts pairs, which is no place in the document. */
const OF_WORDS = /\/map\/.*$/;

/** Maps become objects, but for those of words, whose order an object with numbers as keys would lose. */
function plain(value: unknown, key?: string, level = 0): unknown {
  if (level > LEVELS_MAX) throw tooDeep();
  if (Array.isArray(value)) return value.map((one) => plain(one, undefined, level + 1));
  if (!(value instanceof Map)) return value;
  const pairs = [...value].map(([name, one]) => [String(name), plain(one, String(name), level + 1)] as const);
  return key === 'map' ? pairs : Object.fromEntries(pairs);
}

/** Members of an item that are true or false. */
const TRUTHS: ReadonlySet<string> = new Set(['identifier', 'required', 'filterable', 'list', 'confidentialBusiness']);
const TRUTH_WORDS: WordMap = [
  ['是', true],
  ['否', false],
  ['TRUE', true],
  ['FALSE', false],
];

/** A truth value without a map has the words of the ready-made profiles, and those of a sheet's own truth values. */
const withTruths = (columns: Record<string, Column>): Record<string, Column> =>
  Object.fromEntries(
    Object.entries(columns).map(([name, column]) => {
      const isBare = TRUTHS.has(column.field) && column.map === undefined;
      return [name, isBare ? { ...column, map: TRUTH_WORDS } : column];
    }),
  );

const withHeader = (layout: Record<string, unknown> | undefined): unknown => ({ headerRows: 1, ...layout });
