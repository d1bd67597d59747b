import { type Command, InvalidArgumentError, Option } from 'commander';
import type { BrokerHandle } from '../../../broker/boot/broker-handle.js';
import type { Config, loadConfig } from '../../../broker/config.js';

interface StartOptions {
  config?: string;
  nats?: string;
  port?: number;
  data?: string;
  durability?: Config['durability'];
  workers?: number;
  json?: boolean;
}

export function addStart(program: Command): void {
  program
    .command('start')
    .summary('run a broker in the foreground')
    .description(
      'Run a broker in the foreground until Ctrl-C, which drains it. Without --nats it runs a nats-server of its own. ' +
        'Options win over SLUICE_… variables, those over the configuration file.',
    )
    .addOption(new Option('--config <file>', 'configuration (YAML)').env('SLUICE_CONFIG'))
    .option('--nats <url>', 'an external NATS server or cluster')
    .option('--port <port>', 'HTTP port, 0 for a free one (default: 8080)', portNumber)
    .option('--data <folder>', 'where the embedded server keeps its data (default: .sluice)')
    .addOption(
      new Option(
        '--durability <grade>',
        'strict: events survive a power cut; relaxed: events survive a crash of the process',
      ).choices(['strict', 'relaxed']),
    )
    .option('--workers <number>', 'processes that serve on the one port (default: 1)', workerNumber)
    .option('--json', 'print the address as one line of JSON')
    .addHelpText('after', '\nExample:\n  $ sluice start --data /var/lib/sluice --port 8080')
    .action(start);
}

async function start(options: StartOptions): Promise<void> {
  const [{ loadConfig }, { runBroker }] = await Promise.all([
    import('../../../broker/config.js'),
    import('../../../broker/run-broker.js'),
  ]);
  const configure = (): Config => configOf(options, process.env, loadConfig);
  await runBroker(configure, options.json ? { announcement: jsonAnnouncement } : {});
}

function jsonAnnouncement({ trial, newOperatorToken }: BrokerHandle, url: string): string {
  return JSON.stringify({ url, trial, operatorToken: newOperatorToken });
}

function configOf(options: StartOptions, env: NodeJS.ProcessEnv, load: typeof loadConfig): Config {
  const overlaid = {
    ...env,
    ...(options.nats === undefined ? {} : { SLUICE_NATS: options.nats }),
    ...(options.port === undefined ? {} : { SLUICE_PORT: String(options.port) }),
    ...(options.data === undefined ? {} : { SLUICE_DATA: options.data }),
    ...(options.workers === undefined ? {} : { SLUICE_WORKERS: String(options.workers) }),
  };
  const config = load(overlaid, options.config);
  return options.durability === undefined ? config : { ...config, durability: options.durability };
}

function workerNumber(text: string): number {
  const workers = Number(text);
  if (!/^\d{1,2}$/.test(text) || workers < 1 || workers > 64)
    throw new InvalidArgumentError('It must be a number from 1 to 64.');
  return workers;
}

export function portNumber(text: string): number {
  const port = Number(text);
  if (!/^\d{1,5}$/.test(text) || port > 65_535) throw new InvalidArgumentError('It must be a number from 0 to 65535.');
  return port;
}
