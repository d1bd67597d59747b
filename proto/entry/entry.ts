/** A text in the languages of the catalog. */
export interface Title {
  zh?: string | undefined;
  en?: string | undefined;
}

export const ITEM_TYPES = [
  'string',
  'integer',
  'number',
  'boolean',
  'date',
  'datetime',
  'decimal',
  'code',
  'object',
] as const;
export type ItemType = (typeof ITEM_TYPES)[number];

const ITEM_NAME = /^[A-Za-z][A-Za-z0-9_]{0,63}$/;

/**
 * Names of items are also protobuf names and keys of plain objects. So a leading underscore is left to protobuf, which
 * makes `_name` of an optional `name`, and what every object inherits (`constructor`, `valueOf`) is no name: an absent
 * item would be found.
 */
export const isItemName = (name: string): boolean => ITEM_NAME.test(name) && !(name in Object.prototype);

export const SHARING_ATTRIBUTES = ['unconditional', 'conditional', 'not_shared'] as const;
export type SharingAttribute = (typeof SHARING_ATTRIBUTES)[number];

/** How much of a masked value stays readable, counted in characters; at least half is hidden whatever it says. */
export interface MaskRule {
  keepFirst?: number | undefined;
  keepLast?: number | undefined;
}

/** One field of an entry as its catalog editor writes it. */
export interface Item {
  name: string;
  title?: Title | undefined;
  type: ItemType;
  list?: boolean | undefined;
  identifier?: boolean | undefined;
  required?: boolean | undefined;
  filterable?: boolean | undefined;
  personal?: 'none' | 'personal' | 'sensitive' | boolean | undefined;
  confidentialBusiness?: boolean | undefined;
  grade?: 'general' | 'important' | 'core' | undefined;
  maskRule?: MaskRule | undefined;
  description?: string | undefined;
  minLength?: number | undefined;
  maxLength?: number | undefined;
  pattern?: string | undefined;
  minimum?: number | string | undefined;
  maximum?: number | string | undefined;
  /** Allowed values of a `code` (or string) item: a list, or value → title. */
  codeTable?: string[] | Record<string, Title | string> | undefined;
}

/** One catalog entry as submitted: the fields of the Regulation; outside trial mode more of them are mandatory. */
export interface EntryDocument {
  /** `<party>.<entry>` */
  id: string;
  name: Title | string;
  abstract?: Title | string | undefined;
  sharingAttribute: SharingAttribute;
  items: Item[];
  /** Days an event is kept in the log; undefined keeps it as long as the store allows. */
  retentionDays?: number | undefined;
  /** Everything else that regulation asks for is kept as given. */
  [field: string]: unknown;
}

/** An item of a published version: its permanent number is fixed. */
export interface NumberedItem extends Item {
  number: number;
}

/** An immutable published version of an entry. */
export interface EntryVersion {
  id: string;
  version: number;
  partition: number;
  publishedAt: string;
  document: EntryDocument;
  items: NumberedItem[];
  /** name → number of every item that any version ever had; numbers are never given again. */
  numbers: Record<string, number>;
}

/** Party and entry part of an entry id. */
export function splitEntryId(id: string): { party: string; entry: string } {
  const dot = id.indexOf('.');
  return { party: id.slice(0, dot), entry: id.slice(dot + 1) };
}

export function identifierOf(version: EntryVersion): NumberedItem {
  const found = version.items.find((item) => item.identifier);
  if (!found) throw new TypeError(`entry ${version.id} has no identifier`);
  return found;
}
