import { BrokenFileError } from '../../proto/workbook/broken-file.js';

/**
 * Index of each mapped column in the header of a file. Throws BrokenFileError for one that is missing, doubled or padded: its
 * values would otherwise disappear from every record, or be taken from the wrong column.
 */
export function columnIndexes(header: readonly string[], mapped: readonly string[]): Map<string, number> {
  const problems = mapped.flatMap((column) => {
    const similar = header.filter((name) => name.trim() === column.trim());
    const exact = similar.filter((name) => name === column);
    if (exact.length === 1 && similar.length === 1) return [];
    if (similar.length === 0) return [`there is no column ${column}`];
    return [similar.length > 1 ? `column ${column} is there ${similar.length} times` : paddedColumn(column)];
  });
  if (problems.length > 0) throw new BrokenFileError(problems.join('; '));
  return new Map(mapped.map((column) => [column, header.indexOf(column)]));
}

const paddedColumn = (column: string): string => `column ${column} has spaces around its name`;

/** The same check for a format without a header: each mapped column must be a key of some record. */
export class SeenColumns {
  readonly #missing: Set<string>;
  readonly #trimmed: Map<string, string>;

  constructor(mapped: readonly string[]) {
    this.#missing = new Set(mapped);
    this.#trimmed = new Map(mapped.map((column) => [column.trim(), column]));
  }

  add(keys: readonly string[], line: number): void {
    for (const key of keys) {
      this.#missing.delete(key);
      const column = this.#trimmed.get(key.trim());
      if (column !== undefined && column !== key) throw new BrokenFileError(`line ${line}: ${paddedColumn(column)}`);
    }
  }

  /** Call behind the last of one or more records. */
  check(): void {
    if (this.#missing.size === 0) return;
    throw new BrokenFileError([...this.#missing].map((column) => `no record has a column ${column}`).join('; '));
  }
}
