import { CommanderError } from 'commander';
import { CommandEnded, EXIT } from './exit-codes.js';
import { failureLines, failureOf } from './failure.js';
import { PrintableTerminal } from './printable.js';
import { createProgram } from './program.js';
import type { Terminal } from './terminal.js';

/** Runs one command line and resolves with its exit code. Errors are printed, never thrown. */
export async function runCli(args: readonly string[], output: Terminal): Promise<number> {
  const terminal = new PrintableTerminal(output);
  try {
    await createProgram(terminal).parseAsync(args, { from: 'user' });
    return EXIT.OK;
  } catch (error) {
    if (error instanceof CommandEnded) return error.exitCode;
    // Commander has printed it; help and version end with 0.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.OK : EXIT.USAGE;
    return report(error, args.includes('--json'), terminal);
  }
}

async function report(error: unknown, asJson: boolean, terminal: Terminal): Promise<number> {
  const failure = await failureOf(error);
  if (!failure) {
    terminal.err(`sluice: unexpected failure: ${(error as Error).stack ?? String(error)}`);
    return EXIT.REFUSED;
  }
  if (asJson) terminal.err(JSON.stringify({ error: failure }));
  else for (const line of failureLines(failure)) terminal.err(line);
  return failure.exitCode;
}
