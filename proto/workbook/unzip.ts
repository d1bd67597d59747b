import { Unzip, UnzipInflate } from 'fflate';
import { BrokenFileError } from './broken-file.js';

/** XML of sheets packs to a tenth or a thirtieth; what unpacks to more than this is made to fill the memory. */
const UNPACKED_SHARE_MAX = 100;
/** A workbook of a few kilobytes may be all repetition. */
const UNPACKED_BYTES_MIN = 4 * 1024 * 1024;
const UNPACKED_BYTES_MAX = 512 * 1024 * 1024;
/** Bytes that are unpacked in one go, at most a thousandfold, before the bound is checked. See docs/decisions/0187. */
const STEP_BYTES = 16 * 1024;

/** A packed file, which is read from its beginning each time. */
export interface Archive {
  bytes: number;
  chunks(): AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
}

/** Unpacks the entries of an archive that `isWanted` selects, as UTF-8. Throws BrokenFileError when they are too large together. */
export async function unzip(packed: Archive, isWanted: (name: string) => boolean): Promise<Map<string, string>> {
  const bytesMax = Math.min(UNPACKED_BYTES_MAX, Math.max(UNPACKED_BYTES_MIN, packed.bytes * UNPACKED_SHARE_MAX));
  const texts = new Map<string, () => string>();
  let bytes = 0;
  let failure: unknown;
  const archive = new Unzip((entry) => {
    if (!isWanted(entry.name)) return;
    const own = textOfChunks();
    texts.set(entry.name, own.end);
    entry.ondata = (error, chunk) => {
      failure ??= error ?? undefined;
      bytes += chunk?.length ?? 0;
      if (bytes > bytesMax) failure ??= new BrokenFileError('it unpacks to more than a hundred times its size');
      if (failure === undefined && chunk) own.add(chunk);
    };
    entry.start();
  });
  archive.register(UnzipInflate);
  for await (const chunk of packed.chunks()) {
    for (let at = 0; at < chunk.length; at += STEP_BYTES) {
      archive.push(chunk.subarray(at, at + STEP_BYTES));
      if (failure !== undefined) throw failure;
    }
  }
  archive.push(new Uint8Array(0), true);
  if (failure !== undefined) throw failure;
  return new Map([...texts].map(([name, end]) => [name, end()]));
}

/** Decodes UTF-8 as it comes, so that a part is held once, and as text, which the heap of a thread bounds. */
function textOfChunks(): { add(chunk: Uint8Array): void; end(): string } {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  const pieces: string[] = [];
  return {
    add: (chunk) => void pieces.push(decoder.decode(chunk, { stream: true })),
    end: () => pieces.join('') + decoder.decode(),
  };
}
