import { join } from 'node:path';
import { StateFile } from '../runtime/state-file.js';

/** Of one table. `lastKey`: texts of the key of the last row that the bus has. */
export interface SnapshotProgress {
  id: string;
  lastKey: string[] | undefined;
  isDone: boolean;
}

/** What a source knows of itself after a crash. */
export interface Progress {
  /** The server and the life of its log that the slot belongs to. */
  systemId: string;
  timeline: number;
  slot: string;
  /** Names this slot in all events: another slot is another epoch, with positions of its own. */
  epoch: string;
  /** Never behind what the slot was told: a slot that is further was moved, or made, by somebody else. */
  confirmedLsn: string;
  snapshots: Record<string, SnapshotProgress>;
}

export const progressFile = (stateFolder: string, name: string): StateFile<Progress> =>
  new StateFile<Progress>(join(stateFolder, `${name}.postgres-source.json`));
