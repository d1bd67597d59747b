import { join } from 'node:path';
import { RecordIndex } from '../runtime/source/records/record-index.js';
import { StateFile } from '../runtime/state-file.js';

/** Distinguishes two files of the same name. */
export interface FileVersion {
  size: number;
  modifiedMs: number;
}

export interface Progress {
  /** Random, created at the first start: a source that has lost its state starts another epoch. */
  epoch: string;
  /** Number of the last drop whose events are all confirmed. */
  drop: number;
  /** Processed files by name. */
  done: Record<string, FileVersion>;
}

/** The files in which a file source keeps its state. */
export function progressFile(stateFolder: string, name: string) {
  const at = (what: string): string => join(stateFolder, `${name}.file-source.${what}`);
  return {
    file: new StateFile<Progress>(at('json')),
    held: new RecordIndex(at('held.ndjson')),
    /** Copy of the drop that is being published, which later changes in the folder do not touch. */
    workCopy: at('work'),
    /** Origin of the copy. */
    work: new StateFile<{ name: string; mark: FileVersion; drop: number }>(at('work.json')),
  };
}
