import { mkdir } from 'node:fs/promises';
import { pino } from 'pino';
import type { ConnectorConfig } from '../../../connectors/runtime/connector-config.js';
import type { ConnectorContext } from '../../../connectors/runtime/connector-context.js';
import { ConnectorConfigError } from '../../../connectors/runtime/connector-errors.js';
import { ConnectorMetrics } from '../../../connectors/runtime/connector-metrics.js';
import { openMetricsEndpoint } from '../../../connectors/runtime/metrics-endpoint.js';
import { CONNECTOR_KINDS } from './connector-kinds.js';

/** Facts about a connector that are printed once it runs. */
export interface RunningConnector {
  name: string;
  kind: string;
  metricsUrl: string | undefined;
}

/** Runs the connector that a configuration describes until the signal aborts. Throws errors that no retry can mend. */
export async function runConnector(
  config: ConnectorConfig,
  signal: AbortSignal,
  onRunning: (running: RunningConnector) => void = () => undefined,
): Promise<void> {
  const prepare = Object.hasOwn(CONNECTOR_KINDS, config.connector) ? CONNECTOR_KINDS[config.connector] : undefined;
  if (!prepare) {
    const known = Object.keys(CONNECTOR_KINDS).join(', ');
    throw new ConnectorConfigError([`connector must be one of ${known}`]);
  }
  const context = contextOf(config);
  await mkdir(config.stateFolder, { recursive: true });
  const run = await prepare(config.settings, context, config.folder);
  const endpoint =
    config.metricsPort === undefined
      ? undefined
      : await openMetricsEndpoint(config.metricsPort, context.metrics.registry);
  try {
    onRunning({ name: config.name, kind: config.connector, metricsUrl: endpoint?.url });
    await run(signal);
  } finally {
    await endpoint?.[Symbol.asyncDispose]();
  }
}

function contextOf({ name, connector, bus, stateFolder, logLevel }: ConnectorConfig): ConnectorContext {
  return {
    name,
    bus,
    stateFolder,
    metrics: new ConnectorMetrics({ name, kind: connector }),
    log: pino({ name, level: logLevel }, pino.destination({ fd: 2, sync: true })),
    reconnect: undefined,
  };
}
