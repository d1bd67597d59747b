import type { Exemplar, MetricValue, MetricValues } from './metric-values.js';

/** `text`: version 0.0.4, which everything reads. `openmetrics`: 1.0.0, which has exemplars. */
export type Format = 'text' | 'openmetrics';

export const CONTENT_TYPES: Readonly<Record<Format, string>> = {
  text: 'text/plain; version=0.0.4; charset=utf-8',
  openmetrics: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
};

/** Prometheus asks for OpenMetrics, and names the text format as what it takes besides. */
export const formatFor = (accept: string | undefined): Format =>
  accept?.includes('application/openmetrics-text') ? 'openmetrics' : 'text';

export function expose(metrics: readonly MetricValues[], format: Format): string {
  const texts = metrics.filter(({ values }) => values.length > 0).map((metric) => exposeOne(metric, format));
  return format === 'openmetrics' ? `${texts.join('')}# EOF\n` : texts.join('');
}

function exposeOne({ name, help, type, values }: MetricValues, format: Format): string {
  // OpenMetrics names the family of a counter without the ending of its samples.
  const family = format === 'openmetrics' && type === 'counter' ? name.replace(/_total$/, '') : name;
  let text = `# HELP ${family} ${help.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')}\n# TYPE ${family} ${type}\n`;
  for (const value of values) {
    const exemplar = format === 'openmetrics' && value.exemplar ? exemplarText(value.exemplar) : '';
    text += `${value.metricName ?? name}${labelsText(value, format)} ${numberText(value.value)}${exemplar}\n`;
  }
  return text;
}

function labelsText({ labels }: MetricValue, format: Format): string {
  const pairs = Object.entries(labels).map(([name, value]) => {
    const text = format === 'openmetrics' && name === 'le' ? floatText(value) : String(value);
    return `${name}="${escaped(text)}"`;
  });
  return pairs.length > 0 ? `{${pairs.join(',')}}` : '';
}

const exemplarText = ({ labelSet, value, timestamp }: Exemplar): string =>
  ` # ${labelsText({ labels: labelSet, value: 0 }, 'text')} ${value} ${timestamp}`;

/** OpenMetrics writes the bound 1 as 1.0, as Prometheus 3 stores it. */
const floatText = (value: string | number): string => (Number.isInteger(Number(value)) ? `${value}.0` : String(value));

const escaped = (text: string): string => text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');

function numberText(value: number): string {
  if (Number.isFinite(value)) return String(value);
  if (Number.isNaN(value)) return 'NaN';
  return value > 0 ? '+Inf' : '-Inf';
}
