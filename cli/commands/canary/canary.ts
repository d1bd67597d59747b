import { type Command, InvalidArgumentError, Option } from 'commander';
import { pino } from 'pino';
import { BusApi } from '../../../client/bus-api.js';
import { runCanary } from '../../../dashboard/canary/canary.js';
import { CanaryMetrics } from '../../../dashboard/canary/canary-metrics.js';
import { CanaryConfigError, DataFolder } from '../../../dashboard/canary/data-folder.js';
import { openMetricsPage } from '../../../dashboard/canary/metrics-page.js';
import { type ConnectionOptions, withConnection } from '../../connection-options.js';
import { UsageError } from '../../exit-codes.js';
import { onInterruption } from '../../interruption.js';
import type { Terminal } from '../../terminal.js';
import { portNumber } from '../bus/start.js';
import { webhookRunner } from './webhook-runner.js';

interface CanaryCommandOptions extends ConnectionOptions {
  data: string;
  metricsHost: string;
  metricsPort: number;
  interval: number;
  auditToken?: string;
  logFile: string[];
}

/** Prometheus' registry of ports gives 9464 to exporters without one of their own. */
const DEFAULT_METRICS_PORT = '9464';
const DEFAULT_INTERVAL_S = '60';
const INTERVAL_S_MIN = 0.2;
/** A round may take half an interval, within these bounds. */
const ROUND_MS = { min: 5_000, max: 30_000 };

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
    .option('--log-file <file>', 'log of a broker on this machine, to search it too; may be repeated', collect, [])
    .addHelpText('after', '\nExample:\n  $ SLUICE_TOKEN=... sluice canary --data /var/lib/sluice-canary')
    .action((options: CanaryCommandOptions) => canary(options, terminal));
}

async function canary(options: CanaryCommandOptions, terminal: Terminal): Promise<void> {
  const { url, token, data, metricsHost, metricsPort, auditToken, logFile } = options;
  const folder = await usable(() => DataFolder.open(data));
  const ending = new AbortController();
  const stopListening = onInterruption(() => ending.abort());
  const metrics = new CanaryMetrics();
  const log = pino({ name: 'canary' }, pino.destination({ fd: 2, sync: true }));
  try {
    const tokens = await usable(() => folder.tokens(token === undefined ? undefined : new BusApi({ url, token })));
    const page = await openMetricsPage(metrics.registry, metricsHost, metricsPort);
    terminal.out(options.json ? JSON.stringify({ metricsUrl: page.url }) : `canary is running, metrics at ${page.url}`);
    await runCanary({
      ...{ url, tokens, metrics, log, auditToken, logFiles: logFile, name: folder.name, signal: ending.signal },
      intervalMs: options.interval * 1000,
      roundMs: Math.max(ROUND_MS.min, Math.min(options.interval * 500, ROUND_MS.max)),
      runWebhook: webhookRunner(data, log),
    });
    await page.close();
  } finally {
    stopListening();
    await folder.close();
  }
}

async function usable<T>(open: () => Promise<T>): Promise<T> {
  try {
    return await open();
  } catch (error) {
    if (error instanceof CanaryConfigError) throw new UsageError(error.message);
    throw error;
  }
}

function intervalSeconds(text: string): number {
  const seconds = Number(text);
  if (!(seconds >= INTERVAL_S_MIN && seconds <= 3600))
    throw new InvalidArgumentError(`It must be a number of seconds from ${INTERVAL_S_MIN} to 3600.`);
  return seconds;
}

const collect = (file: string, before: string[]): string[] => [...before, file];
