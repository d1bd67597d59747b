import type { GrantTable } from './grant-table.js';

/** Some tenths of a millisecond of work, and a write. */
export const SERIES_PER_PIECE = 512;

/** Pieces of a family of so many rows; the first one, which has its head, is there without rows as well. */
export function* rangesOf(rows: number, piece: (from: number, to: number) => Buffer): Generator<Buffer> {
  for (let from = 0; from === 0 || from < rows; from += SERIES_PER_PIECE) {
    yield piece(from, Math.min(rows, from + SERIES_PER_PIECE));
  }
}

/** The rows of a scrape that was taken to its end, and its pieces by family. */
interface WrittenScrape {
  table: GrantTable;
  pieces: ReadonlyMap<number, readonly Buffer[]>;
}

/**
 * Text that the scrape before has written of the grants of a whole bus. Among scrapes at the same time the last one that began keeps its pieces: one that
 * stalls must hold no more than the piece that its client does not take.
 */
export class SeriesMemory {
  #last: WrittenScrape | undefined;
  #current: TableScrape | undefined;

  begin(table: GrantTable): TableScrape {
    this.#current?.forget();
    this.#current = new TableScrape(table, this.#last, true);
    return this.#current;
  }

  /** To be called when the scrape was taken to its end. */
  written(scrape: TableScrape): void {
    if (scrape === this.#current) this.#last = scrape.written;
  }
}

/** Column of a family that is the same as long as its rows are. */
export const NO_COLUMN = -1;

/**
 * The families of a table, of which what the scrape before has written is written once. Which grants and cursors there are, until when and
 * whether they are connected hardly ever changes from one scrape to the next, and making text is most of what a scrape costs
 * (docs/decisions/0332).
 *
 * Invariant: a piece is used again only if each of its rows is of the same grant object, the same cursor and the same value.
 */
export class TableScrape {
  #pieces: Map<number, Buffer[]> | undefined;
  /** By the first row of a piece. */
  readonly #hasSameRows = new Map<number, boolean>();

  constructor(
    private readonly table: GrantTable,
    private readonly before?: WrittenScrape,
    keepsPieces = false,
  ) {
    if (keepsPieces) this.#pieces = new Map();
  }

  /** Undefined for one that keeps nothing. */
  get written(): WrittenScrape | undefined {
    return this.#pieces && { table: this.table, pieces: this.#pieces };
  }

  /** Keeps nothing from now on. */
  forget(): void {
    this.#pieces = undefined;
  }

  *familyOf(column: number, rows: number, make: (from: number, to: number) => Buffer): Generator<Buffer> {
    const before = this.before?.pieces.get(column);
    this.#pieces?.set(column, []);
    yield* rangesOf(rows, (from, to) => {
      const kept = before?.[from / SERIES_PER_PIECE];
      const piece = kept && this.#isSame(column, from, to) ? kept : make(from, to);
      this.#pieces?.get(column)?.push(piece);
      return piece;
    });
  }

  #isSame(column: number, from: number, to: number): boolean {
    const table = this.before?.table;
    if (!table) return false;
    let hasSameRows = this.#hasSameRows.get(from);
    if (hasSameRows === undefined) {
      // The last piece of a table that has grown or shrunk ends with another row.
      const end = (size: number): number => Math.min(size, from + SERIES_PER_PIECE);
      hasSameRows = end(table.size) === to && this.table.hasRowsOf(table, from, to);
      this.#hasSameRows.set(from, hasSameRows);
    }
    return hasSameRows && (column === NO_COLUMN || this.table.hasValuesOf(table, column, from, to));
  }
}
