import { existsSync } from 'node:fs';
import { SinkUnfitError } from '../../connectors/runtime/connector-errors.js';
import type { BenefitCheckConfig } from '../config.js';
import { systemClock } from '../day-clock.js';
import { type DatabaseLocation, embeddedFolder, openDatabase } from '../open-database.js';
import { casesAt, isCaseServerOpen } from './case-client.js';
import { CaseServer } from './case-server.js';
import { type Cases, casesIn } from './cases.js';
import { socketPath } from './socket-path.js';

/** Asks the check if it runs on this machine, else its database, which is closed afterwards. */
export async function withCases<Answer>(
  config: BenefitCheckConfig,
  location: DatabaseLocation,
  ask: (cases: Cases) => Promise<Answer>,
): Promise<Answer> {
  const path = socketPath(location);
  if (await isCaseServerOpen(path)) return ask(casesAt(path));
  if (config.database === undefined && !existsSync(embeddedFolder(location))) {
    throw new SinkUnfitError(`connector ${location.name} has never run here: there is no ${embeddedFolder(location)}`);
  }
  const clock = systemClock(config.timeZone);
  if (config.database !== undefined) {
    await using database = await openDatabase(config, location, 'read');
    return await ask(casesIn(database, config, clock.today));
  }
  await using _lock = await CaseServer.open(path, location.name);
  await using database = await openDatabase(config, location, 'read');
  return await ask(casesIn(database, config, clock.today));
}
