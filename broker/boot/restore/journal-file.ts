import { constants } from 'node:fs';
import { type FileHandle, open, readFile, rename } from 'node:fs/promises';
import type { RightState } from './right-state.js';

/** One line of the file. */
export type Line =
  | { state: RightState }
  /** Sequence up to which the ledger is journaled, in lines with states and where there was none to write. */
  | { seen: number }
  /** Sequence of a ledger record that settled a restore: the lines before are of the ledger that was lost. */
  | { settled: number };

/** Where the newest state of a right is in the file. */
interface LinePosition {
  seq: number;
  at: number;
  length: number;
}

const READ_AT_ONCE_BYTES = 1024 * 1024;
/** Above it a file of which more than half is replaced is written anew. */
const REWRITE_BYTES = 32 * 1024 * 1024;
const CREATE = constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | constants.O_NOFOLLOW;
const NEWLINE = 0x0a;

/** How a line with a state begins; the names and their order are those of `RightState`. */
const LINE_HEADS = ['{"state":{"seq":', '{"seen":', '{"settled":'];
const STATE_LINE = /^\{"state":\{"seq":(\d+),"hash":"[0-9a-f]{64}","kind":"([a-z-]+)","id":"([^"\\]+)",/;
const HEAD_BYTES_MAX = 512;

export const textOf = (lines: readonly Line[]): string => lines.map((line) => `${JSON.stringify(line)}\n`).join('');

/**
 * A journal as a start finds it. Tens of thousands of states, parsed and kept, took a second of the start and 200 MB, and all but the
 * newest are needed only when the store was put back. So a line is known by its position, and parsed when it is asked for
 * (docs/decisions/0223).
 */
export class JournalFile {
  /** Sequence up to which the ledger was journaled. */
  seen = 0;
  /** Sequence of the record that settled the last restore, 0 for none. */
  settled = 0;
  readonly #newest = new Map<string, LinePosition>();
  #bytes = 0;

  private constructor(readonly path: string) {}

  /** Undefined when there is none; throws when it cannot be read. A line that a crash cut off is left out. */
  static async read(path: string): Promise<JournalFile | undefined> {
    let file: FileHandle;
    try {
      file = await open(path, 'r');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
    const found = new JournalFile(path);
    try {
      await forEachLine(file, (line, at, isEnded) => found.#take(line, at, isEnded));
    } finally {
      await file.close();
    }
    return found;
  }

  /** The newest state of each right since the last restore, newest first. */
  async *states(): AsyncGenerator<RightState> {
    const positions = [...this.#newest.values()].sort((a, b) => b.seq - a.seq);
    if (positions.length === 0) return;
    const file = await open(this.path, 'r');
    try {
      for (const { at, length } of positions) {
        const { buffer } = await file.read(Buffer.allocUnsafe(length), 0, length, at);
        const line = parse(buffer);
        if (line && 'state' in line) yield line.state;
      }
    } finally {
      await file.close();
    }
  }

  /** Writes the file anew, with the newest state of each right, where that halves it. */
  async rewriteWhereWorth(bytesMin = REWRITE_BYTES): Promise<void> {
    const kept = [...this.#newest.values()].sort((a, b) => a.seq - b.seq);
    const keptBytes = kept.reduce((sum, { length }) => sum + length + 1, 0);
    if (this.#bytes <= bytesMin || this.#bytes <= keptBytes * 2) return;
    const bytes = await readFile(this.path);
    const lines = kept.flatMap(({ at, length }) => [bytes.subarray(at, at + length), Buffer.from('\n')]);
    const temporary = `${this.path}.new`;
    const file = await open(temporary, CREATE, 0o600);
    try {
      const [head, end] = [textOf([{ settled: this.settled }]), textOf([{ seen: this.seen }])];
      await file.writeFile(Buffer.concat([Buffer.from(head), ...lines, Buffer.from(end)]));
      await file.datasync();
    } finally {
      await file.close();
    }
    await rename(temporary, this.path);
  }

  #take(bytes: Buffer, at: number, isEnded: boolean): void {
    this.#bytes = at + bytes.length + 1;
    const position = isEnded ? positionOf(bytes, at) : undefined;
    if (position) {
      this.#newest.set(position.key, position);
      this.seen = position.seq;
      return;
    }
    const line = parse(bytes);
    if (!line) return;
    if ('seen' in line) this.seen = line.seen;
    else if ('settled' in line) {
      this.#newest.clear();
      this.settled = line.settled;
    } else {
      const { kind, id, seq } = line.state;
      this.#newest.set(`${kind}/${id}`, { seq, at, length: bytes.length });
      this.seen = seq;
    }
  }
}

/** Undefined for a line that has to be parsed: no state, or perhaps one that a crash cut off and another in the same line. */
function positionOf(bytes: Buffer, at: number): (LinePosition & { key: string }) | undefined {
  const [, seq, kind, id] = STATE_LINE.exec(bytes.toString('latin1', 0, HEAD_BYTES_MAX)) ?? [];
  if (seq === undefined || LINE_HEADS.some((head) => bytes.indexOf(head, 1) > 0)) return undefined;
  return { key: `${kind}/${id}`, seq: Number(seq), at, length: bytes.length };
}

/** The lines of a file, the last of which may have no end; the bytes are valid during the call. */
async function forEachLine(
  file: FileHandle,
  onLine: (bytes: Buffer, at: number, isEnded: boolean) => void,
): Promise<void> {
  let window = Buffer.allocUnsafe(READ_AT_ONCE_BYTES);
  let kept = 0;
  for (let readTo = 0; ; ) {
    // A line that is longer than the window.
    if (kept === window.length) window = Buffer.concat([window, Buffer.allocUnsafe(window.length)]);
    const { bytesRead } = await file.read(window, kept, window.length - kept, readTo);
    if (bytesRead === 0) {
      if (kept > 0) onLine(window.subarray(0, kept), readTo - kept, false);
      return;
    }
    const held = window.subarray(0, kept + bytesRead);
    const start = readTo - kept;
    let used = 0;
    for (let end = held.indexOf(NEWLINE, kept); end >= 0; end = held.indexOf(NEWLINE, used)) {
      onLine(held.subarray(used, end), start + used, true);
      used = end + 1;
    }
    held.copy(window, 0, used);
    readTo += bytesRead;
    kept = held.length - used;
  }
}

/** Undefined for an empty line and for one that a crash cut off. */
function parse(bytes: Buffer): Line | undefined {
  try {
    return JSON.parse(bytes.toString('utf8')) as Line;
  } catch {
    return undefined;
  }
}
