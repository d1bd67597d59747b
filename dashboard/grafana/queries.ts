import { type PanelSpec, TARGET } from './panel.js';

export const rate = (metric: string, by = '', more = ''): string =>
  `sum${by ? ` by (${by})` : ''} (rate(${metric}{${TARGET}${more}}[$__rate_interval]))`;
const quantile = (q: number, metric: string): string =>
  `histogram_quantile(${q}, sum by (le) (rate(${metric}_bucket{${TARGET}}[$__rate_interval])))`;
export const quantiles = (metric: string): PanelSpec['queries'] => [
  { expr: quantile(0.5, metric), legend: 'p50' },
  { expr: quantile(0.99, metric), legend: 'p99' },
];
