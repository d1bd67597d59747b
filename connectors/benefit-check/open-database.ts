import { join } from 'node:path';
import type { BenefitCheckConfig } from './config.js';
import type { Database } from './store/database.js';
import { EmbeddedDatabase } from './store/embedded-database.js';
import { ServerDatabase } from './store/server-database.js';

export interface DatabasePlace {
  name: string;
  stateFolder: string;
}

/** The database that a configuration means: a server by its URL, or one inside this process in the connector's state folder. */
export async function openDatabase(config: BenefitCheckConfig, place: DatabasePlace): Promise<Database> {
  const { database, schema } = config;
  if (database === undefined) return EmbeddedDatabase.open(join(place.stateFolder, `${place.name}-database`));
  return new ServerDatabase(database, `sluice benefit-check ${schema}`, `sluice ${place.name}`);
}
