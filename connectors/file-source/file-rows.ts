import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import { parse } from 'csv-parse';
import { readSheet } from 'read-excel-file/node';
import { isMap } from '../../proto/values/is-map.js';
import type { Row } from '../runtime/mapping/record-mapping.js';
import type { FileSourceConfig } from './config.js';

/** The file cannot be read as what its name says, or cannot be the complete list. It is refused until it changes. */
export class BrokenFileError extends Error {
  override readonly name = 'BrokenFileError';
}

type ReadOptions = Pick<FileSourceConfig, 'encoding' | 'delimiter' | 'sheet'>;

/** Yields the rows of a file by the format of its name. Throws BrokenFileError, which names lines and columns but no values. */
export async function* fileRows(path: string, name: string, options: ReadOptions): AsyncGenerator<Row> {
  const ending = name.slice(name.lastIndexOf('.') + 1).toLowerCase();
  try {
    if (ending === 'csv') yield* csvRows(path, options);
    else if (ending === 'ndjson' || ending === 'jsonl') yield* jsonRows(path, options);
    else if (ending === 'xlsx') yield* sheetRows(path, options);
    else throw new BrokenFileError('its name does not end with csv, ndjson or xlsx');
  } catch (error) {
    throw asBroken(error);
  }
}

/** An error of the disk is not an error of the file, so it is thrown as it is. */
function asBroken(error: unknown): unknown {
  const { code, lines } = error as { code?: string; lines?: number };
  if (error instanceof BrokenFileError || /^E[A-Z]+$/.test(code ?? '')) return error;
  const place = lines === undefined ? '' : ` at line ${lines}`;
  return new BrokenFileError(`it cannot be read${place}: ${code ?? (error as Error).name}`, { cause: error });
}

async function* csvRows(path: string, { encoding, delimiter }: ReadOptions): AsyncGenerator<Row> {
  const parser = parse({ columns: true, bom: true, delimiter, skip_empty_lines: true });
  const texts = Readable.from(decoded(path, encoding));
  texts.on('error', (error) => parser.destroy(error));
  yield* withoutEmpty(texts.pipe(parser));
}

/** CSV writes an absent value as an empty field. */
async function* withoutEmpty(rows: AsyncIterable<Record<string, string>>): AsyncGenerator<Row> {
  for await (const row of rows) {
    const texts: Row = {};
    for (const [column, text] of Object.entries(row)) if (text !== '') texts[column] = text;
    yield texts;
  }
}

async function* jsonRows(path: string, { encoding }: ReadOptions): AsyncGenerator<Row> {
  let rest = '';
  let line = 0;
  for await (const text of decoded(path, encoding)) {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const one of lines) yield* jsonRow(one, ++line);
  }
  yield* jsonRow(rest, ++line);
}

function* jsonRow(text: string, line: number): Generator<Row> {
  if (text.trim() === '') return;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new BrokenFileError(`line ${line} is not JSON`, { cause: error });
  }
  if (!isMap(value)) {
    throw new BrokenFileError(`line ${line} is not a JSON object`);
  }
  yield Object.fromEntries(Object.entries(value).map(([name, one]) => [name, textOf(one)]));
}

async function* sheetRows(path: string, { sheet }: ReadOptions): AsyncGenerator<Row> {
  const [head, ...rows] = (await readSheet(path, sheet as number)) as unknown[][];
  const columns = (head ?? []).map((cell) => textOf(cell) ?? '');
  for (const row of rows) {
    if (row.every((cell) => cell === null)) continue;
    yield Object.fromEntries(columns.map((column, index) => [column, textOf(row[index])]));
  }
}

function textOf(value: unknown): string | undefined {
  if (value === null || value === undefined) return undefined;
  if (value instanceof Date) return value.toISOString().replace(/T00:00:00\.000Z$/, '');
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
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
