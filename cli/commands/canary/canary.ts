import { type Command, InvalidArgumentError, Option } from 'commander';
import { withConnection } from '../../connection-options.js';
import type { Terminal } from '../../terminal.js';
import { portNumber } from '../bus/start.js';
import type { CanaryCommandOptions } from './run-until-interrupted.js';

/** Prometheus' registry of ports gives 9464 to exporters without one of their own. */
const DEFAULT_METRICS_PORT = '9464';
const DEFAULT_INTERVAL_S = '60';
const INTERVAL_S_MIN = 0.2;

export function addCanary(program: Command, terminal: Terminal): void {
  withConnection(program.command('canary'))
    .summary('show all day that the bus delivers, and that it leaks nothing')
    .description(
      'Publish a synthetic event a minute for each partition, follow it over every transport, and look for its secrets in all that ' +
        'the bus gives out. The first start takes the token of the platform operator and makes the two tokens of the canary; ' +
        'later ones need none. See docs/operations.md.',
    )
    .addOption(
      new Option('--data <folder>', 'its tokens and its name').env('SLUICE_CANARY_DATA').default('.sluice-canary'),
    )
    .addOption(new Option('--metrics-host <address>', 'address of its /metrics').default('127.0.0.1'))
    .addOption(
      new Option('--metrics-port <port>', 'port of its /metrics, 0 for a free one')
        .argParser(portNumber)
        .default(Number(DEFAULT_METRICS_PORT)),
    )
    .addOption(
      new Option('--interval <seconds>', 'from one round to the next')
        .argParser(intervalSeconds)
        .default(Number(DEFAULT_INTERVAL_S)),
    )
    .addOption(
      new Option('--audit-token <token>', 'of an auditor, to search the ledger too').env('SLUICE_CANARY_AUDIT_TOKEN'),
    )
    .addOption(
      new Option('--log-file <file>', 'log of a broker on this machine, to search it too; may be repeated')
        .argParser(collect)
        .default([], 'none'),
    )
    .addHelpText('after', '\nExample:\n  $ SLUICE_TOKEN=... sluice canary --data /var/lib/sluice-canary')
    .action(async (options: CanaryCommandOptions) => {
      // Loaded when it is needed: every other command would wait for it.
      const { runUntilInterrupted } = await import('./run-until-interrupted.js');
      await runUntilInterrupted(options, terminal);
    });
}

function intervalSeconds(text: string): number {
  const seconds = Number(text);
  if (!(seconds >= INTERVAL_S_MIN && seconds <= 3600))
    throw new InvalidArgumentError(`It must be a number of seconds from ${INTERVAL_S_MIN} to 3600.`);
  return seconds;
}

const collect = (file: string, before: string[]): string[] => [...before, file];
