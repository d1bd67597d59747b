const NEWLINE = 0x0a;
const SPACE = 0x20;

/** One line of the input. A line beyond the limit has no bytes: it was not kept. */
export interface InputLine {
  /** From 1, blank lines counted. */
  number: number;
  bytes: Uint8Array | undefined;
}

/**
 * Cuts a stream of bytes into lines, without regard to characters: a line that is not UTF-8 spoils no other. Yields
 * all lines that a chunk completes at once, so that work is done per chunk. Blank lines are left out.
 */
export async function* ndjsonLines(body: AsyncIterable<Buffer>, lineBytesMax: number): AsyncGenerator<InputLine[]> {
  const cutter = new LineCutter(lineBytesMax);
  for await (const chunk of body) {
    const lines = cutter.push(chunk);
    if (lines.length > 0) yield lines;
  }
  const last = cutter.end();
  if (last.length > 0) yield last;
}

class LineCutter {
  #number = 0;
  #held: Buffer[] = [];
  #heldBytes = 0;
  #isTooLong = false;

  constructor(private readonly lineBytesMax: number) {}

  push(chunk: Buffer): InputLine[] {
    const lines: InputLine[] = [];
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, start)) {
      this.#hold(chunk.subarray(start, end));
      this.#cut(lines);
      start = end + 1;
    }
    if (start < chunk.length) this.#hold(chunk.subarray(start));
    return lines;
  }

  /** What follows the last newline is a line too. */
  end(): InputLine[] {
    const lines: InputLine[] = [];
    this.#cut(lines);
    return lines;
  }

  #hold(part: Buffer): void {
    this.#heldBytes += part.length;
    if (this.#heldBytes > this.lineBytesMax) {
      this.#isTooLong = true;
      this.#held = [];
    } else {
      this.#held.push(part);
    }
  }

  #cut(lines: InputLine[]): void {
    const number = ++this.#number;
    const bytes = this.#held.length === 1 ? this.#held[0]! : Buffer.concat(this.#held);
    const isTooLong = this.#isTooLong;
    this.#held = [];
    this.#heldBytes = 0;
    this.#isTooLong = false;
    if (isTooLong) lines.push({ number, bytes: undefined });
    else if (!isBlank(bytes)) lines.push({ number, bytes });
  }
}

/** Spaces, tabs and the carriage return of CRLF. */
function isBlank(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte <= SPACE);
}
