import { parse } from 'csv-parse/sync';
import { type Cell, type Table, type TableRow, UnusableFileError } from './table.js';
import { trimmed } from './text-form.js';

const DECODERS = { 'utf-8': 'utf-8', gbk: 'gb18030' } as const;
export type CsvEncoding = keyof typeof DECODERS;

/** Characters of one record: more is a quote that is never closed. */
const RECORD_CHARACTERS_MAX = 4 * 1024 * 1024;
const UNREADABLE = '\ufffd';

/** Reads CSV by RFC 4180, with any line break. A record is a row, and so is an empty line. Throws UnusableFileError. */
export function csvTable(bytes: Uint8Array, encoding: CsvEncoding): Table {
  const text = new TextDecoder(DECODERS[encoding]).decode(bytes);
  if (text.includes('\0')) throw new UnusableFileError('the file is not CSV: it has bytes that no text has');
  const rows: TableRow[] = [];
  for (const [index, record] of recordsOf(text).entries()) {
    const cells = record.map(cellOf);
    if (cells.every((cell) => cell === undefined)) continue;
    const isBroken = record.some((field) => field.includes(UNREADABLE));
    rows.push({ number: index + 1, cells, ...(isBroken && { isBroken }) });
  }
  return { rows, filled: new Map(), spread: new Map() };
}

function recordsOf(text: string): string[][] {
  try {
    return parse(text, {
      relax_column_count: true,
      relax_quotes: true,
      record_delimiter: ['\r\n', '\n', '\r'],
      max_record_size: RECORD_CHARACTERS_MAX,
    });
  } catch (error) {
    const { code = 'unreadable', lines } = error as { code?: string; lines?: number };
    throw new UnusableFileError(`the file is not CSV: ${code}${lines === undefined ? '' : ` at line ${lines}`}`);
  }
}

function cellOf(field: string): Cell {
  if (field.includes(UNREADABLE)) return { flaw: 'has a byte that cannot be read' };
  return trimmed(field) || undefined;
}
