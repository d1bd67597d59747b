import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import type { Command } from 'commander';
import { UsageError } from '../../exit-codes.js';
import type { Terminal } from '../../terminal.js';
import { sinceOf } from '../events/subscribe-options.js';
import { recentLines } from './recent-lines.js';

interface LogOptions {
  /** When the lines of interest begin, as a date-time. */
  since?: string;
  canary?: boolean;
}

const DEFAULT_SINCE = '15m';

export function addLog(program: Command, terminal: Terminal): void {
  program
    .command('log [file]')
    .summary('print the log of the broker or canary of this machine, with readable times')
    .description(
      'Print the lines of the last minutes. The log is read from the file, "-" for standard input; without one from the file that SLUICE_LOG names ' +
        '(of a canary SLUICE_CANARY_LOG), or else from the journal of the unit sluice (sluice-canary).',
    )
    .option('--since <duration>', `how far back, like 90s, 15m, 1h or 2d (default: ${DEFAULT_SINCE})`, sinceOf)
    .option('--canary', 'the log of the canary')
    .addHelpText('after', "\nExamples:\n  $ sluice log | grep 'failed log-in'\n  $ sluice log --since 1h sluice.log")
    .action((file: string | undefined, options: LogOptions) => log(file, options, terminal));
}

async function log(file: string | undefined, options: LogOptions, terminal: Terminal): Promise<void> {
  const sinceMs = Date.parse(options.since ?? sinceOf(DEFAULT_SINCE));
  const name = options.canary ? 'SLUICE_CANARY_LOG' : 'SLUICE_LOG';
  // Empty counts as not set, as with every other variable.
  const named = file ?? (process.env[name] || undefined);
  if (named === undefined) return journal(options.canary ? 'sluice-canary' : 'sluice', sinceMs, name, terminal);
  const input = named === '-' ? process.stdin : createReadStream(named);
  await print(input, sinceMs, terminal).catch((error: NodeJS.ErrnoException) => {
    throw new UsageError(`the log ${named} cannot be read: ${error.code ?? error.message}`);
  });
}

async function print(input: Readable, sinceMs: number, terminal: Terminal): Promise<void> {
  const lines = createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY });
  // A failure of the input does not end the lines by itself.
  const failed = once(input, 'error').then(([error]) => Promise.reject(error as Error));
  const printed = (async () => {
    for await (const line of recentLines(lines, sinceMs)) await terminal.out(line);
  })();
  await Promise.race([printed, failed]);
}

async function journal(unit: string, sinceMs: number, variable: string, terminal: Terminal): Promise<void> {
  const args = ['-q', '-u', unit, '-o', 'cat', '--since', `@${Math.floor(sinceMs / 1000)}`];
  const child = spawn('journalctl', args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'close').catch((error: NodeJS.ErrnoException) => {
    throw new UsageError(
      `journalctl cannot be run (${error.code}): give the file of the log, or name it in ${variable}`,
    );
  });
  const [[status]] = await Promise.all([ended, print(child.stdout, sinceMs, terminal)]);
  if (status !== 0)
    throw new UsageError(`journalctl ended with ${status}: give the file of the log, or name it in ${variable}`);
}
