import { resolve } from 'node:path';
import type { Ledger } from '../ledger/ledger.js';
import type { FileReader } from './files/file-reader.js';
import { projectedFiles } from './projection/projected-files.js';
import { Projection } from './projection/projection.js';

export interface OpenProcedureDeps {
  /** Data folder of the broker. */
  dataDir: string;
  ledger: Ledger;
  /** Time of the bus, in milliseconds since 1970. */
  clock(): number;
  warn(message: string, error?: unknown): void;
}

/** Rooms of the lawful procedure, which only a registered bus has. */
export interface Procedure {
  files: FileReader;
  close(): Promise<void>;
}

/** Opens the files of a registered bus, read up to the record that the ledger has now. */
export async function openProcedure({ dataDir, ledger, clock, warn }: OpenProcedureDeps): Promise<Procedure> {
  const projection = new Projection({ ledger, folder: resolve(dataDir, 'projection'), warn });
  await projection.untilCaughtUp();
  return { files: projectedFiles(projection, clock), close: () => projection.close() };
}
