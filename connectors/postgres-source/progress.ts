import { join } from 'node:path';
import { StateFile } from '../runtime/state-file.js';

/** Progress of the snapshot of one table. `lastKey`: key columns of the last row that the bus has. */
export interface SnapshotProgress {
  id: string;
  lastKey: string[] | undefined;
  isDone: boolean;
  validFrom?: SnapshotOrigin['validFrom'];
  origin?: SnapshotOrigin['origin'];
  filterable?: SnapshotOrigin['filterable'];
}

/** Absent in files of earlier versions. */
export interface SnapshotOrigin {
  /** Changes of the table from before this LSN are covered by the snapshot and are skipped. Once the snapshot has begun: the LSN of its begin. */
  validFrom: string;
  /** `TableMapping.originOf` when the snapshot began. */
  origin: string;
  /** Items of the entry whose previous values its events carry. Also absent in files of the release before this one. */
  filterable: string;
}

/** Progress of a source, stored in its state file. */
export interface Progress {
  /** The server, and its timeline, that the slot belongs to. */
  systemId: string;
  timeline: number;
  slot: string;
  /** `sourceepoch` of all events: another slot is another epoch, with positions of its own. */
  epoch: string;
  /** Never behind what was confirmed to the slot: a slot that is further was moved, or created, by somebody else. */
  confirmedLsn: string;
  snapshots: Record<string, SnapshotProgress>;
}

export const progressFile = (stateFolder: string, name: string): StateFile<Progress> =>
  new StateFile<Progress>(join(stateFolder, `${name}.postgres-source.json`));
