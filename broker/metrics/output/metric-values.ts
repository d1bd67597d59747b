/** Metrics as prom-client gives them as JSON, with exemplars, so that they can be added up over processes. */
export interface MetricValues {
  name: string;
  help: string;
  type: string;
  aggregator?: string;
  values: MetricValue[];
}

export interface MetricValue {
  /** Absent where it is the name of the metric: `…_bucket`, `…_sum` and `…_count` of histograms have their own. */
  metricName?: string | undefined;
  labels: Record<string, string | number>;
  value: number;
  exemplar?: Exemplar | null | undefined;
}

/** A trace that is an example of what a bucket counts. */
export interface Exemplar {
  labelSet: Record<string, string>;
  value: number;
  /** Unix time. */
  timestamp: number;
}

type Combine = (values: readonly MetricValue[]) => number;

const COMBINE: Record<string, Combine> = {
  sum: (values) => values.reduce((sum, { value }) => sum + value, 0),
  average: (values) => values.reduce((sum, { value }) => sum + value, 0) / values.length,
  min: (values) => Math.min(...values.map(({ value }) => value)),
  max: (values) => Math.max(...values.map(({ value }) => value)),
  first: ([first]) => first?.value ?? 0,
};

/** Counts that only grow: those of a process that has ended still belong to its broker. */
const CUMULATIVE: readonly string[] = ['counter', 'histogram'];

export const cumulativeOf = (metrics: readonly MetricValues[]): MetricValues[] =>
  metrics.filter(({ type }) => CUMULATIVE.includes(type));

/** Adds up the metrics of several processes, each by its own aggregator. Of several exemplars the newest stays. */
export function addUp(processes: readonly (readonly MetricValues[])[]): MetricValues[] {
  const byName = new Map<string, MetricValues[]>();
  for (const metric of processes.flat()) byName.set(metric.name, [...(byName.get(metric.name) ?? []), metric]);
  return [...byName.values()].flatMap((same) => {
    const [{ name, help, type, aggregator = 'sum' }] = same as [MetricValues];
    const combine = COMBINE[aggregator];
    return combine ? [{ name, help, type, aggregator, values: combineValues(same, combine) }] : [];
  });
}

function combineValues(same: readonly MetricValues[], combine: Combine): MetricValue[] {
  const bySeries = new Map<string, MetricValue[]>();
  for (const value of same.flatMap(({ values }) => values)) {
    const key = `${value.metricName ?? ''} ${seriesKey(value.labels)}`;
    const known = bySeries.get(key);
    if (known) known.push(value);
    else bySeries.set(key, [value]);
  }
  return [...bySeries.values()].map((values) => {
    const [{ metricName, labels }] = values as [MetricValue];
    return { metricName, labels, value: combine(values), exemplar: newestOf(values) };
  });
}

const seriesKey = (labels: MetricValue['labels']): string =>
  Object.keys(labels)
    .sort()
    .map((name) => `${name}=${labels[name]}`)
    .join(',');

function newestOf(values: readonly MetricValue[]): Exemplar | undefined {
  let newest: Exemplar | undefined;
  for (const { exemplar } of values) {
    if (exemplar && exemplar.timestamp > (newest?.timestamp ?? 0)) newest = exemplar;
  }
  return newest;
}

/** As text for a message between processes: JSON has no infinity, and a store that never fills would be full at once. */
export const toMessage = (metrics: readonly MetricValues[]): string =>
  JSON.stringify(metrics, (_key, value) =>
    typeof value === 'number' && !Number.isFinite(value) ? String(value) : value,
  );

export const fromMessage = (text: string): MetricValues[] =>
  JSON.parse(text, (key, value) => (key === 'value' && typeof value === 'string' ? Number(value) : value));
