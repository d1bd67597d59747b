import { Metrics } from '../../../broker/metrics/metrics.js';
import { GRANT_SERIES } from '../../../broker/observe/grant-series.js';
import { ConnectorMetrics } from '../../../connectors/runtime/connector-metrics.js';
import { CanaryMetrics } from '../../../dashboard/canary/canary-metrics.js';

/** Names of all metrics that a bus, its canary and its connectors expose. */
export function metricFamilies(): ReadonlySet<string> {
  const connector = new ConnectorMetrics({ name: 'any', kind: 'any' });
  for (const unit of ['bytes', 'records', 'seconds'] as const) connector.lag({ amount: 0, unit });
  const registries = [new Metrics().registry, new CanaryMetrics().registry, connector.registry];
  const names = registries.flatMap((registry) => registry.getMetricsAsArray().map(({ name }) => name));
  return new Set([...names, ...Object.keys(GRANT_SERIES)]);
}
