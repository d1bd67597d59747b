import type { LegalRank } from './entry-words.js';

/** A string in the languages of the catalog. */
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
 * Item names are protobuf names and keys of plain objects too. protobuf.js uses a leading underscore for optional fields,
 * so no name begins with one. Members that every object inherits (`constructor`, `valueOf`) are refused, because a look-up
 * of an absent item would find them.
 */
export const isItemName = (name: string): boolean => ITEM_NAME.test(name) && !(name in Object.prototype);

export const SHARING_ATTRIBUTES = ['unconditional', 'conditional', 'not_shared'] as const;
export type SharingAttribute = (typeof SHARING_ATTRIBUTES)[number];

/** Characters of a masked value that stay readable; at least half of the value is hidden in any case. */
export interface MaskRule {
  keepFirst?: number | undefined;
  keepLast?: number | undefined;
}

/** A provision that an entry, an application or a decision rests on. */
export interface LegalBasis {
  rank?: LegalRank | undefined;
  title?: string | undefined;
  article?: string | undefined;
}

/** One field of an entry as its catalog editor defines it. */
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
  /** Code of the data element; overlap checks compare it. */
  itemCode?: string | undefined;
  /** Only `false` is accepted: secret data does not travel over this bus. */
  secret?: boolean | undefined;
  /** Overrides the attribute of the entry with a stricter one. */
  sharingAttribute?: SharingAttribute | undefined;
  notSharedReason?: string | undefined;
  legalBasis?: LegalBasis[] | undefined;
  /** Columns of a department's own sheet, kept as they were. */
  profile?: Record<string, unknown> | undefined;
}

/** A catalog entry as submitted, with the fields of the Regulations; on a registered bus more of them are mandatory. */
export interface EntryDocument {
  /** `<party>.<entry>` */
  id: string;
  name: Title | string;
  abstract?: Title | string | undefined;
  sharingAttribute: SharingAttribute;
  items: Item[];
  catalogLevel?: string | undefined;
  resourceCode?: string | undefined;
  notSharedReason?: string | undefined;
  legalBasis?: LegalBasis[] | undefined;
  dataGrade?: string | undefined;
  /** Columns of a department's own sheet, kept as they were. */
  profile?: Record<string, unknown> | undefined;
  /** Days an event is kept in the log; undefined keeps it as long as the store allows. */
  retentionDays?: number | undefined;
  /** Further fields of the Regulations are stored as given. */
  [field: string]: unknown;
}

/** The text of a version that is not approved yet: on a lawful bus it may lack everything but `id` and `name`. */
export type EntryDraft = Pick<EntryDocument, 'id' | 'name'> & Partial<EntryDocument>;

/** An item of a published version with its permanent number. */
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
  /** name → number of each item that any version had. A number is never reused. */
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
