import { join } from 'node:path';
import type { SourceEvent } from '../../proto/event/event.js';
import { type IndexedChange, RecordIndex } from '../runtime/source/record-index.js';
import { StateFile } from '../runtime/state-file.js';

export interface Progress {
  /** Made at the first start: a source that has forgotten everything counts anew. */
  epoch: string;
  /** Number of the last page that was asked for and gave events. */
  page: number;
  /** After the last page; undefined at the very beginning. */
  cursor: string | undefined;
  /**
   * Events of that page while the bus may not have all of them, and what is held when it has. They are kept because the service would answer the same question
   * otherwise after a while, and what was told once must be told again exactly so.
   */
  pending: { events: SourceEvent[]; held: IndexedChange[] } | undefined;
}

export function progressFile(stateFolder: string, name: string) {
  const at = (what: string): string => join(stateFolder, `${name}.http-source.${what}`);
  return { file: new StateFile<Progress>(at('json')), held: new RecordIndex(at('held.ndjson')) };
}
