import type { DcatFile } from '../dcat/dcat-file.js';
import type { FileReading } from './read-sheet-file.js';
import type { Fault, SheetHead } from './sheet-entry.js';

/** Messages between the broker and the thread that reads a file of a catalog. */
export type FileRequest =
  | {
      kind: 'read';
      reading: Omit<FileReading, 'bytes'> & { bytes: Uint8Array | { descriptor: number; bytes: number } };
    }
  | { kind: 'next' };

/** A file without its lines and entries. */
export type FileHead = SheetHead | Omit<DcatFile, 'entries' | 'loose'>;

/** The file first, then its lines and entries in pieces that are asked for one by one. */
export type FileAnswer =
  | { kind: 'file'; file: FileHead }
  | { kind: 'loose'; loose: Fault[] }
  /** Deflated JSON of entries. */
  | { kind: 'entries'; bytes: Uint8Array }
  | { kind: 'done' }
  | { kind: 'unusable'; message: string };
