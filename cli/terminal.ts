import { once } from 'node:events';
import type { Writable } from 'node:stream';

/** Where a command speaks: results to standard output, everything else to standard error. */
export interface Terminal {
  /** Waits while the reader of a pipe is slow. */
  out(line: string): Promise<void>;
  err(line: string): void;
  /** True when a person looks on, so that colour makes sense. */
  readonly isInteractive: boolean;
}

export class StandardTerminal implements Terminal {
  readonly isInteractive = process.stdout.isTTY === true && process.env.NO_COLOR === undefined;

  constructor() {
    // A reader that has seen enough (`| head`) ends the program quietly.
    process.stdout.on('error', (error: NodeJS.ErrnoException) => {
      process.exit(error.code === 'EPIPE' ? 0 : 1);
    });
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
