import type { Command } from 'commander';
import { ApiError } from '../connectors/client/errors.js';
import { apiOf, type ConnectionOptions, withConnection } from './connection-options.js';
import { CommandEnded, EXIT } from './exit-codes.js';
import type { Terminal } from './terminal.js';

export function addStatus(program: Command, terminal: Terminal): void {
  withConnection(program.command('status'))
    .summary('say whether the bus is ready')
    .description('Say whether events can be published and streamed. Ends with 3 when not.')
    .addHelpText('after', '\nExample:\n  $ sluice status --url https://bus.example')
    .action((options: ConnectionOptions) => status(options, terminal));
}

async function status(options: ConnectionOptions, terminal: Terminal): Promise<void> {
  const reasons = await unreadyReasons(options);
  const isReady = reasons === undefined;
  if (options.json) {
    await terminal.out(JSON.stringify({ url: options.url, ready: isReady, reasons: reasons ?? [] }));
  } else {
    await terminal.out(isReady ? `${options.url} is ready` : `${options.url} is up but not ready:`);
    for (const reason of reasons ?? []) await terminal.out(`  - ${reason}`);
  }
  if (!isReady) throw new CommandEnded(EXIT.UNREACHABLE);
}

async function unreadyReasons(options: ConnectionOptions): Promise<string[] | undefined> {
  try {
    await apiOf(options).json('/readyz');
    return undefined;
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return error.problem.problems ?? [error.problem.detail];
  }
}
