import { join } from 'node:path';
import { StateFile } from '../runtime/state-file.js';

/** The file that is being written. */
export interface OpenPart {
  /** Position of its first event; part of its name. */
  first: number;
  /** What of it counts: a crash may have left more. */
  bytes: number;
  sinceMs: number;
}

export interface Progress {
  log: string;
  /** The last event written. */
  position: number;
  part: OpenPart | undefined;
}

/** Beside the files themselves, so that both are moved, or lost, together. */
export const progressFile = (folder: string, name: string): StateFile<Progress> =>
  new StateFile<Progress>(join(folder, `.${name}.progress.json`));
