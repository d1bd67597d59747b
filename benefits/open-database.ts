import { join } from 'node:path';
import type { BenefitCheckConfig } from './config.js';
import type { Database } from './store/database.js';
import { EmbeddedDatabase } from './store/embedded-database.js';
import { ServerDatabase } from './store/server-database.js';

export interface DatabasePlace {
  name: string;
  stateFolder: string;
}

export const embeddedFolder = ({ name, stateFolder }: DatabasePlace): string => join(stateFolder, `${name}-database`);

/** The database that a configuration means: a server by its URL, or one inside this process in the connector's state folder. */
export async function openDatabase(
  { database, schema }: BenefitCheckConfig,
  place: DatabasePlace,
  purpose: 'to work' | 'to ask' = 'to work',
): Promise<Database> {
  if (database === undefined) return EmbeddedDatabase.open(embeddedFolder(place));
  const lockName = purpose === 'to work' ? `sluice benefit-check ${schema}` : undefined;
  return new ServerDatabase(database, lockName, `sluice ${place.name}`);
}
