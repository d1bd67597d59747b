import type { ModelFile } from '../../model/files.js';

export interface Difference {
  what: string;
  model: unknown;
  bus: unknown;
}

/** Differences about one file, or about none that the model has. */
export interface FoundInList {
  file: ModelFile | undefined;
  found: Difference[];
}
