import { readSync } from 'node:fs';
import { parentPort } from 'node:worker_threads';
import { UnusableFileError } from '../reading/table.js';
import type { FileAnswer, FileRequest } from './file-messages.js';
import { readCatalogFile } from './read-sheet-file.js';
import type { SheetEntry } from './sheet-entry.js';

/** Entries, items and lines that go out in one message, so that taking them over is short work for the receiver. */
const PARTS_PER_PIECE = 1_000;

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
  const { entries, ...rest } = file;
  yield { kind: 'file', file: { ...rest, entries: [] } };
  let piece: unknown[] = [];
  let parts = 0;
  for (const entry of entries) {
    piece.push(entry);
    parts += 1 + (entry.items?.length ?? 0) + entry.faults.length;
    if (parts < PARTS_PER_PIECE) continue;
    yield pieceOf(piece);
    piece = [];
    parts = 0;
  }
  if (piece.length > 0) yield pieceOf(piece);
}

const pieceOf = (entries: unknown[]): FileAnswer => ({ kind: 'entries', entries: entries as SheetEntry[] });

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
