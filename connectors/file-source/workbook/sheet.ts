import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { BrokenFileError } from '../../../proto/workbook/broken-file.js';
import { readCells, type SheetCell, shownTruth } from '../../../proto/workbook/cells.js';
import { readWorkbook, unescaped, type WorkbookParts } from '../../../proto/workbook/workbook-parts.js';
import { CellProblem, numberText } from './cell-text.js';

/** Undefined: the cell is empty. */
type CellContent = string | CellProblem | undefined;

/** The rows of a sheet, in order. Throws BrokenFileError when the file is not a workbook, or has no such sheet. */
export async function readSheet(path: string, sheet: string | number): Promise<SheetRow[]> {
  const { size } = await stat(path);
  const packed = { bytes: size, chunks: () => createReadStream(path) as AsyncIterable<Uint8Array> };
  const parts = await readWorkbook(packed, (sheets) => {
    const chosen = typeof sheet === 'number' ? sheets[sheet - 1] : sheets.find(({ name }) => name === sheet);
    if (!chosen) throw new BrokenFileError(`the workbook has no sheet ${sheet}`);
    return chosen;
  });
  return rowsIn(parts);
}

/** One row. A cell is judged when it is asked for: an error in a column that nobody maps refuses nothing. */
class SheetRow {
  readonly #cells: CellContent[] = [];

  constructor(private readonly number: number) {}

  set(index: number, content: CellContent): void {
    this.#cells[index] = content;
  }

  get isBlank(): boolean {
    return this.#cells.every((cell) => cell === undefined || (typeof cell === 'string' && cell.trim() === ''));
  }

  /** Text of a cell; undefined when it is empty. */
  text(index: number, column: string): string | undefined {
    const cell = this.#cells[index];
    if (cell instanceof CellProblem) throw new BrokenFileError(`row ${this.number}, column ${column} ${cell.reason}`);
    return cell === '' ? undefined : cell;
  }

  /** Text of all cells; a cell with a problem is no name of a column. */
  texts(): string[] {
    return Array.from(this.#cells, (cell) => (typeof cell === 'string' ? cell : ''));
  }
}

function rowsIn(parts: WorkbookParts): SheetRow[] {
  const rows: SheetRow[] = [];
  readCells(parts.sheetXml, {
    row: (number) => rows.push(new SheetRow(number)),
    cell: (cell) => rows.at(-1)?.set(cell.index, contentOf(cell, parts)),
  });
  return rows;
}

function contentOf(cell: SheetCell, { sharedStrings, formats, is1904 }: WorkbookParts): CellContent {
  const { type, value, hasFormula } = cell;
  if (type === 'e') return new CellProblem(`shows ${value}`);
  if (type === 's')
    return sharedStrings[Number(value)] ?? new CellProblem('refers to a text that the workbook does not have');
  if (type === 'inlineStr') return unescaped(cell.inline);
  if (value === '')
    return hasFormula && type !== 'str' ? new CellProblem('has a formula without a stored result') : undefined;
  if (type === 'str') return unescaped(value);
  if (type === 'b') return shownTruth(value) ?? new CellProblem('is neither true nor false');
  // A sheet knows no zones: programs that write `Z` mean the time that it shows.
  if (type === 'd') return value.replace(/Z$/, '').replace(/T00:00:00(?:\.0+)?$/, '');
  return numberText(value, { code: formats[cell.style] ?? 'General', is1904 });
}
