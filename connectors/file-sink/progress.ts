import { join } from 'node:path';
import { StateFile } from '../runtime/state-file.js';

/** The file that is being appended to. */
export interface OpenPart {
  /** Position of its first event, which is part of its name. */
  first: number;
  /** Valid length; a crash may have left more bytes behind it. */
  bytes: number;
  sinceMs: number;
}

export interface Progress {
  log: string;
  /** The last event written. */
  position: number;
  part: OpenPart | undefined;
}

/** Stored beside the files themselves, so that both are moved or lost together. */
export const progressFile = (folder: string, name: string): StateFile<Progress> =>
  new StateFile<Progress>(join(folder, `.${name}.progress.json`));
