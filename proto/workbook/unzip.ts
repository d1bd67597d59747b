import { Inflate } from 'fflate';
import { type Archive, type ArchiveEntry, damaged, directoryOf } from './archive-directory.js';
import { BrokenFileError } from './broken-file.js';
import { crc32 } from './crc32.js';

/** XML of sheets packs to a tenth or a thirtieth; what unpacks to more than this is made to fill the memory. */
const UNPACKED_SHARE_MAX = 100;
/** A workbook of a few kilobytes may be all repetition. */
const UNPACKED_BYTES_MIN = 4 * 1024 * 1024;
const UNPACKED_BYTES_MAX = 512 * 1024 * 1024;
/** Bytes that are unpacked in one go, at most a thousandfold, before the bound is checked. See docs/decisions/0187. */
const STEP_BYTES = 16 * 1024;
const [STORED, DEFLATED] = [0, 8] as const;

/**
 * Unpacks the files of an archive that have a key, as UTF-8 by their keys. Throws BrokenFileError when they are too large together, when two
 * have one key, and when one is not what the archive states it to be.
 */
export async function unzip(
  packed: Archive,
  keyOf: (name: string) => string | undefined,
): Promise<Map<string, string>> {
  const budget = {
    bytes: Math.min(UNPACKED_BYTES_MAX, Math.max(UNPACKED_BYTES_MIN, packed.bytes * UNPACKED_SHARE_MAX)),
  };
  const texts = new Map<string, PackedText>();
  for (const entry of await directoryOf(packed)) {
    const key = keyOf(entry.name);
    if (key === undefined) continue;
    if (texts.has(key)) throw new BrokenFileError('it has one of its parts twice');
    texts.set(key, new PackedText(entry, budget));
  }
  await unpack(
    packed,
    [...texts.values()].sort((a, b) => a.at - b.at),
  );
  return new Map([...texts].map(([key, text]) => [key, text.end()]));
}

/** Expects the texts in the order in which they stand in the archive. */
async function unpack(packed: Archive, texts: readonly PackedText[]): Promise<void> {
  let next = 0;
  let at = 0;
  for await (const chunk of packed.chunks()) {
    for (let taken = 0; taken < chunk.length && next < texts.length; ) {
      const text = texts[next] as PackedText;
      const step = chunk.subarray(taken, taken + STEP_BYTES);
      // Its header was passed already where files lie on one another.
      if (!text.isOpen && text.at < at + taken) throw damaged();
      const skipped = text.isOpen ? 0 : Math.min(text.at - at - taken, step.length);
      taken += skipped + text.take(step.subarray(skipped));
      if (text.isComplete) next++;
    }
    at += chunk.length;
  }
}

const HEADER = 0x04034b50;
const HEADER_BYTES = 30;

/** One file on its way out of the archive. Its text is decoded as it comes, so that it is held once, and as text, which the heap of a thread bounds. */
class PackedText {
  isOpen = false;
  readonly #header: number[] = [];
  /** Bytes of its header that follow the fixed ones: its name once more, and more. */
  #skip = 0;
  #left: number;
  #bytes = 0;
  #crc = 0;
  readonly #decoder = new TextDecoder('utf-8', { fatal: true });
  readonly #pieces: string[] = [];
  readonly #inflate: Inflate | undefined;

  constructor(
    private readonly entry: ArchiveEntry,
    private readonly budget: { bytes: number },
  ) {
    if (entry.isEncrypted) throw new BrokenFileError('it is locked with a password');
    if (entry.method !== STORED && entry.method !== DEFLATED)
      throw new BrokenFileError('it is packed by an unknown method');
    this.#left = entry.packedBytes;
    if (entry.method === DEFLATED) this.#inflate = new Inflate((bytes) => this.#add(bytes));
  }

  get at(): number {
    return this.entry.at;
  }

  get isComplete(): boolean {
    return this.isOpen && this.#header.length === HEADER_BYTES && this.#skip === 0 && this.#left === 0;
  }

  /** Takes bytes that follow on those before, and returns how many of them are its own. */
  take(bytes: Uint8Array): number {
    let taken = 0;
    if (bytes.length > 0) this.isOpen = true;
    while (this.#header.length < HEADER_BYTES && taken < bytes.length) {
      this.#header.push(bytes[taken++]!);
      if (this.#header.length === HEADER_BYTES) this.#readHeader();
    }
    const skipped = Math.min(this.#skip, bytes.length - taken);
    this.#skip -= skipped;
    taken += skipped;
    const own = bytes.subarray(taken, taken + this.#left);
    if (this.#header.length < HEADER_BYTES || this.#skip > 0 || own.length === 0) return taken;
    this.#left -= own.length;
    if (this.#inflate) this.#unpack(this.#inflate, own);
    else this.#add(own);
    return taken + own.length;
  }

  #unpack(inflate: Inflate, bytes: Uint8Array): void {
    try {
      inflate.push(bytes, this.#left === 0);
    } catch (error) {
      throw error instanceof BrokenFileError ? error : damaged();
    }
  }

  /** Throws BrokenFileError for other bytes than those that were packed. */
  end(): string {
    if (!this.isComplete || this.#bytes !== this.entry.bytes || this.#crc !== this.entry.crc) throw damaged();
    return this.#pieces.join('') + this.#decoder.decode();
  }

  #readHeader(): void {
    const header = Buffer.from(this.#header);
    if (header.readUInt32LE(0) !== HEADER) throw damaged();
    this.#skip = header.readUInt16LE(26) + header.readUInt16LE(28);
  }

  #add(bytes: Uint8Array): void {
    this.#bytes += bytes.length;
    this.budget.bytes -= bytes.length;
    if (this.budget.bytes < 0) throw new BrokenFileError('it unpacks to more than a hundred times its size');
    if (this.#bytes > this.entry.bytes) throw damaged();
    this.#crc = crc32(bytes, this.#crc);
    this.#pieces.push(this.#decoder.decode(bytes, { stream: true }));
  }
}
