import type { WrittenSheet } from './table-rows.js';

const BYTE_ORDER_MARK = '\ufeff';
/** Rows that are written in one turn of the event loop. */
const ROWS_PER_CHUNK = 200;

/** CSV as spreadsheets open it: UTF-8 with byte order mark, comma, CR LF. */
export async function* csvFile(sheet: WrittenSheet): AsyncGenerator<Uint8Array> {
  let lines = [...Array.from({ length: sheet.emptyRows }, () => ''), line(sheet.header)];
  let text = BYTE_ORDER_MARK;
  for (const row of sheet.rows) {
    lines.push(line(row));
    if (lines.length < ROWS_PER_CHUNK) continue;
    yield Buffer.from(`${text}${lines.join('\r\n')}\r\n`);
    text = '';
    lines = [];
    await new Promise(setImmediate);
  }
  if (lines.length > 0) yield Buffer.from(`${text}${lines.join('\r\n')}\r\n`);
}

const line = (cells: readonly string[]): string => cells.map(field).join(',');

const field = (text: string): string => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
