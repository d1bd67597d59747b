import { mkdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'libsql';
import { SCHEMA, SCHEMA_VERSION } from './schema.js';

export type Row = Record<string, unknown>;

/** One process needs one file; more than there can be workers on a machine. */
const FILES_MAX = 128;
/** Pages that SQLite keeps in memory, in KiB. */
const CACHE_KIB = 24 * 1024;
/** Pages in the log of SQLite after which a commit copies them, and all questions wait for the disk: 4 MiB, some milliseconds (docs/decisions/0240). */
const LOG_PAGES_MAX = 1_000;
/** The same while many records are taken at once, which write the same pages again and again: 32 MiB. */
const LOG_PAGES_CATCHING_UP_MAX = 8_192;
/** Larger files are not read through at the start; a fault in them shows when it is met. */
const CHECKED_BYTES_MAX = 128 * 1024 * 1024;

const IN_USE = /SQLITE_(?:BUSY|LOCKED)|database is locked/;
const DAMAGED = /SQLITE_(?:CORRUPT|NOTADB|IOERR_SHORT_READ)|malformed|not a database|disk image/;

const text = (error: unknown): string => `${(error as { code?: unknown })?.code ?? ''} ${(error as Error)?.message}`;

/** Whether SQLite refused because the file is not what it wrote. */
export const isDamage = (error: unknown): boolean => DAMAGED.test(text(error));

/** The SQLite file of this process, under an exclusive lock, with each statement compiled once. */
export class ProjectionDatabase {
  readonly #statements = new Map<string, Database.Statement<unknown[]>>();
  #isCatchingUp = false;

  private constructor(
    readonly path: string,
    readonly db: Database.Database,
  ) {}

  /** Opens the first file of the folder that no other process has open, and makes it anew where it is of no use. */
  static open(folder: string): ProjectionDatabase {
    mkdirSync(folder, { recursive: true });
    for (let number = 1; number <= FILES_MAX; number++) {
      const opened = ProjectionDatabase.#tryOpen(join(folder, `files-${number}.db`));
      if (opened) return opened;
    }
    throw new Error(`all ${FILES_MAX} files of ${folder} are in use`);
  }

  /** Undefined when another process has the file open. */
  static #tryOpen(path: string): ProjectionDatabase | undefined {
    for (const attempt of [1, 2]) {
      let db: Database.Database | undefined;
      try {
        db = new Database(path);
        if (prepare(db, path)) return new ProjectionDatabase(path, db);
      } catch (error) {
        if (IN_USE.test(text(error))) {
          db?.close();
          return undefined;
        }
        if (attempt === 2) throw error;
      }
      db?.close();
      remove(path);
    }
    throw new Error(`${path} cannot be made`);
  }

  /** An empty one at the same path. */
  remade(): ProjectionDatabase {
    this.close();
    remove(this.path);
    const { path } = this;
    const fresh = ProjectionDatabase.#tryOpen(path);
    if (!fresh) throw new Error(`${path} is in use`);
    return fresh;
  }

  /** Returns the number of rows that changed. */
  run(sql: string, ...values: unknown[]): number {
    return this.#statement(sql).run(values).changes;
  }

  get(sql: string, ...values: unknown[]): Row | undefined {
    return this.#statement(sql).get(values) as Row | undefined;
  }

  all(sql: string, ...values: unknown[]): Row[] {
    return this.#statement(sql).all(values) as Row[];
  }

  /** All that `work` writes, or nothing. One that is `large` is part of catching up, when nobody waits for an answer. */
  transaction(work: () => void, isLarge = false): void {
    this.#setCatchingUp(isLarge);
    this.db.exec('BEGIN');
    try {
      work();
      this.db.exec('COMMIT');
    } catch (error) {
      if (this.db.inTransaction) this.db.exec('ROLLBACK');
      throw error;
    }
  }

  close(): void {
    this.#statements.clear();
    this.db.close();
  }

  #setCatchingUp(isCatchingUp: boolean): void {
    if (this.#isCatchingUp === isCatchingUp) return;
    this.#isCatchingUp = isCatchingUp;
    this.db.pragma(`wal_autocheckpoint = ${isCatchingUp ? LOG_PAGES_CATCHING_UP_MAX : LOG_PAGES_MAX}`);
  }

  #statement(sql: string): Database.Statement<unknown[]> {
    let statement = this.#statements.get(sql);
    if (!statement) {
      statement = this.db.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }
}

/** Takes the lock and makes the tables of an empty file; false when the file is another version's, or damaged. */
function prepare(db: Database.Database, path: string): boolean {
  // A crash of the process loses nothing then, a power cut at most the newest records, which are read again.
  for (const pragma of ['locking_mode = EXCLUSIVE', 'journal_mode = WAL', 'synchronous = NORMAL']) db.pragma(pragma);
  db.pragma(`cache_size = -${CACHE_KIB}`);
  db.pragma(`wal_autocheckpoint = ${LOG_PAGES_MAX}`);
  db.exec('BEGIN IMMEDIATE');
  db.exec('COMMIT');
  const [{ user_version: version }] = db.pragma('user_version') as [{ user_version: number }];
  const [{ count }] = db.prepare('SELECT count(*) AS count FROM sqlite_schema').all() as [{ count: number }];
  if (count > 0) return version === SCHEMA_VERSION && isWhole(db, path);
  db.exec(`BEGIN; ${SCHEMA} PRAGMA user_version = ${SCHEMA_VERSION}; COMMIT`);
  return true;
}

function isWhole(db: Database.Database, path: string): boolean {
  if (statSync(path).size > CHECKED_BYTES_MAX) return true;
  const [row] = db.prepare('PRAGMA quick_check(1)').all() as Row[];
  return Object.values(row ?? {})[0] === 'ok';
}

function remove(path: string): void {
  for (const ending of ['', '-wal', '-shm', '-journal']) rmSync(path + ending, { force: true });
}
