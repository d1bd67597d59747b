import { parse } from 'csv-parse/sync';
import { COLUMNS_MAX } from '../../../proto/workbook/cells.js';
import { READ_ROWS_MAX, type Table, type TableRow, textCell, UnusableFileError } from './table.js';

const DECODERS = { 'utf-8': 'utf-8', gbk: 'gb18030' } as const;
export type CsvEncoding = keyof typeof DECODERS;

/** Characters of one record: more is a quote that is never closed. */
const RECORD_CHARACTERS_MAX = 4 * 1024 * 1024;
/** Commas in a line (docs/decisions/0187) are more than its columns where they stand in quotes; the parser has no bound of its own for empty fields. */
const COMMAS_MAX = 1_000_000;
/** Line breaks in a file, in cells too: a file of nothing else would be parsed for minutes. Twenty for each row that a file may have. */
const LINE_BREAKS_MAX = 2_000_000;
const [COMMA, LINE_FEED, CARRIAGE_RETURN] = [0x2c, 0x0a, 0x0d] as const;
/** Stands for bytes that cannot be read; a text may hold it as well. */
const UNREADABLE = '\ufffd';
const UNREADABLE_BYTE = 'has a byte that cannot be read';

/** Reads CSV by RFC 4180, with any line break. A record is a row, and so is an empty line. Throws UnusableFileError. */
export function csvTable(bytes: Uint8Array, encoding: CsvEncoding): Table {
  requireText(bytes);
  if (isUtf16(bytes)) throw new UnusableFileError('the file is UTF-16: save it as UTF-8');
  const { text, isWhole } = decoded(bytes, encoding);
  const isUnreadable = (field: string): boolean => !isWhole && field.includes(UNREADABLE);
  const rows: TableRow[] = [];
  let number = 0;
  readRecords(text, (record) => {
    number++;
    if (record.length > COLUMNS_MAX) throw new UnusableFileError(`row ${number} has more than ${COLUMNS_MAX} columns`);
    const cells = record.map((field) => (isUnreadable(field) ? { flaw: UNREADABLE_BYTE } : textCell(field)));
    if (cells.every((cell) => cell === undefined)) return;
    const isBroken = record.some(isUnreadable);
    rows.push({ number, cells, ...(isBroken && { isBroken }) });
    // One row more than counts says that there are too many, and nothing of them is laid down.
    if (rows.length > READ_ROWS_MAX) throw new EnoughRowsError();
  });
  return { rows, filled: new Map(), spread: new Map() };
}

/** The text, and whether all of its bytes could be read: then the character of those that cannot is one of the text. */
function decoded(bytes: Uint8Array, encoding: CsvEncoding): { text: string; isWhole: boolean } {
  try {
    return { text: new TextDecoder(DECODERS[encoding], { fatal: true }).decode(bytes), isWhole: true };
  } catch {
    return { text: new TextDecoder(DECODERS[encoding]).decode(bytes), isWhole: false };
  }
}

/** The marks with which spreadsheets begin what they call Unicode text. */
const isUtf16 = ([first, second]: Uint8Array): boolean =>
  (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff);

/** In both encodings these bytes are part of no other character. */
function requireText(bytes: Uint8Array): void {
  let commas = 0;
  let lineBreaks = 0;
  for (const byte of bytes) {
    if (byte === COMMA) commas++;
    else if (byte === LINE_FEED || byte === CARRIAGE_RETURN) {
      commas = 0;
      lineBreaks++;
    }
    if (commas > COMMAS_MAX) throw new UnusableFileError(`a line has more than ${COMMAS_MAX} commas`);
    if (lineBreaks > LINE_BREAKS_MAX) throw new UnusableFileError(`it has more than ${LINE_BREAKS_MAX} line breaks`);
  }
}

/** Ends the reading, and is no fault of the file. */
class EnoughRowsError extends Error {}

/** Hands over the records one by one and keeps none of them. */
function readRecords(text: string, onRecord: (record: string[]) => void): void {
  try {
    parse(text, {
      relax_column_count: true,
      relax_quotes: true,
      record_delimiter: ['\r\n', '\n', '\r'],
      max_record_size: RECORD_CHARACTERS_MAX,
      on_record: (record: string[]) => {
        onRecord(record);
        return undefined;
      },
    });
  } catch (error) {
    if (error instanceof EnoughRowsError) return;
    if (error instanceof UnusableFileError) throw error;
    const { code = 'unreadable', lines } = error as { code?: string; lines?: number };
    throw new UnusableFileError(`the file is not CSV: ${code}${lines === undefined ? '' : ` at line ${lines}`}`);
  }
}
