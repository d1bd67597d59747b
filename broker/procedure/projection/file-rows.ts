import type { Clock } from '../clock/clock.js';
import { dateAt } from '../clock/shanghai-days.js';
import { dueMoment, urgentMoment } from '../files/due-moment.js';
import type { FileState, Sides } from '../files/file.js';
import type { Kind } from '../files/kinds.js';
import type { ProjectionDatabase } from './database.js';
import { CLOCKS_PER_FILE_MAX } from './schema.js';

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

/** `stored` is the state of which the rows are; undefined while there are none. */
type KnownFile = WrittenFile & { stored: FileState | undefined };

/** Files whose state is kept parsed: the acts of one file often follow each other. */
const KEPT_MAX = 2_000;

/**
 * Rows of the table `files`, and of those that repeat parts of its state: `sides`, `about`, `clocks`. A file of which several records
 * are taken in one transaction is written once, at its end, and the state before a record is not read and parsed again.
 */
export class FileRows {
  /** Oldest first. None of a transaction is given up before its end: its row is not written yet. */
  readonly #known = new Map<string, KnownFile>();
  readonly #unwritten = new Map<number, KnownFile>();

  constructor(private readonly db: ProjectionDatabase) {}

  get(kind: Kind, id: string): Pick<KnownFile, 'n' | 'state' | 'stored'> | undefined {
    const known = this.#known.get(keyOf(kind, id));
    if (known) return known;
    const row = this.db.get('SELECT n, body FROM files WHERE kind = ? AND id = ?', kind, id);
    if (!row) return undefined;
    const state = JSON.parse(row.body as string) as FileState;
    return { n: row.n as number, state, stored: state };
  }

  put(file: WrittenFile, before: Pick<KnownFile, 'stored'> | undefined): void {
    const key = keyOf(file.kind, file.id);
    const known = { ...file, stored: before?.stored };
    this.#known.delete(key);
    this.#known.set(key, known);
    this.#unwritten.set(file.n, known);
  }

  remove(kind: Kind, id: string, n: number): void {
    this.#known.delete(keyOf(kind, id));
    this.#unwritten.delete(n);
    this.db.run('DELETE FROM files WHERE n = ?', n);
    for (const table of ['sides', 'about']) this.db.run(`DELETE FROM ${table} WHERE file = ?`, n);
    this.#removeClocks(n);
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

  #write(file: KnownFile): void {
    const { n, kind, id, seq, state, document } = file;
    const [due, urgent] = [dueMoment(state) ?? null, urgentMoment(state) ?? null];
    this.db.run(
      `INSERT INTO files (n, kind, id, seq, state, due_at, urgent_at, body, document) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (n) DO UPDATE SET seq = excluded.seq, state = excluded.state, due_at = excluded.due_at,
       urgent_at = excluded.urgent_at, body = excluded.body, document = excluded.document`,
      n,
      kind,
      id,
      seq,
      state.state,
      due,
      urgent,
      JSON.stringify(state),
      JSON.stringify(document ?? {}),
    );
    this.#writeSides(file, urgent);
    this.#writeAbout(file);
    this.#writeClocks(file);
    file.stored = state;
  }

  #writeSides({ n, kind, state, stored }: KnownFile, urgent: number | null): void {
    const parties = partiesOf(state.sides);
    if (!stored || partiesOf(stored.sides).join() !== parties.join()) {
      if (stored) this.db.run('DELETE FROM sides WHERE file = ?', n);
      for (const party of parties)
        this.db.run('INSERT INTO sides VALUES (?, ?, ?, ?, ?)', kind, party, n, state.state, urgent);
    } else if (stored.state !== state.state || (urgentMoment(stored) ?? null) !== urgent) {
      for (const party of parties)
        this.db.run(
          'UPDATE sides SET state = ?, urgent_at = ? WHERE kind = ? AND party = ? AND file = ?',
          state.state,
          urgent,
          kind,
          party,
          n,
        );
    }
  }

  #writeAbout({ n, kind, state: { about }, stored }: KnownFile): void {
    if (stored && stored.about.join() === about.join()) return;
    if (stored) this.db.run('DELETE FROM about WHERE file = ?', n);
    // By the whole name of the file that it is about and by its bare id.
    const refs = new Set(about.flatMap((ref) => [ref, ref.slice(ref.indexOf('/') + 1)]));
    for (const ref of refs) this.db.run('INSERT INTO about VALUES (?, ?, ?)', ref, kind, n);
  }

  #writeClocks({ n, state: { clocks }, stored }: KnownFile): void {
    if (stored ? JSON.stringify(stored.clocks) === JSON.stringify(clocks) : clocks.length === 0) return;
    if (stored) this.#removeClocks(n);
    for (const [ordinal, clock] of clocks.entries()) {
      const { id, unit, state, doneAt, lateFrom } = clock;
      const isOpen = state !== 'met' && doneAt === undefined;
      const lateAt = Date.parse(lateFrom);
      this.db.run(
        'INSERT INTO clocks VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
        n * CLOCKS_PER_FILE_MAX + ordinal,
        n,
        id,
        unit,
        state,
        Number(isOpen),
        dateAt(Date.parse(clock.start)),
        dueDate(clock),
        Number.isFinite(lateAt) ? lateAt : null,
        JSON.stringify(clock),
      );
    }
  }

  #removeClocks(n: number): void {
    const first = n * CLOCKS_PER_FILE_MAX;
    this.db.run('DELETE FROM clocks WHERE n >= ? AND n < ?', first, first + CLOCKS_PER_FILE_MAX);
  }
}

const keyOf = (kind: Kind, id: string): string => `${kind}/${id}`;

const partiesOf = (sides: Sides): string[] => [...new Set(Object.values(sides).flat() as string[])].sort();

const dueDate = ({ unit, due }: Clock): string => (unit === 'h' ? dateAt(Date.parse(due)) : due);
