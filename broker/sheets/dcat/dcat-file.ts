import type { Fault, Reading } from '../rows/sheet-entry.js';

/** Statement of a dataset about a field: the property of the report, and what it says. */
export interface DcatField {
  column: string;
  reading: Reading;
}

export interface DcatItem {
  /** Name that the file states, or a title that is a valid name. */
  stated?: string;
  /** Whether `csvw:name` states it. */
  isNamed: boolean;
  /** Chinese title, by which an item without a name is found. */
  title?: string;
  /** Name that is made from the title, before it gets a number. */
  made?: string;
  /** By field: `title`, `type`, `required`, `identifier`. */
  fields: Record<string, Reading>;
  /** Fields that `sluice:<field>` states, as JSON. */
  own: Record<string, unknown>;
}

/** A dataset as it stands, before the catalog is asked. */
export interface DcatEntry {
  /** Place of the dataset in the file, from 1. */
  row: number;
  lastRow: number;
  /** The identifier as it stands; undefined where there is none. */
  id?: string;
  /** By field, those alone whose properties stand. */
  fields: Record<string, DcatField>;
  own: Record<string, unknown>;
  /** Undefined where no distribution has a `csvw:column`. */
  items?: DcatItem[];
  faults: Fault[];
}

export interface DcatFile {
  entries: DcatEntry[];
  /** Place of the first dataset beyond the bound: nothing of the file counts. */
  beyond?: { row: number; onItems: boolean };
  loose: Fault[];
}
