import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import type { ConnectorConfig } from '../../../connectors/runtime/connector-config.js';
import { ConnectorConfigError, ConnectorError } from '../../../connectors/runtime/connector-errors.js';
import { CommandEnded, EXIT, UsageError } from '../../exit-codes.js';
import { onInterruption } from '../../interruption.js';
import type { Terminal } from '../../terminal.js';
import type { RunningConnector } from './run-connector.js';

export function addConnect(program: Command, terminal: Terminal): void {
  program
    .command('connect')
    .argument('<config>', 'configuration of one connector (YAML)')
    .summary('run a connector between a system of yours and the bus')
    .description(
      'Run a connector in the foreground until Ctrl-C: a source that publishes the changes of a database, of files or of an ' +
        'HTTP service, or a sink that stores what a grant delivers. It waits while either side is away.',
    )
    .option('--json', 'machine-readable output')
    .addHelpText('after', '\nExample:\n  $ SLUICE_TOKEN=... sluice connect licences.yaml')
    .action((path: string, options: { json?: boolean }) => connect(path, options, terminal));
}

async function connect(path: string, options: { json?: boolean }, terminal: Terminal): Promise<void> {
  const ending = new AbortController();
  const stopListening = onInterruption(() => ending.abort());
  try {
    const { runConnector } = await import('./run-connector.js');
    await runConnector(await configOf(path), ending.signal, (running) => {
      void terminal.out(options.json ? JSON.stringify(running) : announcement(running));
    });
  } catch (error) {
    if (error instanceof ConnectorConfigError) throw new UsageError(`${path} is wrong`, error.problems);
    if (!(error instanceof ConnectorError)) throw error;
    terminal.err(`sluice: ${error.code}: ${error.message}`);
    throw new CommandEnded(EXIT.REFUSED);
  } finally {
    stopListening();
  }
}

async function configOf(path: string): Promise<ConnectorConfig> {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new UsageError(`${path} cannot be read: ${(error as NodeJS.ErrnoException).code}`);
  }
  const { parseConnectorConfig } = await import('../../../connectors/runtime/connector-config.js');
  return parseConnectorConfig(text, path, process.env);
}

const announcement = ({ name, kind, metricsUrl }: RunningConnector): string =>
  `connector ${name} (${kind}) is running${metricsUrl === undefined ? '' : `, metrics at ${metricsUrl}`}`;
