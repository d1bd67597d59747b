import { BrokenFileError } from './broken-file.js';

/** A packed file, which is read from its beginning each time. */
export interface Archive {
  bytes: number;
  chunks(): AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
}

/** A file in an archive, as the directory at its end states it. */
export interface ArchiveEntry {
  name: string;
  isEncrypted: boolean;
  method: number;
  crc: number;
  packedBytes: number;
  bytes: number;
  /** Offset of its header in the archive. */
  at: number;
}

const [END, END_64, LOCATOR_64, ENTRY] = [0x06054b50, 0x06064b50, 0x07064b50, 0x02014b50] as const;
const [END_BYTES, LOCATOR_64_BYTES, END_64_BYTES, ENTRY_BYTES] = [22, 20, 56, 46] as const;
/** The end of an archive with the longest comment, and what ZIP64 puts before it. */
const TAIL_BYTES = 64 * 1024 + END_BYTES + LOCATOR_64_BYTES + END_64_BYTES;
/** Some hundred thousand files; a workbook has some tens. */
const DIRECTORY_BYTES_MAX = 16 * 1024 * 1024;
/** Stands in a field whose value is in the fields of ZIP64. */
const IN_ZIP64 = 0xffff_ffff;
const ENCRYPTED = 1;

export const damaged = (): BrokenFileError => new BrokenFileError('it is no complete ZIP archive, or is damaged');

/**
 * The files of an archive. What stands before the directory alone may be a file that was replaced, and an archive without one is the beginning
 * of an archive, whose transfer was cut. Throws BrokenFileError. See docs/decisions/0382.
 */
export async function directoryOf(archive: Archive): Promise<ArchiveEntry[]> {
  const { at, bytes } = spanOfDirectory(await bytesOf(archive, Math.max(0, archive.bytes - TAIL_BYTES), archive.bytes));
  if (bytes > DIRECTORY_BYTES_MAX) throw new BrokenFileError('it has more files in it than a workbook has');
  return entriesIn(await bytesOf(archive, at, at + bytes));
}

/** The bytes from one offset to before another. */
async function bytesOf(archive: Archive, from: number, to: number): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  let at = 0;
  for await (const chunk of archive.chunks()) {
    const [first, end] = [Math.max(from - at, 0), Math.min(to - at, chunk.length)];
    if (first < end) parts.push(chunk.subarray(first, end));
    at += chunk.length;
    if (at >= to) break;
  }
  return Buffer.concat(parts);
}

function spanOfDirectory(tail: Buffer): { at: number; bytes: number } {
  for (let at = tail.length - END_BYTES; at >= 0; at--) {
    if (tail.readUInt32LE(at) !== END || at + END_BYTES + tail.readUInt16LE(at + 20) > tail.length) continue;
    const span = { bytes: tail.readUInt32LE(at + 12), at: tail.readUInt32LE(at + 16) };
    return span.at === IN_ZIP64 || span.bytes === IN_ZIP64 ? spanIn64(tail, at) : span;
  }
  throw damaged();
}

/** The end of a ZIP64 archive stands right before its locator, and that before the end of every archive. */
function spanIn64(tail: Buffer, end: number): { at: number; bytes: number } {
  const at = end - LOCATOR_64_BYTES - END_64_BYTES;
  if (at < 0 || tail.readUInt32LE(at) !== END_64 || tail.readUInt32LE(at + END_64_BYTES) !== LOCATOR_64)
    throw damaged();
  return { bytes: Number(tail.readBigUInt64LE(at + 40)), at: Number(tail.readBigUInt64LE(at + 48)) };
}

function entriesIn(directory: Buffer): ArchiveEntry[] {
  const entries: ArchiveEntry[] = [];
  for (let at = 0; at < directory.length; ) {
    if (at + ENTRY_BYTES > directory.length || directory.readUInt32LE(at) !== ENTRY) throw damaged();
    const [name, extra, comment] = [28, 30, 32].map((field) => directory.readUInt16LE(at + field)) as [
      number,
      number,
      number,
    ];
    const names = at + ENTRY_BYTES;
    const end = names + name + extra + comment;
    if (end > directory.length) throw damaged();
    entries.push(entryAt(directory, at, directory.toString('utf8', names, names + name), names + name, extra));
    at = end;
  }
  return entries;
}

function entryAt(directory: Buffer, at: number, name: string, extraAt: number, extraBytes: number): ArchiveEntry {
  // In the order in which ZIP64 states those that their own fields are too short for.
  const sizes = [24, 20, 42].map((field) => directory.readUInt32LE(at + field));
  const [bytes, packedBytes, headerAt] = sizes.includes(IN_ZIP64)
    ? sizesIn64(directory.subarray(extraAt, extraAt + extraBytes), sizes)
    : sizes;
  return {
    name,
    isEncrypted: (directory.readUInt16LE(at + 8) & ENCRYPTED) !== 0,
    method: directory.readUInt16LE(at + 10),
    crc: directory.readUInt32LE(at + 16),
    packedBytes: packedBytes as number,
    bytes: bytes as number,
    at: headerAt as number,
  };
}

const ZIP64_FIELD = 1;

function sizesIn64(extra: Buffer, sizes: readonly number[]): number[] {
  for (let at = 0; at + 4 <= extra.length; at += 4 + extra.readUInt16LE(at + 2)) {
    if (extra.readUInt16LE(at) !== ZIP64_FIELD) continue;
    let next = at + 4;
    return sizes.map((size) => {
      if (size !== IN_ZIP64) return size;
      if (next + 8 > extra.length) throw damaged();
      next += 8;
      return Number(extra.readBigUInt64LE(next - 8));
    });
  }
  throw damaged();
}
