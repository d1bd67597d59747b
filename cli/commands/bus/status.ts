import type { Command } from 'commander';
import { ApiError } from '../../../client/errors.js';
import { apiOf, type ConnectionOptions, withConnection } from '../../connection-options.js';
import { CommandEnded, EXIT } from '../../exit-codes.js';
import type { Terminal } from '../../terminal.js';

export function addStatus(program: Command, terminal: Terminal): void {
  withConnection(program.command('status'))
    .summary('show whether the bus is ready')
    .description('Show whether events can be published and streamed. Ends with exit code 3 when they cannot.')
    .addHelpText('after', '\nExample:\n  $ sluice status --url https://bus.example')
    .action((options: ConnectionOptions) => status(options, terminal));
}

async function status(options: ConnectionOptions, terminal: Terminal): Promise<void> {
  const { isReady, reasons, notices } = await readiness(options);
  if (options.json) {
    await terminal.out(JSON.stringify({ url: options.url, ready: isReady, reasons, notices }));
  } else {
    await terminal.out(isReady ? `${options.url} is ready` : `${options.url} is up but not ready:`);
    for (const reason of reasons) await terminal.out(`  - ${reason}`);
    for (const notice of notices) await terminal.out(`  note: the NATS server: ${notice}`);
  }
  if (!isReady) throw new CommandEnded(EXIT.UNREACHABLE);
}

interface Readiness {
  isReady: boolean;
  reasons: string[];
  /** Warnings for the operator that do not make the bus unready. */
  notices: string[];
}

async function readiness(options: ConnectionOptions): Promise<Readiness> {
  try {
    const { notices = [] } = (await apiOf(options).json('/readyz')) as { notices?: string[] };
    return { isReady: true, reasons: [], notices };
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return { isReady: false, reasons: error.problem.problems ?? [error.problem.detail], notices: [] };
  }
}
