import { join } from 'node:path';
import { RecordIndex } from '../runtime/source/records/record-index.js';
import { StateFile } from '../runtime/state-file.js';

/** Distinguishes two files of the same name. */
export interface FileVersion {
  size: number;
  modifiedMs: number;
}

/** A file and the settings with which it was refused: with other settings it is read again. */
export interface RefusedFile extends FileVersion {
  settings: string;
}

/** The file that was published last. With another mapping its records are others, so it is read again. */
export interface LastFile {
  name: string;
  /** Digest of the columns, their codes and offsets. */
  columns: string;
}

export interface Progress {
  /** Random, created at the first start: a source that has lost its state starts another epoch. */
  epoch: string;
  /**
   * Digest of entry, filterable items and key: with others the published records have no counterpart, or no previous values. Absent in
   * the state of an earlier release.
   */
  identity?: string | undefined;
  /** Number of the last drop whose events are all confirmed. */
  drop: number;
  /** Published files by name. */
  done: Record<string, FileVersion>;
  /** Absent before the first file, and in the state of an earlier release. */
  last?: LastFile | undefined;
  /** Files by name that were refused since the last published one. Absent in the state of an earlier release. */
  refused?: Record<string, RefusedFile> | undefined;
  /** Published records, by which a lost index is noticed. Absent in the state of an earlier release. */
  records?: number | undefined;
}

/** The drop that is being published. It is stored, so that a restart publishes the same copy under the same number. */
export interface Work {
  name: string;
  mark: FileVersion;
  drop: number;
  /** Absent in the state of an earlier release. */
  settings?: string | undefined;
}

export const isProgress = ({ epoch, drop, done }: Progress): boolean =>
  typeof epoch === 'string' && Number.isSafeInteger(drop) && typeof done === 'object' && done !== null;

export const isWork = ({ name, mark, drop }: Work): boolean =>
  typeof name === 'string' && typeof mark === 'object' && mark !== null && Number.isSafeInteger(drop);

/** The files in which a file source keeps its state. */
export function progressFile(stateFolder: string, name: string) {
  const at = (what: string): string => join(stateFolder, `${name}.file-source.${what}`);
  return {
    file: new StateFile<Progress>(at('json')),
    held: new RecordIndex(at('held.ndjson')),
    /** Copy of the drop that is being published, which later changes in the folder do not touch. */
    workCopy: at('work'),
    /** Origin of the copy. */
    work: new StateFile<Work>(at('work.json')),
  };
}
