import { runCli } from '../../../cli/run-cli.js';
import type { Terminal } from '../../../cli/terminal.js';

/** A terminal that records its output. */
class RecordingTerminal implements Terminal {
  readonly isInteractive = false;
  readonly lines: string[] = [];
  readonly errors: string[] = [];

  async out(line: string): Promise<void> {
    this.lines.push(line);
  }

  err(line: string): void {
    this.errors.push(line);
  }
}

interface CliRun {
  exitCode: number;
  out: string;
  err: string;
}

/** Runs one command line in this process. */
export async function sluice(...args: string[]): Promise<CliRun> {
  const terminal = new RecordingTerminal();
  const exitCode = await runCli(args, terminal);
  return { exitCode, out: terminal.lines.join('\n'), err: terminal.errors.join('\n') };
}
