import { type EntryDraft, type Item, splitEntryId } from '../../../proto/entry/entry.js';
import { SluiceError } from '../../../proto/errors.js';
import { isMap } from '../../../proto/values/is-map.js';
import { ownValue } from '../../../proto/values/own-value.js';
import { type Column, isSameSheet, SAME_SHEET, type TableProfile } from '../profiles/profile.js';
import { comparable, trimmed } from '../reading/text-form.js';
import { codeOf, type EntryFacts, entryCell, itemCell, valueText } from './cell-text.js';

/** An entry as it is exported: its newest text, and the date of the version in force. */
export interface ExportedEntry {
  entry: EntryDraft;
  publishedOn?: string | undefined;
}

export interface WrittenSheet {
  name: string;
  /** Empty rows above the header and the empty upper row of a header of two. */
  emptyRows: number;
  header: string[];
  rows: Iterable<string[]>;
}

const DEFAULT_SHEET = '信息资源目录';

type Cells = (entry: EntryDraft, item: Item | undefined, facts: EntryFacts) => string;

/** The sheets of a profile with the entries in them; rows are made one by one. Throws BAD_REQUEST when two sheets could not be joined again. */
export function writtenSheets(
  profile: TableProfile,
  entries: readonly ExportedEntry[],
  partyOf: (id: string) => EntryFacts['party'],
): WrittenSheet[] {
  const facts = ({ entry, publishedOn }: ExportedEntry): EntryFacts => ({
    party: partyOf(splitEntryId(entry.id).party),
    ...(publishedOn !== undefined && { publishedOn }),
  });
  const itemNames = keptNames(
    entries.flatMap(({ entry }) => (entry.items ?? []).map(({ profile: kept }) => kept)),
    profile,
  );
  const items = (entry: EntryDraft): readonly (Item | undefined)[] => (entry.items?.length ? entry.items : [undefined]);
  if (isSameSheet(profile)) {
    const columns = [...sameSheetCells(profile), ...itemNames.map(keptOfItem)];
    const rows = function* (): Generator<string[]> {
      for (const one of entries) {
        for (const item of items(one.entry)) yield columns.map(([, cell]) => cell(one.entry, item, facts(one)));
      }
    };
    return [sheetOf(profile.entries, profile.entries.sheet ?? DEFAULT_SHEET, columns, rows())];
  }
  requireDifferentKeys(profile, entries, facts);
  const entryNames = keptNames(
    entries.map(({ entry }) => entry.profile),
    profile,
  );
  const entryColumns = [...entryCells(profile), ...entryNames.map(keptOfEntry)];
  const itemColumns = [joinCell(profile), ...itemCells(profile), ...itemNames.map(keptOfItem)];
  const entryRows = function* (): Generator<string[]> {
    for (const one of entries) yield entryColumns.map(([, cell]) => cell(one.entry, undefined, facts(one)));
  };
  const itemRows = function* (): Generator<string[]> {
    for (const one of entries) {
      for (const item of one.entry.items ?? []) yield itemColumns.map(([, cell]) => cell(one.entry, item, facts(one)));
    }
  };
  return [
    sheetOf(profile.entries, profile.entries.sheet ?? DEFAULT_SHEET, entryColumns, entryRows()),
    sheetOf(profile.items, profile.items.sheet ?? profile.items.join, itemColumns, itemRows()),
  ];
}

/**
 * Two entries of one key, such as a name, would be read back as one that has the items of both (docs/decisions/0389). On one sheet
 * their codes show that they are two.
 */
function requireDifferentKeys(
  profile: TableProfile,
  entries: readonly ExportedEntry[],
  facts: (one: ExportedEntry) => EntryFacts,
): void {
  const [, keyOf] = joinCell(profile);
  const seen = new Map<string, string>();
  for (const one of entries) {
    const { id } = one.entry;
    const key = trimmed(keyOf(one.entry, undefined, facts(one)));
    const other = seen.get(key);
    if (other !== undefined) {
      const why = `entries ${other} and ${id} have one ${profile.entries.key}, by which the two sheets are joined`;
      throw new SluiceError('BAD_REQUEST', `${why}: export them into a file each, by entry`, { entry: id });
    }
    seen.set(key, id);
  }
}

