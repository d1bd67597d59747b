import { sharedTurn, type TurnShare } from '../../../proto/async/shared-turns.js';
import type { LineHolder, UnfinishedLines } from './unfinished-lines.js';

const NEWLINE = 0x0a;
const BYTE_ORDER_MARK = 0xfeff;
/** Anything but spaces, tabs, the carriage return of CRLF and other control characters. */
const VISIBLE = /[^\0- ]/;

/** A byte order mark is kept by the decoder: where the text was cut says nothing about whether it has to go. */
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** One line of the input; `flaw` when it has no text. */
export interface InputLine {
  /** From 1, blank lines counted. */
  number: number;
  text: string | undefined;
  flaw?: 'too long' | 'not UTF-8' | 'no room';
}

/** A chunk of 64 KiB may hold 30,000 lines. As objects they take thirty times its bytes, so only so many are made before they are handled. */
const LINES_AT_ONCE_MAX = 256;
/** Blank ones among them, which make no objects: a fraction of a millisecond. */
const CUT_AT_ONCE_MAX = 4_096;

/**
 * Cuts a stream of bytes into lines, without regard to characters: a line that is not UTF-8 spoils no other. Yields
 * the lines that a chunk completes together, so that work is done per chunk, and many short ones in several parts. Blank
 * lines are left out.
 */
export async function* ndjsonLines(
  body: AsyncIterable<Buffer>,
  cutter: LineCutter,
  share?: TurnShare,
): AsyncGenerator<InputLine[]> {
  for await (const chunk of body) {
    for (const lines of cutter.push(chunk)) {
      if (lines.length > 0) yield lines;
      // Nobody takes a turn for handling blank lines.
      else await sharedTurn(share);
    }
  }
  const last = cutter.end();
  if (last.length > 0) yield last;
}

/** Cuts one stream. Its owner calls `release` when it reads no more. */
export class LineCutter implements LineHolder {
  #number = 0;
  /** The begun line: in the chunk that it came in, or copied together when it came in several. */
  #held: Buffer = Buffer.alloc(0);
  #heldBytes = 0;
  #isTooLong = false;
  /** False while `#held` is the memory of a chunk, which is not ours to write to. */
  #isOwn = false;

  /** Lines of others took the room of the one that was begun: nothing can follow it. */
  #isDropped = false;
  #isOver = false;

  constructor(
    private readonly lineBytesMax: number,
    private readonly unfinished: UnfinishedLines,
  ) {}

  /** Cuts a chunk as its lines are taken: all of them are to be taken before the next call. */
  *push(chunk: Buffer): Generator<InputLine[]> {
    if (this.#isOver) return;
    const firstEnd = chunk.indexOf(NEWLINE);
    if (!this.#isDropped) this.#hold(firstEnd === -1 ? chunk : chunk.subarray(0, firstEnd));
    if (this.#isDropped) yield this.#endWithoutRoom();
    else if (firstEnd >= 0) yield* this.#cutFrom(chunk, firstEnd);
  }

  /** The held line ends at the first newline of the chunk. */
  *#cutFrom(chunk: Buffer, firstEnd: number): Generator<InputLine[]> {
    const lines: InputLine[] = [];
    this.#cut(lines);
    const lastEnd = chunk.lastIndexOf(NEWLINE);
    if (lastEnd > firstEnd) yield* this.#cutWhole(chunk.subarray(firstEnd + 1, lastEnd + 1), lines);
    if (lastEnd + 1 < chunk.length) this.#hold(chunk.subarray(lastEnd + 1));
    if (lines.length > 0) yield lines;
  }

  /** The bytes after the last newline are a line too. */
  end(): InputLine[] {
    const lines: InputLine[] = [];
    if (this.#isDropped) return this.#isOver ? lines : this.#endWithoutRoom();
    this.#cut(lines);
    return lines;
  }

  drop(): void {
    this.#isDropped = true;
    this.#held = Buffer.alloc(0);
  }

  /** Safe to call twice. */
  release(): void {
    this.#held = Buffer.alloc(0);
    this.unfinished.hold(this, 0);
  }

  #endWithoutRoom(): InputLine[] {
    this.#isOver = true;
    return [{ number: this.#number + 1, text: undefined, flaw: 'no room' }];
  }

  /** Lines with their ends, decoded together: that takes a third of decoding each. Leaves in `lines` what is not yielded. */
  *#cutWhole(bytes: Buffer, lines: InputLine[]): Generator<InputLine[]> {
    const text = bytes.length <= this.lineBytesMax ? decode(bytes) : undefined;
    if (text === undefined) {
      yield* this.#cutOneByOne(bytes, lines);
      return;
    }
    let start = 0;
    let cut = 0;
    for (let end = text.indexOf('\n'); end !== -1; end = text.indexOf('\n', start)) {
      this.#add(lines, text.slice(start, end));
      start = end + 1;
      if (lines.length === LINES_AT_ONCE_MAX || ++cut % CUT_AT_ONCE_MAX === 0) yield lines.splice(0);
    }
  }

  /** One of them is broken or too long. */
  *#cutOneByOne(bytes: Buffer, lines: InputLine[]): Generator<InputLine[]> {
    let start = 0;
    for (let end = bytes.indexOf(NEWLINE); end !== -1; end = bytes.indexOf(NEWLINE, start)) {
      this.#hold(bytes.subarray(start, end));
      this.#cut(lines);
      start = end + 1;
      if (lines.length >= LINES_AT_ONCE_MAX) yield lines.splice(0);
    }
  }

  #hold(part: Buffer): void {
    this.#heldBytes += part.length;
    if (this.#heldBytes > this.lineBytesMax) {
      this.#isTooLong = true;
      this.#held = Buffer.alloc(0);
    } else if (this.#heldBytes === part.length) {
      this.#held = part;
      this.#isOwn = false;
    } else {
      this.#append(part);
    }
    this.unfinished.hold(this, this.#isTooLong ? 0 : this.#heldBytes);
  }

  /** Into a buffer that doubles: a list of parts would cost a hundred bytes for each byte of a line sent byte by byte. */
  #append(part: Buffer): void {
    const before = this.#heldBytes - part.length;
    if (this.#held.length < this.#heldBytes || !this.#isOwn) {
      const larger = Buffer.allocUnsafeSlow(
        Math.max(this.#heldBytes, Math.min(2 * this.#held.length, this.lineBytesMax)),
      );
      this.#held.copy(larger, 0, 0, before);
      this.#held = larger;
      this.#isOwn = true;
    }
    part.copy(this.#held, before);
  }

  #cut(lines: InputLine[]): void {
    const isTooLong = this.#isTooLong;
    const text = decode(this.#held.subarray(0, this.#heldBytes));
    this.release();
    this.#heldBytes = 0;
    this.#isTooLong = false;
    if (isTooLong) lines.push({ number: ++this.#number, text: undefined, flaw: 'too long' });
    else if (text === undefined) lines.push({ number: ++this.#number, text, flaw: 'not UTF-8' });
    else this.#add(lines, text);
  }

  #add(lines: InputLine[], line: string): void {
    const number = ++this.#number;
    const text = line.charCodeAt(0) === BYTE_ORDER_MARK ? line.slice(1) : line;
    if (VISIBLE.test(text)) lines.push({ number, text });
  }
}

/** Undefined when the bytes are not UTF-8. */
function decode(bytes: Buffer): string | undefined {
  try {
    return decoder.decode(bytes);
  } catch {
    return undefined;
  }
}
