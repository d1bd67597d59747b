import { join } from 'node:path';
import type { BenefitCheckConfig } from './config.js';
import type { Database } from './store/database.js';
import { EmbeddedDatabase } from './store/embedded-database.js';
import { ServerDatabase } from './store/server-database.js';

export interface DatabaseLocation {
  name: string;
  stateFolder: string;
}

export const embeddedFolder = ({ name, stateFolder }: DatabaseLocation): string =>
  join(stateFolder, `${name}-database`);

/** Opens the configured server, or PGlite inside this process on a folder beside the connector's other state. */
export async function openDatabase(
  { database, schema }: BenefitCheckConfig,
  location: DatabaseLocation,
  access: 'exclusive' | 'read' = 'exclusive',
): Promise<Database> {
  if (database === undefined) return EmbeddedDatabase.open(embeddedFolder(location));
  const lockName = access === 'exclusive' ? `sluice benefit-check ${schema}` : undefined;
  return new ServerDatabase(database, lockName, `sluice ${location.name}`);
}
