import { dueMoment, urgentMoment } from '../files/due-moment.js';
import type { FileState } from '../files/file.js';
import type { Kind } from '../files/kinds.js';
import type { ProjectionDatabase } from './database.js';

/** A file as its newest record has it. */
interface WrittenFile {
  /** Sequence of its first record. */
  n: number;
  kind: Kind;
  id: string;
  seq: number;
  state: FileState;
  document: unknown;
}

/** Files whose state is kept parsed: the acts of one file often follow each other. */
const KEPT_MAX = 2_000;

/**
 * Rows of the table `files`. A file of which several records are taken in one transaction is written once, at its end, and the
 * state before a record is not read and parsed again.
 */
export class FileRows {
  /** Oldest first. None of a transaction is given up before its end: its row is not written yet. */
  readonly #known = new Map<string, WrittenFile>();
  readonly #unwritten = new Map<number, WrittenFile>();

  constructor(private readonly db: ProjectionDatabase) {}

  get(kind: Kind, id: string): Pick<WrittenFile, 'n' | 'state'> | undefined {
    const known = this.#known.get(keyOf(kind, id));
    if (known) return known;
    const row = this.db.get('SELECT n, body FROM files WHERE kind = ? AND id = ?', kind, id);
    return row && { n: row.n as number, state: JSON.parse(row.body as string) as FileState };
  }

  put(file: WrittenFile): void {
    const key = keyOf(file.kind, file.id);
    this.#known.delete(key);
    this.#known.set(key, file);
    this.#unwritten.set(file.n, file);
  }

  remove(kind: Kind, id: string, n: number): void {
    this.#known.delete(keyOf(kind, id));
    this.#unwritten.delete(n);
    this.db.run('DELETE FROM files WHERE n = ?', n);
  }

  /** To be called at the end of a transaction, before it is committed. */
  write(): void {
    for (const file of this.#unwritten.values()) this.#write(file);
    this.#unwritten.clear();
    for (const key of this.#known.keys()) {
      if (this.#known.size <= KEPT_MAX) break;
      this.#known.delete(key);
    }
  }

  #write({ n, kind, id, seq, state, document }: WrittenFile): void {
    this.db.run(
      `INSERT INTO files (n, kind, id, seq, state, body, document, due_at, urgent_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (n) DO UPDATE SET seq = excluded.seq, state = excluded.state, body = excluded.body,
       document = excluded.document, due_at = excluded.due_at, urgent_at = excluded.urgent_at`,
      ...[n, kind, id, seq, state.state, JSON.stringify(state), JSON.stringify(document ?? {})],
      ...[dueMoment(state) ?? null, urgentMoment(state) ?? null],
    );
  }
}

const keyOf = (kind: Kind, id: string): string => `${kind}/${id}`;
