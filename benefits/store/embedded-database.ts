import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { PGlite } from '@electric-sql/pglite';
import type { Database, Row, Sql } from './database.js';
import { SerialQueue } from './serial-queue.js';

/** Object ids of the types that the tables have: bool, bigint, integer, json, jsonb. Texts are texts anyway. */
const AS_TEXT = Object.fromEntries([16, 20, 23, 114, 3802].map((type) => [type, (text: string) => text]));
const IN_MEMORY = 'memory://';

/**
 * PostgreSQL inside this process, in a folder of its own or in memory. It survives the end of the process at any moment; it does not
 * wait for the disk, so it does not promise to survive a power cut. One process at a time may open a folder.
 */
export class EmbeddedDatabase implements Database {
  readonly #turns = new SerialQueue();

  private constructor(private readonly engine: PGlite) {}

  static async open(folder: string | undefined): Promise<EmbeddedDatabase> {
    // A large module: loaded by those who use it.
    const { PGlite } = await import('@electric-sql/pglite');
    if (folder !== undefined && !existsSync(folder)) await make(folder, (path) => PGlite.create(path));
    return new EmbeddedDatabase(await PGlite.create(folder ?? IN_MEMORY));
  }

  transaction<T>(work: (sql: Sql) => Promise<T>): Promise<T> {
    return this.#turns.take(() =>
      this.engine.transaction((transaction) =>
        work({
          query: async (text, values = []) =>
            (await transaction.query<Row>(text, [...values], { parsers: AS_TEXT })).rows,
        }),
      ),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#turns.ended();
    await this.engine.close();
  }
}

/** Made beside its place and then put there: a process that ends meanwhile leaves no half of a database. */
async function make(folder: string, create: (path: string) => Promise<PGlite>): Promise<void> {
  const unfinished = `${folder}.new`;
  await rm(unfinished, { recursive: true, force: true });
  await mkdir(dirname(folder), { recursive: true });
  await (await create(unfinished)).close();
  await rename(unfinished, folder);
}
