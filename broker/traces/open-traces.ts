import type { TracesConfig } from '../config.js';
import type { TraceMetrics } from '../metrics/trace-metrics.js';
import { EventTraces, type EventTracesDeps } from './event-traces.js';
import { OtlpExporter } from './otlp-exporter.js';

export interface OpenTracesDeps {
  config: TracesConfig;
  logOf: EventTracesDeps['logOf'];
  metrics: TraceMetrics;
  warn(message: string, error?: unknown): void;
}

/** Traces events where the configuration names a receiver; undefined elsewhere. */
export function openTraces({ config, logOf, metrics, warn }: OpenTracesDeps): EventTraces | undefined {
  const { otlpUrl: url, sampleRatio } = config;
  if (url === undefined) return undefined;
  return new EventTraces({ sampleRatio, logOf, exporter: new OtlpExporter({ url, metrics, warn }) });
}
