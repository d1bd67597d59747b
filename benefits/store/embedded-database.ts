import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { PGlite } from '@electric-sql/pglite';
import { SerialQueue } from '../../proto/async/serial-queue.js';
import type { Database, Row, Sql } from './database.js';

/** PGlite would parse these types: bool, bigint, integer, json, jsonb, by their type ids. */
const VALUES_AS_STRINGS = Object.fromEntries([16, 20, 23, 114, 3802].map((type) => [type, (text: string) => text]));
const IN_MEMORY = 'memory://';

/**
 * PGlite: PostgreSQL inside this process, on a folder of its own or in memory. It survives the end of the process at any moment. It
 * does not sync its files, so it does not promise to survive a power cut. One process at a time may open a folder.
 */
export class EmbeddedDatabase implements Database {
  readonly #queue = new SerialQueue();

  private constructor(private readonly engine: PGlite) {}

  static async open(folder: string | undefined): Promise<EmbeddedDatabase> {
    // Loaded on use: the module is large, and most processes have no embedded database.
    const { PGlite } = await import('@electric-sql/pglite');
    if (folder !== undefined && !existsSync(folder)) await createFolder(folder, (path) => PGlite.create(path));
    return new EmbeddedDatabase(await PGlite.create(folder ?? IN_MEMORY));
  }

  transaction<T>(work: (sql: Sql) => Promise<T>): Promise<T> {
    return this.#queue.run(() =>
      this.engine.transaction((transaction) =>
        work({
          query: async (text, values = []) =>
            (await transaction.query<Row>(text, [...values], { parsers: VALUES_AS_STRINGS })).rows,
        }),
      ),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#queue.idle();
    await this.engine.close();
  }
}

/** Creates the files beside the folder and renames them: a process that ends meanwhile leaves no half database. */
async function createFolder(folder: string, create: (path: string) => Promise<PGlite>): Promise<void> {
  const unfinished = `${folder}.new`;
  await rm(unfinished, { recursive: true, force: true });
  await mkdir(dirname(folder), { recursive: true });
  await (await create(unfinished)).close();
  await rename(unfinished, folder);
}
