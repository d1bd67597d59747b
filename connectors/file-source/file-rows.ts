import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import { parse } from 'csv-parse';
import { BrokenFileError } from '../../proto/workbook/broken-file.js';
import { isRepeatedKey, parseJsonText, textOf } from '../runtime/mapping/json-text.js';
import type { Row } from '../runtime/mapping/record-mapping.js';
import { columnIndexes, SeenColumns } from './column-check.js';
import type { FileSourceConfig } from './config.js';
import { readSheet } from './workbook/sheet.js';

type ReadOptions = Pick<FileSourceConfig, 'encoding' | 'delimiter' | 'sheet'>;

/**
 * Yields the rows of a file by the format of its name, with the mapped columns only. A row without any value is no record. Throws
 * BrokenFileError, which names lines, rows and columns but no values; behind the last row at the latest. See docs/decisions/0075.
 */
export async function* fileRows(
  path: string,
  name: string,
  mapped: readonly string[],
  options: ReadOptions,
): AsyncGenerator<Row> {
  const ending = name.slice(name.lastIndexOf('.') + 1).toLowerCase();
  try {
    if (ending === 'csv') yield* csvRows(path, mapped, options);
    else if (ending === 'ndjson' || ending === 'jsonl') yield* jsonRows(path, mapped, options);
    else if (ending === 'xlsx') yield* sheetRows(path, mapped, options);
    else throw new BrokenFileError('its name does not end with csv, ndjson or xlsx');
  } catch (error) {
    throw asBroken(error);
  }
}

/** An error of the disk is not an error of the file, so it is thrown as it is. */
function asBroken(error: unknown): unknown {
  const { code, lines } = error as { code?: string; lines?: number };
  if (error instanceof BrokenFileError || /^E[A-Z]+$/.test(code ?? '')) return error;
  const where = lines === undefined ? '' : ` at line ${lines}`;
  return new BrokenFileError(`it cannot be read${where}: ${code ?? (error as Error).name}`, { cause: error });
}

interface CsvRecord {
  record: string[];
  info: { lines: number };
}

async function* csvRows(
  path: string,
  mapped: readonly string[],
  { encoding, delimiter }: ReadOptions,
): AsyncGenerator<Row> {
  const parser = parse({
    bom: true,
    delimiter,
    // All of them: where the first line ends otherwise than a later one, a line break would become part of its last field.
    record_delimiter: ['\r\n', '\n', '\r'],
    skip_empty_lines: true,
    relax_column_count: true,
    info: true,
  });
  const texts = Readable.from(decoded(path, encoding));
  texts.on('error', (error) => parser.destroy(error));
  let header: string[] | undefined;
  let indexes = new Map<string, number>();
  for await (const { record, info } of texts.pipe(parser) as AsyncIterable<CsvRecord>) {
    if (record.every(isBlank)) continue;
    if (header === undefined) {
      header = record;
      indexes = columnIndexes(header, mapped);
      continue;
    }
    if (record.length !== header.length) {
      throw new BrokenFileError(`line ${info.lines} has ${record.length} fields, the header has ${header.length}`);
    }
    yield Object.fromEntries([...indexes].map(([column, index]) => [column, fieldText(record[index]!)]));
  }
  if (header === undefined) columnIndexes([], mapped);
}

const isBlank = (text: string): boolean => text.trim() === '';

/** CSV writes an absent value as an empty field. */
const fieldText = (text: string): string | undefined => (text === '' ? undefined : text);

async function* jsonRows(path: string, mapped: readonly string[], { encoding }: ReadOptions): AsyncGenerator<Row> {
  const seen = new SeenColumns(mapped);
  let records = 0;
  let line = 0;
  for await (const text of linesOf(path, encoding)) {
    line++;
    const record = jsonRecord(text, line);
    if (!record) continue;
    records++;
    seen.add(Object.keys(record), line);
    yield Object.fromEntries(mapped.map((column) => [column, textOf(ownValue(record, column))]));
  }
  if (records > 0) seen.check();
}

const ownValue = (record: object, name: string): unknown =>
  Object.hasOwn(record, name) ? (record as Record<string, unknown>)[name] : undefined;

/** Undefined for a line without any value. */
function jsonRecord(text: string, line: number): object | undefined {
  if (isBlank(text)) return undefined;
  let value: unknown;
  try {
    value = parseJsonText(text);
  } catch (error) {
    throw new BrokenFileError(`line ${line} ${isRepeatedKey(error) ? 'has a key twice' : 'is not JSON'}`, {
      cause: error,
    });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new BrokenFileError(`line ${line} is not a JSON object`);
  }
  return Object.values(value).every(isNoValue) ? undefined : value;
}

/** As an absent field of the other formats; an empty list is absent everywhere on the bus. */
const isNoValue = (value: unknown): boolean =>
  value === null || (typeof value === 'string' && isBlank(value)) || (Array.isArray(value) && value.length === 0);

async function* sheetRows(path: string, mapped: readonly string[], { sheet }: ReadOptions): AsyncGenerator<Row> {
  let indexes: Map<string, number> | undefined;
  for (const row of await readSheet(path, sheet)) {
    if (row.isBlank) continue;
    if (indexes) yield Object.fromEntries([...indexes].map(([column, index]) => [column, row.text(index, column)]));
    else indexes = columnIndexes(row.texts(), mapped);
  }
  if (!indexes) columnIndexes([], mapped);
}

async function* linesOf(path: string, encoding: string): AsyncGenerator<string> {
  let rest = '';
  for await (const text of decoded(path, encoding)) {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
  yield rest;
}

async function* decoded(path: string, encoding: string): AsyncGenerator<string> {
  const decoder = new TextDecoder(encoding, { fatal: true });
  for await (const bytes of createReadStream(path) as AsyncIterable<Buffer>) {
    const text = decoder.decode(bytes, { stream: true });
    if (text !== '') yield text;
  }
  const rest = decoder.decode();
  if (rest !== '') yield rest;
}
