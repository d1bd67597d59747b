import { Backoff } from '../connectors/runtime/backoff.js';
import type { ConnectorContext } from '../connectors/runtime/connector-context.js';
import { PeerGoneError } from '../connectors/runtime/connector-errors.js';
import { runBenefitCheck } from './benefit-check.js';
import { CaseServer } from './case-service/case-server.js';
import { casesIn } from './case-service/cases.js';
import { socketPath } from './case-service/socket-path.js';
import { CaseStore } from './cases/case-store.js';
import type { BenefitCheckConfig } from './config.js';
import { systemClock } from './day-clock.js';
import { openDatabase } from './open-database.js';
import type { Database } from './store/database.js';

/** Runs the check that a configuration describes until the signal is aborted. */
export async function runBenefitCheckConnector(
  config: BenefitCheckConfig,
  context: ConnectorContext,
  signal: AbortSignal,
): Promise<void> {
  const clock = systemClock(config.timeZone);
  await using caseServer = await CaseServer.open(socketPath(context), context.name);
  await using database = await openDatabase(config, context);
  const store = await openStore(database, config, { context, signal, today: clock.today });
  if (!store) return;
  caseServer.cases = casesIn(database, config, clock.today);
  await runBenefitCheck({ store, context, clock, cursor: config.cursor }, signal);
}

/** Opens the store, waiting for its database; undefined when the signal is aborted first. */
async function openStore(
  database: Database,
  { schema, rules }: BenefitCheckConfig,
  { context, signal, today }: { context: ConnectorContext; signal: AbortSignal; today: () => string },
): Promise<CaseStore | undefined> {
  const backoff = new Backoff(context.reconnect);
  while (!signal.aborted) {
    try {
      return await CaseStore.open(database, { schemaName: schema, rules, today });
    } catch (error) {
      if (!(error instanceof PeerGoneError)) throw error;
      context.metrics.waits('peer');
      context.log.warn(`waiting for the database: ${error.message}`);
      await backoff.wait(signal);
    }
  }
  return undefined;
}
