import { pino } from 'pino';
import { BusApi } from '../../../client/bus-api.js';
import { runCanary } from '../../../dashboard/canary/canary.js';
import { CanaryMetrics } from '../../../dashboard/canary/canary-metrics.js';
import { CanaryConfigError, DataFolder } from '../../../dashboard/canary/data-folder.js';
import { openMetricsPage } from '../../../dashboard/canary/metrics-page.js';
import type { ConnectionOptions } from '../../connection-options.js';
import { UsageError } from '../../exit-codes.js';
import { onInterruption } from '../../interruption.js';
import type { Terminal } from '../../terminal.js';
import { webhookRunner } from './webhook-runner.js';

export interface CanaryCommandOptions extends ConnectionOptions {
  data: string;
  metricsHost: string;
  metricsPort: number;
  interval: number;
  auditToken?: string;
  logFile: string[];
}

/** A round may take half an interval, within these bounds. */
const ROUND_MS = { min: 5_000, max: 30_000 };

/** Runs the canary until it is interrupted. */
export async function runUntilInterrupted(options: CanaryCommandOptions, terminal: Terminal): Promise<void> {
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
      url,
      tokens,
      metrics,
      log,
      auditToken,
      logFiles: logFile,
      name: folder.name,
      signal: ending.signal,
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
