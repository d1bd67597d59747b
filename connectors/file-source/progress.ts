import { join } from 'node:path';
import { RecordIndex } from '../runtime/source/record-index.js';
import { StateFile } from '../runtime/state-file.js';

/** What tells two files of one name apart. */
export interface FileVersion {
  size: number;
  modifiedMs: number;
}

export interface Progress {
  /** Made at the first start: a source that has forgotten everything counts anew. */
  epoch: string;
  /** Number of the last drop that the bus has completely. */
  drop: number;
  /** Files that need no more reading, by name. */
  done: Record<string, FileVersion>;
}

/** The places where a file source keeps what it knows. */
export function progressFile(stateFolder: string, name: string) {
  const at = (what: string): string => join(stateFolder, `${name}.file-source.${what}`);
  return {
    file: new StateFile<Progress>(at('json')),
    held: new RecordIndex(at('held.ndjson')),
    /** The copy of the drop that is being told: what comes into the folder meanwhile does not disturb it. */
    workCopy: at('work'),
    /** Beside it, where it came from. */
    work: new StateFile<{ name: string; mark: FileVersion; drop: number }>(at('work.json')),
  };
}
