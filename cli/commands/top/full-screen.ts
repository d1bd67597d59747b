/** The terminal that a program draws on and reads keys from. */
export interface FullScreenStreams {
  input: NodeJS.ReadStream;
  output: NodeJS.WriteStream;
}

const ENTER = '\u001b[?1049h\u001b[?25l';
const LEAVE = '\u001b[?25h\u001b[?1049l';
const HOME = '\u001b[H';
/** Before a line and not behind it: with the cursor behind the last column, terminals would clear the last character. */
const CLEAR_LINE = '\u001b[2K';
/** Size assumed for a terminal that does not know its own. */
const SIZE = { columns: 80, lines: 24 };

/**
 * Owns the terminal between `open` and `close`: the second screen, so that what stood there before comes back; raw keys; no
 * cursor. `close` may be called at any time and more than once, and runs at the exit of the process as well.
 */
export class FullScreen {
  #isOpen = false;
  readonly #onExit = (): void => this.close();

  constructor(
    private readonly streams: FullScreenStreams,
    private readonly on: { key: (key: string) => void; resized: () => void },
  ) {}

  get size(): { columns: number; lines: number } {
    const { columns = SIZE.columns, rows = SIZE.lines } = this.streams.output;
    return { columns: columns || SIZE.columns, lines: rows || SIZE.lines };
  }

  open(): void {
    const { input, output } = this.streams;
    this.#isOpen = true;
    process.on('exit', this.#onExit);
    input.setRawMode(true);
    input.setEncoding('utf8');
    input.on('data', this.#onData);
    input.resume();
    output.on('resize', this.on.resized);
    output.write(ENTER);
  }

  /** Draws all lines anew over the old ones, which does not flicker as clearing the whole would. */
  draw(lines: readonly string[]): void {
    if (!this.#isOpen) return;
    this.streams.output.write(HOME + lines.map((line) => CLEAR_LINE + line).join('\r\n'));
  }

  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    const { input, output } = this.streams;
    process.off('exit', this.#onExit);
    output.off('resize', this.on.resized);
    input.off('data', this.#onData);
    input.setRawMode(false);
    input.pause();
    output.write(LEAVE);
  }

  /** Several keys may come at once; an arrow is one key of several characters. */
  readonly #onData = (text: string): void => {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: keys are control characters.
    for (const [key] of text.matchAll(/\u001b(?:\[[\d;]*[A-Za-z~]|O[A-Za-z])|[\s\S]/gu)) this.on.key(key);
  };
}
