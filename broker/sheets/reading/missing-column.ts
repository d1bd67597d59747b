import { isFlaw, type Table, UnusableFileError } from './table.js';
import { bareName } from './text-form.js';

/** Rows in which a header is looked for. */
const ROWS_LOOKED_AT = 50;
const SEPARATORS = /[;\t|；]/;

/** A file without a column that its profile needs, and the most likely reason: people do not see it in a spreadsheet. */
export function missingColumn(name: string, table: Table): UnusableFileError {
  const what = table.sheet === undefined ? 'the file' : `the sheet ${table.sheet}`;
  const why = likelyReason(name, table);
  return new UnusableFileError(`${what} has no column ${name}${why === undefined ? '' : `: ${why}`}`);
}

function likelyReason(name: string, { sheet, rows }: Table): string | undefined {
  const top = rows.slice(0, ROWS_LOOKED_AT);
  const cells = top.flatMap((row) => row.cells.filter((cell) => typeof cell === 'string'));
  const wanted = bareName(name);
  const spaced = cells.find((cell) => withoutSpace(bareName(cell)) === withoutSpace(wanted));
  if (spaced !== undefined) return 'one is called so with white space in its name';
  if (sheet !== undefined) return undefined;
  const joined = cells.find((cell) => cell.split(SEPARATORS).some((part) => bareName(part) === wanted));
  if (joined !== undefined) return 'its fields are not separated by commas';
  const isUnread = top.some(({ isBroken, cells: own }) => isBroken || own.some(isFlaw));
  return isUnread
    ? 'it has bytes that are not of its encoding, so name gbk if it is that, else save it as UTF-8'
    : undefined;
}

const withoutSpace = (text: string): string => text.replaceAll(/\s/g, '');
