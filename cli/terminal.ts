import { once } from 'node:events';
import type { Writable } from 'node:stream';

export interface PrintOptions {
  /** The line holds styles of our own; values of the bus in it have been made printable. */
  isStyled: boolean;
}

/** The output of a command: results on standard output, everything else on standard error. */
export interface Terminal {
  /** Resolves when the line is written; waits while the reader of a pipe is slow. */
  out(line: string, options?: PrintOptions): Promise<void>;
  err(line: string): void;
  /** True on a terminal with colours; false in a pipe or with NO_COLOR. */
  readonly isInteractive: boolean;
}

export class StandardTerminal implements Terminal {
  readonly isInteractive = process.stdout.isTTY === true && process.env.NO_COLOR === undefined;

  constructor() {
    // A reader that ends early (`| head`) ends the command without an error.
    process.stdout.on('error', (error: NodeJS.ErrnoException) => {
      process.exit(error.code === 'EPIPE' ? 0 : 1);
    });
    // Nobody reads the messages any more (`2>&1 | head`): the command goes on, and its exit code says how it went.
    process.stderr.on('error', () => undefined);
  }

  out(line: string): Promise<void> {
    return write(process.stdout, line);
  }

  err(line: string): void {
    process.stderr.write(`${line}\n`);
  }
}

async function write(stream: Writable, line: string): Promise<void> {
  if (!stream.write(`${line}\n`)) await once(stream, 'drain');
}
