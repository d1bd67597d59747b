import { printableLine } from './printable.js';

/**
 * Renders rows under a head, columns as wide as their widest cell. Chinese characters are two columns wide on a
 * terminal.
 */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const all = [head, ...rows].map((row) => row.map(printableLine));
  const widths = head.map((_, column) => Math.max(...all.map((row) => width(row[column] ?? ''))));
  return all.map((row) =>
    row
      .map((cell, column) => pad(cell, widths[column]!))
      .join('  ')
      .trimEnd(),
  );
}

/** One row of a table whose other rows are not known yet. A cell that is wider than its column moves the rest. */
export const paddedRow = (cells: readonly string[], widths: readonly number[]): string =>
  cells
    .map(printableLine)
    .map((cell, column) => pad(cell, Math.max(width(cell), widths[column]!)))
    .join('  ')
    .trimEnd();

/** A text of one line, made printable and cut to so many columns of a terminal. */
export function fitted(text: string, columns: number): string {
  const line = printableLine(text);
  if (width(line) <= columns) return line;
  let kept = '';
  for (const character of line) {
    if (width(kept + character) >= columns) break;
    kept += character;
  }
  return columns > 0 ? `${kept}…` : '';
}

const pad = (cell: string, columns: number): string => cell + ' '.repeat(columns - width(cell));

/** Columns of a terminal that a printable text takes. */
export function width(text: string): number {
  let columns = 0;
  for (const character of text)
    columns += /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60]/.test(character)
      ? 2
      : 1;
  return columns;
}
