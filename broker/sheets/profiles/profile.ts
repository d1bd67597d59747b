/** Words or numbers with their values, in the order of the profile: the first word of a value is what an export writes. */
export type WordMap = readonly (readonly [word: string, value: string | boolean])[];

/** Meaning of a column of a sheet. */
export interface Column {
  /** `name.zh`, `conditions.range`, `profile.system`; of an item `title.zh`, `type`, and so on. */
  field: string;
  /** A row without the field is a problem. */
  required?: boolean;
  map?: WordMap;
  /** A cell that begins with one of these words is refused. */
  refuse?: string[];
  else?: 'pinyin';
  /** Words that are read and name no value. */
  ignore?: string[];
  /** Several columns that are joined by `/` make the field. */
  joined?: boolean;
  /** For `provider`: the member that names the party. */
  as?: 'name' | 'creditCode';
  /** Field of the column where the entry is not shared. */
  ifNotShared?: string;
  /** Written by the export, not read by the import. */
  written?: boolean;
}

export interface SheetLayout {
  sheet?: string;
  headerRows: number;
  /** Rows above the header; undefined: the header is the first row that has the column of the key. */
  skipRows?: number;
}

export interface TableProfile {
  profile: string;
  entries: SheetLayout & { key: string; id: { from: string } };
  /** `join` is `same-sheet`, or the column that holds the key of the entry. */
  items: SheetLayout & { join: string };
  columns: Record<string, Column>;
  itemColumns: Record<string, Column>;
  /** Columns that an export on one sheet writes first, in this order; the others follow. */
  order?: string[];
}

export const SAME_SHEET = 'same-sheet';
export const DCAT_AP = 'dcat-ap';

export const isSameSheet = ({ items }: TableProfile): boolean => items.join === SAME_SHEET;

/** Fields of an entry that are lists, and how a cell with one is split. */
export const LIST_FIELDS: ReadonlySet<string> = new Set(['format', 'sharingModes', 'relatedCodes']);

/** Columns of a profile by field, in its order; `written` ones are not read. */
export function columnsOf(columns: Record<string, Column>, field: string): [string, Column][] {
  return Object.entries(columns).filter(([, column]) => column.field === field || column.ifNotShared === field);
}
