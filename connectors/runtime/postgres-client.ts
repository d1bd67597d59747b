import pg from 'pg';
import { PeerGoneError } from './connector-errors.js';

/** Values stay strings as PostgreSQL writes them; the mapping, which knows the type of the item, interprets them. */
const AS_TEXT = { getTypeParser: () => (text: string | Buffer) => String(text) } as unknown as pg.CustomTypesConfig;
/** Makes replication and plain sessions format values alike, whatever the defaults of the server are. */
const SESSION_OPTIONS =
  '-c datestyle=ISO -c intervalstyle=postgres -c timezone=UTC -c extra_float_digits=1 -c bytea_output=hex';
const CONNECT_TIMEOUT_MS = 10_000;
/** SQLSTATE at a log-in: the database takes no connections, as during maintenance. Of a statement it means something else. */
const CLOSED_FOR_NOW = '55000';
/** Longer than any statement of a connector takes. It detects a server that vanished without closing. */
const QUERY_TIMEOUT_MS = 120_000;

export interface PostgresClientOptions {
  url: string;
  applicationName: string;
  replication?: boolean;
  /** Commits of this session are on disk when they are answered, whatever `synchronous_commit` of the database is. */
  flushesCommits?: boolean;
}

/** Opens a connection whose values are strings. Throws PeerGoneError when the server is unreachable or starting. */
export async function connectPostgres(options: PostgresClientOptions): Promise<pg.Client> {
  const client = new pg.Client({
    connectionString: options.url,
    application_name: options.applicationName,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    keepAlive: true,
    types: AS_TEXT,
    options: options.flushesCommits ? `${SESSION_OPTIONS} -c synchronous_commit=local` : SESSION_OPTIONS,
    // A replication stream is one query that never ends.
    ...(options.replication ? { replication: 'database' } : { query_timeout: QUERY_TIMEOUT_MS }),
  } as pg.ClientConfig);
  // An idle connection that breaks reports it here; the next statement fails and is handled then.
  client.on('error', () => undefined);
  try {
    await client.connect();
  } catch (error) {
    await client.end().catch(() => undefined);
    if (sqlState(error) === CLOSED_FOR_NOW)
      throw new PeerGoneError('PostgreSQL takes no connections', { cause: error });
    throw toPeerGone(error);
  }
  return client;
}

/** SQLSTATE of an error that the server sent. */
export const sqlState = (error: unknown): string | undefined =>
  error instanceof pg.DatabaseError ? error.code : undefined;

/**
 * SQLSTATEs that pass: 08 connection, 57P01–57P03 stopping and starting, 57P05 and 25P03 idle timeouts, 57014 and 25P04 statement and
 * transaction timeout, 25006 read-only after a failover, 53 out of resources, 55006 in use, 55P03 lock timeout, 40 serialization
 * conflicts, 58030 I/O error. 57P04 is not among them: the database was dropped.
 */
const TRANSIENT_STATE = /^(?:08|57P0[1235]|57014|25P0[34]|25006|53|40|55006|55P03|58030)/;

/** True for a condition that ends by itself: a lost connection, a server that stops or starts, a conflict. */
function isTransient(error: unknown): boolean {
  const state = sqlState(error);
  if (state !== undefined) return TRANSIENT_STATE.test(state);
  const { code, message = '' } = error as NodeJS.ErrnoException;
  return code !== undefined
    ? /^E[A-Z]+$/.test(code)
    : /connection|timeout|terminated|not queryable|ended/i.test(message);
}

/** Turns a transient error into PeerGoneError. Its message has the SQLSTATE only, since the server's text may hold values. */
export function toPeerGone(error: unknown): unknown {
  if (!isTransient(error)) return error;
  const reason = sqlState(error) ?? (error as NodeJS.ErrnoException).code ?? 'connection lost';
  return new PeerGoneError(`PostgreSQL cannot be reached: ${reason}`, { cause: error });
}

/** A log-in that is refused for good, as for a wrong password or a database that is gone; other errors stay as they are. */
export function withLoginReason(error: unknown, Unfit: new (message: string, options: ErrorOptions) => Error): unknown {
  const state = sqlState(error);
  if (state === undefined) return error;
  return new Unfit(`PostgreSQL refuses the connection: SQLSTATE ${state}`, { cause: error });
}

export const quoteIdentifier = (name: string): string => pg.escapeIdentifier(name);

/** `schema.table`, each part quoted. */
export const quoteTable = ({ schema, table }: { schema: string; table: string }): string =>
  `${quoteIdentifier(schema)}.${quoteIdentifier(table)}`;
