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
  return columns > 0 ? `${withinColumns([...line], columns - 1).join('')}…` : '';
}

/** An id, cut in its middle: ids of one department often differ at their end alone. */
export function shortened(id: string, columns: number): string {
  const line = printableLine(id);
  if (width(line) <= columns) return line;
  const [head, tail] = [Math.ceil((columns - 1) / 2), Math.floor((columns - 1) / 2)];
  const end = withinColumns([...line].reverse(), tail).reverse();
  return columns > 0 ? `${withinColumns([...line], head).join('')}…${end.join('')}` : '';
}

/** The first characters, as far as they fit. */
function withinColumns(characters: readonly string[], columns: number): string[] {
  let taken = 0;
  const end = characters.findIndex((character) => {
    taken += width(character);
    return taken > columns;
  });
  return characters.slice(0, end === -1 ? characters.length : end);
}

const pad = (cell: string, columns: number): string => cell + ' '.repeat(columns - width(cell));

const WIDE =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\u{1f300}-\u{1f64f}\u{1f900}-\u{1f9ff}\u{20000}-\u{3fffd}]/u;
/** Accents, and what joins characters. */
const WITHOUT_WIDTH = /[\p{Mn}\p{Me}\u200b-\u200d]/u;

/** Columns of a terminal that a printable text takes. */
export function width(text: string): number {
  let columns = 0;
  for (const character of text) columns += WIDE.test(character) ? 2 : WITHOUT_WIDTH.test(character) ? 0 : 1;
  return columns;
}
