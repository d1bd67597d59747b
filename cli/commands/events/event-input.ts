import { createReadStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { UsageError } from '../../exit-codes.js';
import { cannotRead } from '../../read-document.js';
import { jsonElements } from './json-elements.js';

/** Bound of a JSON array, which is held in memory to be cut into events; larger inputs must be NDJSON. */
const WHOLE_BYTES_MAX = 256 * 1024 * 1024;
const NEWLINE = 0x0a;
const SPACE = 0x20;
const OPENING_BRACKET = 0x5b;

/**
 * Reads the events of a file or of standard input as NDJSON bytes. A JSON array, and in a .json file a single event, is
 * cut into lines.
 */
export async function eventInput(path: string): Promise<AsyncIterable<Uint8Array>> {
  const chunks = path === '-' ? process.stdin : await fileChunks(path);
  const [first, all] = await peek(chunks);
  const isWhole = first === OPENING_BRACKET || (path.endsWith('.json') && (await isOneDocument(path)));
  return isWhole ? cutIntoLines(await collect(all)) : all;
}

async function fileChunks(path: string): Promise<AsyncIterable<Buffer>> {
  try {
    await (await open(path)).close();
    if ((await stat(path)).isDirectory()) throw Object.assign(new Error(), { code: 'EISDIR' });
  } catch (error) {
    throw cannotRead(path, error);
  }
  return createReadStream(path);
}

/** Returns the first byte that is not white space, and the whole input with what was read to find it. */
async function peek(chunks: AsyncIterable<Buffer>): Promise<[number | undefined, AsyncIterable<Uint8Array>]> {
  const iterator = chunks[Symbol.asyncIterator]();
  const read: Buffer[] = [];
  let first: number | undefined;
  while (first === undefined) {
    const { value, done } = await iterator.next();
    if (done) break;
    read.push(value);
    first = value.find((byte) => byte > SPACE);
  }
  return [first, rest(read, iterator)];
}

async function* rest(read: Buffer[], iterator: AsyncIterator<Buffer>): AsyncGenerator<Uint8Array> {
  yield* read;
  for (let next = await iterator.next(); !next.done; next = await iterator.next()) yield next.value;
}

/** A .json file may hold NDJSON too: then its first line is an event and the file is no JSON document. */
async function isOneDocument(path: string): Promise<boolean> {
  if ((await stat(path)).size > WHOLE_BYTES_MAX) return false;
  try {
    JSON.parse((await collect(createReadStream(path))).toString());
    return true;
  } catch {
    return false;
  }
}

async function collect(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of chunks) {
    parts.push(chunk);
    bytes += chunk.length;
    if (bytes > WHOLE_BYTES_MAX) throw new UsageError('a JSON array of more than 256 MiB must be given as NDJSON');
  }
  return Buffer.concat(parts);
}

async function* cutIntoLines(bytes: Buffer): AsyncGenerator<Uint8Array> {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    JSON.parse(text);
  } catch (error) {
    throw new UsageError(`the input is not JSON: ${(error as Error).name}`);
  }
  const newline = Uint8Array.of(NEWLINE);
  for (const event of jsonElements(text)) {
    yield Buffer.from(event);
    yield newline;
  }
}
