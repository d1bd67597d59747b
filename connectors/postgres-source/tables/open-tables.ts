import type pg from 'pg';
import { publishedEntry } from '../../runtime/catalog-entry.js';
import type { ConnectorContext } from '../../runtime/connector-context.js';
import { PeerGoneError, SourceUnfitError } from '../../runtime/connector-errors.js';
import type { PostgresSourceConfig } from '../config.js';
import { type PublishedTable, preparePublication, withdrawTables } from './publication.js';
import { readTableFacts } from './table-facts.js';
import { TableMapping } from './table-mapping.js';
import { endangersUpdates } from './table-problems.js';

/**
 * Checks the server and all tables, and only then makes something at the source: the publication. Throws SourceUnfitError that
 * lists every problem of every table.
 */
export async function openTables(client: pg.Client, config: PostgresSourceConfig, context: ConnectorContext) {
  const serverVersion = await checkServer(client);
  const request = { name: config.publication, connector: context.name, serverVersion };
  const tables: PublishedTable[] = [];
  for (const table of config.tables) tables.push({ config: table, facts: await readTableFacts(client, table) });
  const mappings: TableMapping[] = [];
  const problems: string[] = [];
  for (const { config: table, facts } of tables) {
    const entry = await publishedEntry(context.bus, table.entry);
    try {
      mappings.push(TableMapping.create(table, entry, facts, serverVersion));
    } catch (error) {
      if (!(error instanceof SourceUnfitError)) throw error;
      problems.push(error.message);
    }
  }
  if (problems.length > 0) {
    await withdrawTables(client, { ...request, tables: tables.filter(({ facts }) => endangersUpdates(facts)) });
    throw new SourceUnfitError(problems.join('\n'));
  }
  const { memberships, isNew } = await preparePublication(client, { ...request, tables });
  return { mappings, memberships, isNewPublication: isNew };
}

/** Resolves with `server_version_num`. */
async function checkServer(client: pg.Client): Promise<number> {
  const { rows } = await client.query<Record<string, string>>(
    `SELECT current_setting('server_version_num') AS version, current_setting('wal_level') AS wal, pg_is_in_recovery() AS recovery`,
  );
  const { version, wal, recovery } = rows[0]!;
  if (recovery === 't')
    throw new PeerGoneError('the server is in recovery: a standby, or a failover that is not complete');
  if (wal !== 'logical')
    throw new SourceUnfitError(`wal_level of the server is ${wal}: set it to logical and restart the server`);
  return Number(version);
}

const WRITERS_POLL_MS = 100;
const WRITERS_POLLS_MAX = 300;

/**
 * Waits for the transactions that are writing to a table now. What they wrote before the table was published is not in the stream, and
 * a snapshot must not begin before they end; nor must one continue, which may miss what the stream has returned of them. Throws PeerGoneError when they take too long.
 */
export async function waitForWriters(client: pg.Client, oid: string): Promise<void> {
  let writers = await writersOf(client, oid);
  for (let poll = 0; writers.size > 0; poll++) {
    if (poll === WRITERS_POLLS_MAX)
      throw new PeerGoneError('waiting for transactions that write to a table whose snapshot begins or continues');
    await new Promise((resolve) => setTimeout(resolve, WRITERS_POLL_MS));
    const now = await writersOf(client, oid);
    writers = new Set([...writers].filter((one) => now.has(one)));
  }
}

/** A prepared transaction holds its locks without a process. */
async function writersOf(client: pg.Client, oid: string): Promise<Set<string>> {
  const { rows } = await client.query<{ one: string }>(
    `SELECT DISTINCT virtualtransaction AS one FROM pg_locks
     WHERE locktype = 'relation' AND relation = $1 AND granted AND pid IS DISTINCT FROM pg_backend_pid()
       AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
       AND mode IN ('RowExclusiveLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock')`,
    [oid],
  );
  return new Set(rows.map(({ one }) => one));
}