function sheetOf(
  { headerRows, skipRows = 0 }: TableProfile['entries'] | TableProfile['items'],
  name: string,
  columns: readonly [string, Cells][],
  rows: Iterable<string[]>,
): WrittenSheet {
  return { name, emptyRows: skipRows + headerRows - 1, header: columns.map(([column]) => column), rows };
}

/**
 * The first of several columns about one field is written, unless they say different things of it. The column of the key goes before
 * the others of its field, which a profile has by its base: a file without it could not be read again.
 */
function firstNames(columns: Record<string, Column>, code = '', key = ''): [string, Column][] {
  const about = ({ field, as }: Column): string => `${field} ${as ?? ''}`;
  const ofKey = ownValue(columns, key);
  const seen = new Set(ofKey && [about(ofKey)]);
  return Object.entries(columns).filter(([name, column]) => {
    if (name === code || name === key) return true;
    const isFirst = !seen.has(about(column));
    seen.add(about(column));
    return isFirst;
  });
}

function entryCells(profile: TableProfile): [string, Cells][] {
  const { key, id } = profile.entries;
  const { from } = id;
  const columns = firstNames(profile.columns, from, key).map(([name, column]): [string, Cells] => [
    name,
    name === from ? (entry) => codeOf(entry, profile) : (entry, _item, facts) => textOfEntry(column, entry, facts),
  ]);
  const need = (name: string, cell: Cells): [string, Cells][] =>
    Object.hasOwn(profile.columns, name) ? [] : [[name, cell]];
  return [
    ...columns,
    ...need(from, (entry) => codeOf(entry, profile)),
    ...(key === from ? [] : need(key, (entry) => codeOf(entry, profile))),
  ];
}

/** A profile that has joined columns only writes the whole of the field into the first of them. */
const textOfEntry = (column: Column, entry: EntryDraft, facts: EntryFacts): string =>
  column.joined ? valueText(ownValue(entry, column.field), undefined) : entryCell(column, entry, facts);

const itemCells = (profile: TableProfile): [string, Cells][] =>
  firstNames(profile.itemColumns).map(([name, column]) => [
    name,
    (entry, item) => (item ? textOfItem(name, column, item, entry) : ''),
  ]);

/** A length of what is no text stands under its column among what was kept. */
function textOfItem(name: string, column: Column, item: Item, entry: EntryDraft): string {
  const text = itemCell(column, item, entry);
  if (text !== '' || column.field !== 'maxLength' || !isMap(item.profile)) return text;
  return valueText(ownValue(item.profile, name), undefined);
}

function joinCell(profile: TableProfile): [string, Cells] {
  const { key } = profile.entries;
  const column = ownValue(profile.columns, key);
  const isCode = key === profile.entries.id.from || !column;
  return [
    profile.items.join === SAME_SHEET ? key : profile.items.join,
    isCode ? (entry) => codeOf(entry, profile) : (entry, _item, facts) => entryCell(column, entry, facts),
  ];
}

/** Columns of an entry and of its items on one sheet, in the order of the profile. */
function sameSheetCells(profile: TableProfile): [string, Cells][] {
  const columns = [...entryCells(profile), ...itemCells(profile)];
  const order = new Map((profile.order ?? []).map((name, index) => [name, index]));
  const rank = ([name]: [string, Cells]): number => order.get(name) ?? order.size;
  return order.size === 0 ? columns : [...columns].sort((a, b) => rank(a) - rank(b));
}

/** Names of kept columns in the order in which they first occur, but for those that the profile writes. */
function keptNames(kept: readonly (Record<string, unknown> | undefined)[], profile: TableProfile): string[] {
  const { from } = profile.entries.id;
  const fields = [...Object.values(profile.columns), ...Object.values(profile.itemColumns)].map(({ field }) => field);
  const written = new Set(
    [...Object.keys(profile.columns), ...Object.keys(profile.itemColumns), from, profile.entries.key].map(comparable),
  );
  const names = new Set(kept.flatMap((one) => Object.keys(one ?? {})));
  return [...names].filter((name) => !written.has(comparable(name)) && !fields.includes(`profile.${name}`));
}

const keptOfEntry = (name: string): [string, Cells] => [
  name,
  (entry) => valueText(ownValue(entry.profile, name), undefined),
];
const keptOfItem = (name: string): [string, Cells] => [
  name,
  (_entry, item) => valueText(ownValue(item?.profile, name), undefined),
];
