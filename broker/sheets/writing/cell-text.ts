import type { EntryDraft, Item, LegalBasis } from '../../../proto/entry/entry.js';
import { splitEntryId } from '../../../proto/entry/entry.js';
import { isMap } from '../../../proto/values/is-map.js';
import { ownValue } from '../../../proto/values/own-value.js';
import type { Column, TableProfile } from '../profiles/profile.js';

/** The party of an entry, as a sheet names it. */
export interface PartyFacts {
  id: string;
  zhName?: string;
  creditCode?: string;
}

/** Facts of an entry that an export needs beside its text. */
export interface EntryFacts {
  party: PartyFacts;
  /** Date of the version in force. */
  publishedOn?: string;
}

/** Text of an entry's cell; '' for an empty one. */
export function entryCell(column: Column, entry: EntryDraft, facts: EntryFacts): string {
  const { field, map, ifNotShared } = column;
  if (column.written) return facts.publishedOn ?? '';
  if (column.joined) return '';
  if (field === 'provider') {
    if (entry.provider === undefined) return '';
    return (column.as === 'creditCode' ? facts.party.creditCode : facts.party.zhName) ?? '';
  }
  const target = ifNotShared !== undefined && entry.sharingAttribute === 'not_shared' ? ifNotShared : field;
  const value = target === 'name.zh' ? nameOf(entry) : valueAt(entry, target);
  if (field === 'legalBasis') return basesText(value, column);
  return valueText(value, map);
}

/** Text of an item's cell. */
export function itemCell(column: Column, item: Item, entry: EntryDraft): string {
  const { field, map } = column;
  if (field === 'title.zh') return titleZh(item.title) ?? item.name;
  if (field === 'type') return typeText(item, column);
  if (field === 'grade') return valueText(item.grade ?? entry.dataGrade, map);
  if (field === 'personal') return valueText(item.personal === true ? 'personal' : item.personal, map);
  const value = valueAt(item as unknown as Record<string, unknown>, field);
  if (value === undefined && map?.some(([, one]) => one === false)) return valueText(false, map);
  return valueText(value, map);
}

/** The value that identifies an entry: its code, else what was kept of the column, else the part of its id behind the party. */
export function codeOf(entry: EntryDraft, profile: TableProfile): string {
  return statedCode(entry, profile) ?? splitEntryId(entry.id).entry;
}

/** Where another column of the profile holds the code of the catalog, this one holds a value of its own. */
export function statedCode(entry: EntryDraft, { entries, columns }: TableProfile): string | undefined {
  const { from } = entries.id;
  const found = isMap(entry.profile) ? ownValue(entry.profile, from) : undefined;
  const kept = typeof found === 'string' ? found : undefined;
  const isBesideCode = Object.entries(columns).some(([name, { field }]) => name !== from && field === 'resourceCode');
  return isBesideCode ? (kept ?? entry.resourceCode) : (entry.resourceCode ?? kept);
}

/** Readers tell rows apart by it: without a name in its cell, a row would belong to the entry above. */
const nameOf = ({ name }: EntryDraft): unknown => titleZh(name) ?? (isMap(name) ? name.en : undefined);

export function titleZh(title: unknown): string | undefined {
  if (typeof title === 'string') return title;
  return isMap(title) && typeof title.zh === 'string' ? title.zh : undefined;
}

function valueAt(from: Record<string, unknown>, field: string): unknown {
  const dot = field.indexOf('.');
  if (dot < 0) return ownValue(from, field);
  const parent = ownValue(from, field.slice(0, dot));
  if (typeof parent === 'string') return field.endsWith('.zh') ? parent : undefined;
  return isMap(parent) ? ownValue(parent, field.slice(dot + 1)) : undefined;
}

/** `code` is written as the word of `string`, which a profile may have while it has none for codes. */
function typeText(item: Item, { map }: Column): string {
  const text = valueText(item.type, map);
  return text === '' && item.type === 'code' ? valueText('string', map) : text;
}

export function valueText(value: unknown, map: Column['map']): string {
  if (value === undefined || value === null) return '';
  if (Array.isArray(value))
    return value
      .map((one) => valueText(one, map))
      .filter(Boolean)
      .join('、');
  if (map) return map.find(([, one]) => one === value)?.[0] ?? '';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

function basesText(bases: unknown, { map }: Column): string {
  if (!Array.isArray(bases)) return '';
  return (bases as LegalBasis[])
    .map(({ rank, title, article }) => [valueText(rank, map), title ?? '', article ?? ''].join('|').replace(/\|+$/, ''))
    .join('；');
}
