import { readSync } from 'node:fs';
import { parentPort } from 'node:worker_threads';
import { deflateRawSync } from 'node:zlib';
import { UnusableFileError } from '../reading/table.js';
import type { FileAnswer, FileRequest } from './file-messages.js';
import { readCatalogFile } from './read-sheet-file.js';
import { boundFaults, boundSize } from './sheet-entry.js';

/** Lines that go out in one message, so that taking them over is short work for the receiver. */
const LINES_PER_PIECE = 1_000;
/** Characters of JSON in one piece, beyond which it ends. A single entry may have more. */
const PIECE_CHARACTERS = 128 * 1024;
/** The text repeats itself, and the event loop waits for none of this. */
const DEFLATE = { level: 1 };

let pieces: Iterator<FileAnswer> | undefined;

parentPort?.on('message', async (request: FileRequest) => {
  if (request.kind === 'read') pieces = await answersOf(request.reading);
  const next = pieces?.next();
  parentPort?.postMessage(next?.done === false ? next.value : { kind: 'done' });
});

async function answersOf(reading: Extract<FileRequest, { kind: 'read' }>['reading']): Promise<Iterator<FileAnswer>> {
  try {
    const file = await readCatalogFile({ ...reading, bytes: bytesOf(reading.bytes) });
    return piecesOf(file);
  } catch (error) {
    if (!(error instanceof UnusableFileError)) throw error;
    return [{ kind: 'unusable', message: error.message } satisfies FileAnswer].values();
  }
}

function* piecesOf(file: Awaited<ReturnType<typeof readCatalogFile>>): Generator<FileAnswer> {
  const { entries, loose, ...head } = file;
  yield { kind: 'file', file: head };
  for (let at = 0; at < loose.length; at += LINES_PER_PIECE) {
    yield { kind: 'loose', loose: loose.slice(at, at + LINES_PER_PIECE) };
  }
  let piece: string[] = [];
  let characters = 0;
  for (const entry of entries) {
    boundFaults(entry);
    const text = boundSize(entry);
    if (characters > 0 && characters + text.length > PIECE_CHARACTERS) {
      yield pieceOf(piece);
      piece = [];
      characters = 0;
    }
    piece.push(text);
    characters += text.length;
  }
  if (piece.length > 0) yield pieceOf(piece);
}

const pieceOf = (entries: string[]): FileAnswer => ({
  kind: 'entries',
  bytes: new Uint8Array(deflateRawSync(`[${entries.join(',')}]`, DEFLATE)),
});

function bytesOf(source: Uint8Array | { descriptor: number; bytes: number }): Uint8Array {
  if (source instanceof Uint8Array) return source;
  const bytes = Buffer.allocUnsafeSlow(source.bytes);
  for (let at = 0; at < bytes.length; ) {
    const read = readSync(source.descriptor, bytes, at, bytes.length - at, at);
    if (read === 0) throw new Error('the file of a body is shorter than what was written to it');
    at += read;
  }
  return bytes;
}
