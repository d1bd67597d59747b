import { type Command, InvalidArgumentError, Option } from 'commander';
import { onInterruption } from '../../interruption.js';
import type { Terminal } from '../../terminal.js';
import { countOf } from '../events/subscribe-options.js';
import { portNumber } from './start.js';

interface DemoCommandOptions {
  port?: number;
  data?: string;
  seed: number;
  rate: number;
  json?: boolean;
  lawful?: boolean;
}

const DEFAULT_SEED = 350_100;
const EVENTS_PER_SECOND = 3;

export function addDemo(program: Command, terminal: Terminal): void {
  program
    .command('demo')
    .summary('run the whole bus with sample departments and synthetic citizens')
    .description(
      'Run the whole bus with the sample departments of Fuzhou and a simulator of synthetic citizens and businesses, and ' +
        'show what one department receives. Ctrl-C ends it; the next start continues with the same data.',
    )
    .option('--port <port>', 'HTTP port, 0 for a free one (default: 8080)', portNumber)
    .option('--data <folder>', 'where the data are kept (default: .sluice, with --lawful .sluice-lawful)')
    .addOption(
      new Option(
        '--lawful',
        'instead, a registered bus with a test clock and an officer for every role, whose tokens it prints',
      ).conflicts(['seed', 'rate', 'json']),
    )
    .option('--seed <number>', 'another seed is another city', seedNumber, DEFAULT_SEED)
    .option('--rate <events>', 'events a second', countOf, EVENTS_PER_SECOND)
    .option('--json', 'what the department receives, as NDJSON on standard output')
    .addHelpText('after', '\nExample:\n  $ sluice demo --port 0 --data /tmp/trial --rate 20')
    .action((options: DemoCommandOptions) => run(options, terminal));
}

async function run(options: DemoCommandOptions, terminal: Terminal): Promise<void> {
  // Each is loaded when it is needed, as every other command would wait for a whole broker.
  if (options.lawful) {
    const { runLawfulBus } = await import('./lawful/lawful-bus.js');
    await runLawfulBus(environment(options), terminal);
    return;
  }
  const { loadConfig } = await import('../../../broker/config.js');
  const config = loadConfig(environment(options), undefined);
  const { seed, rate, json = false } = options;
  const { Demo } = await import('./demo/demo.js');
  const demo = new Demo({ config, seed, eventsPerSecond: rate, terminal, json });
  // A terminal that is closed must not leave a nats-server behind.
  const release = onInterruption(() => demo.stop());
  try {
    await demo.run();
  } finally {
    release();
  }
}

/** Only errors of the broker are logged, so that its log does not drown what the demo shows. */
function environment({ port, data }: DemoCommandOptions): NodeJS.ProcessEnv {
  return {
    ...process.env,
    SLUICE_LOG_LEVEL: process.env.SLUICE_LOG_LEVEL ?? 'error',
    ...(port === undefined ? {} : { SLUICE_PORT: String(port) }),
    ...(data === undefined ? {} : { SLUICE_DATA: data }),
  };
}

function seedNumber(text: string): number {
  const seed = Number(text);
  if (!/^\d{1,10}$/.test(text) || seed >= 2 ** 32)
    throw new InvalidArgumentError('It must be a whole number below 2^32.');
  return seed;
}
