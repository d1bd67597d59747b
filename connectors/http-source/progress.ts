import { join } from 'node:path';
import type { SourceEvent } from '../../proto/event/event.js';
import { type IndexedChange, RecordIndex } from '../runtime/source/records/record-index.js';
import { StateFile } from '../runtime/state-file.js';

export interface Progress {
  /** Random, created at the first start: a source that has lost its state starts another epoch. */
  epoch: string;
  /** Number of the last page that gave events or moved the cursor. */
  page: number;
  /** Cursor behind the last page; undefined before the first one. */
  cursor?: string | undefined;
  /** The snapshot at the beginning of the epoch has not ended. Absent in the state of an earlier release. */
  isSnapshot?: boolean | undefined;
  /** Digest of the settings, and of the filterable items, that decide what is published of a record. Absent in the state of an earlier release. */
  settings?: string | undefined;
  /** Published records, by which a lost index is noticed. Absent in the state of an earlier release. */
  records?: number | undefined;
  /**
   * Events of that page while they are not all confirmed, and the changes that they make to the index. They are stored because the
   * service may answer the same request differently later, while events of the same positions must never differ.
   */
  pending?: { events: SourceEvent[]; held: IndexedChange[] } | undefined;
}

export const isProgress = ({ epoch, page }: Progress): boolean =>
  typeof epoch === 'string' && Number.isSafeInteger(page);

export function progressFile(stateFolder: string, name: string) {
  const at = (what: string): string => join(stateFolder, `${name}.http-source.${what}`);
  return { file: new StateFile<Progress>(at('json')), held: new RecordIndex(at('held.ndjson')) };
}
