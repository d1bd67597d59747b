import { join } from 'node:path';
import { Writable } from 'node:stream';
import { pino } from 'pino';
import type { Test } from 'tap';
import { webhookRunner } from '../../../cli/commands/canary/webhook-runner.js';
import { BusApi } from '../../../client/bus-api.js';
import { runCanary } from '../../../dashboard/canary/canary.js';
import { CanaryMetrics } from '../../../dashboard/canary/canary-metrics.js';
import { DataFolder } from '../../../dashboard/canary/data-folder.js';
import { OPERATOR_TOKEN } from '../../support/broker/broker.js';
import { temporaryFolder } from '../../support/nats/nats.js';

/** Half a second instead of a minute. */
const INTERVAL_MS = 500;
const ROUND_MS = 4_000;

export interface TestCanary {
  folder: string;
  /** Lines of its log up to now. */
  log(): string;
  /** Sum of a metric over the series whose labels match. */
  sum(name: string, labels?: Record<string, string>): Promise<number>;
  metrics: CanaryMetrics;
  stop(): Promise<void>;
}

export interface CanaryRunOptions {
  folder?: string;
  logFiles?: string[];
  auditToken?: string;
}

/** A canary in this process, as `sluice canary` runs it; stopped with the test. */
export async function startCanary(t: Test, url: string, options: CanaryRunOptions = {}): Promise<TestCanary> {
  const folder = options.folder ?? join(await temporaryFolder(t), 'canary');
  const data = await DataFolder.open(folder);
  const tokens = await data.tokens(new BusApi({ url, token: OPERATOR_TOKEN }));
  const metrics = new CanaryMetrics();
  const ending = new AbortController();
  let text = '';
  const lines = new Writable({
    write: (chunk, _encoding, done) => {
      text += String(chunk);
      done();
    },
  });
  const log = pino({}, lines);
  const ended = runCanary({
    url,
    tokens,
    metrics,
    log,
    name: data.name,
    intervalMs: INTERVAL_MS,
    roundMs: ROUND_MS,
    signal: ending.signal,
    auditToken: options.auditToken,
    logFiles: options.logFiles ?? [],
    runWebhook: webhookRunner(folder, log),
  });
  let stopping: Promise<void> | undefined;
  const stop = (): Promise<void> => {
    ending.abort();
    stopping ??= ended.then(() => data.close());
    return stopping;
  };
  t.teardown(stop);
  return { folder, metrics, stop, log: () => text, sum: (name, labels) => sumOf(metrics, name, labels) };
}

async function sumOf(metrics: CanaryMetrics, name: string, labels: Record<string, string> = {}): Promise<number> {
  const metric = await metrics.registry.getSingleMetric(name)?.get();
  const values = (metric?.values ?? []) as { value: number; labels: Record<string, unknown> }[];
  return values
    .filter((one) => Object.entries(labels).every(([label, value]) => one.labels[label] === value))
    .reduce((sum, { value }) => sum + value, 0);
}
