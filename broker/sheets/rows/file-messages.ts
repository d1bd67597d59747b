import type { DcatEntry, DcatFile } from '../dcat/dcat-file.js';
import type { FileReading } from './read-sheet-file.js';
import type { SheetEntry, SheetFile } from './sheet-entry.js';

/** Messages between the broker and the thread that reads a file of a catalog. */
export type FileRequest =
  | {
      kind: 'read';
      reading: Omit<FileReading, 'bytes'> & { bytes: Uint8Array | { descriptor: number; bytes: number } };
    }
  | { kind: 'next' };

/** The file first, its entries in pieces that are asked for one by one. */
export type FileAnswer =
  | { kind: 'file'; file: SheetFile | DcatFile }
  | { kind: 'entries'; entries: SheetEntry[] | DcatEntry[] }
  | { kind: 'done' }
  | { kind: 'unusable'; message: string };
