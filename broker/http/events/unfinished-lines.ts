/** Bytes of one line that are not counted: an upload always has part of a small event on its way. */
const FREE_BYTES = 16 * 1024;
/** Lines of all uploads of one process whose ends have not come: some fifty of the longest, or 64 KB of each of 500. */
const BYTES_MAX = 24 * 1024 * 1024;

/** An upload as far as its unfinished line is concerned. */
export interface LineHolder {
  /** Drops the bytes of the line: others need the memory. */
  drop(): void;
}

/**
 * The bytes that uploads hold of lines whose end has not come. An upload may stay open for days and a line may have half a megabyte, so a
 * bound for each adds up to gigabytes. Beyond the bound of all, the line that was begun first is dropped: an honest one is
 * complete within moments, one that is held is not.
 */
export class UnfinishedLines {
  /** Counted bytes, in the order in which their lines were begun. */
  readonly #counted = new Map<LineHolder, number>();
  #bytes = 0;

  constructor(private readonly bytesMax = BYTES_MAX) {}

  /** To be called with the bytes that a holder has by now, 0 when its line is complete or its upload over. */
  hold(holder: LineHolder, bytes: number): void {
    const before = this.#counted.get(holder) ?? 0;
    const counted = Math.max(0, bytes - FREE_BYTES);
    this.#bytes += counted - before;
    if (counted > 0) this.#counted.set(holder, counted);
    else this.#counted.delete(holder);
    while (this.#bytes > this.bytesMax) this.#dropFirst();
  }

  #dropFirst(): void {
    const [first] = this.#counted.keys();
    if (!first) return;
    this.hold(first, 0);
    first.drop();
  }
}

/** Those of this process. */
export const unfinishedLines = new UnfinishedLines();
