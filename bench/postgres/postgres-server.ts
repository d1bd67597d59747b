import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chown, rename, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { usablePrograms } from './postgres-programs.js';

const run = promisify(execFile);
/** PostgreSQL refuses to run as root; the user id of nobody exists everywhere and owns nothing. */
const UNPRIVILEGED = { uid: 65_534, gid: 65_534 };
const START_MS_MAX = 30_000;
const POLL_MS = 20;
const OUTPUT_CHARS_MAX = 4_000;

export type Query = <Row extends pg.QueryResultRow = pg.QueryResultRow>(
  sql: string,
  values?: unknown[],
) => Promise<Row[]>;

/**
 * A PostgreSQL server of its own with logical replication, on a free port, with its data below a folder of the caller.
 */
export class PostgresServer {
  readonly url: string;
  readonly query: Query;
  #child: ChildProcess | undefined;
  #output = '';

  private constructor(
    private readonly program: string,
    private readonly args: string[],
    private readonly options: { uid?: number; gid?: number; cwd: string },
    port: number,
  ) {
    this.url = `postgres://postgres@127.0.0.1:${port}/postgres`;
    this.query = queryOf(this.url);
  }

  /**
   * Creates the data; `start` must be called after it. The folder must be empty and is removed by the caller. Data that lie
   * at `template` are copied, which costs a tenth; when there are none yet, those that are created are copied there.
   */
  static async create(
    folder: string,
    settings: Record<string, string> = {},
    template?: string,
  ): Promise<PostgresServer> {
    const isRoot = process.getuid?.() === 0;
    const options = { ...(isRoot && UNPRIVILEGED), cwd: folder };
    if (isRoot) await chown(folder, UNPRIVILEGED.uid, UNPRIVILEGED.gid);
    const programs = await usablePrograms(folder);
    const data = join(folder, 'data');
    if (!template || !(await copyTree(template, data, options))) {
      const initial = ['-D', data, '-U', 'postgres', '-A', 'trust', '--no-sync', '-E', 'UTF8', '--locale=C'];
      await run(programs.initdb, initial, options);
      if (template) await layTemplate(data, template, options);
    }
    await writeFile(join(data, 'postgresql.auto.conf'), serverSettings(settings));
    const port = await freePort();
    return new PostgresServer(programs.postgres, ['-D', data, '-p', String(port), '-k', ''], options, port);
  }

  get pid(): number {
    return this.#child?.pid as number;
  }

  /** Resolves when it answers; also after `kill`, on the same port and data. */
  async start(): Promise<void> {
    this.#spawn();
    const giveUpAt = Date.now() + START_MS_MAX;
    while (!(await this.#answers())) {
      if (Date.now() > giveUpAt) throw new Error(`PostgreSQL did not start at ${this.url}: ${this.#output}`);
      // After a crash the children of the previous server hold its shared memory for a moment.
      if (this.#child?.exitCode != null) this.#spawn();
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }

  /** Kills the postmaster as a crash does; its children notice at once and end too. */
  kill(): Promise<void> {
    return this.#end('SIGKILL');
  }

  stop(): Promise<void> {
    return this.#end('SIGQUIT');
  }

  #spawn(): void {
    const child = spawn(this.program, this.args, { ...this.options, stdio: ['ignore', 'ignore', 'pipe'] });
    child.stderr?.on('data', (chunk: Buffer) => {
      this.#output = (this.#output + chunk.toString()).slice(-OUTPUT_CHARS_MAX);
    });
    this.#child = child;
  }

  async #answers(): Promise<boolean> {
    try {
      await this.query('SELECT 1');
      return true;
    } catch {
      return false;
    }
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill(signal);
    await exited;
  }
}

/** Opens a connection for each call, so that a server may be restarted between two of them. */
export function queryOf(url: string): Query {
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

/** Copies a folder of the user that the server runs as; false when there is none. */
async function copyTree(from: string, to: string, options: { uid?: number; cwd: string }): Promise<boolean> {
  const owner = await stat(from).then(
    ({ uid }) => uid,
    () => undefined,
  );
  if (owner !== (options.uid ?? process.getuid?.())) return false;
  await run('cp', ['-a', from, to], options);
  return true;
}

async function layTemplate(data: string, template: string, options: { uid?: number; cwd: string }): Promise<void> {
  const unfinished = `${template}-${process.pid}`;
  await copyTree(data, unfinished, options);
  // Another process may have been faster.
  await rename(unfinished, template).catch(() => rm(unfinished, { recursive: true, force: true }));
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

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}
