import { GRANTS_SHOWN } from '../prometheus/grant-rules.js';
import { type PanelQuery, TARGET } from './panel.js';

/** Label of the line that `orNone` draws; `NO_SERIES` has what is shown. */
const NONE = 'none';

export const rate = (metric: string, by = '', more = ''): string =>
  `sum${by ? ` by (${by})` : ''} (rate(${metric}{${TARGET}${more}}[$__rate_interval]))`;

/** How often it happened in a while, for what is too rare for a rate. */
export const increase = (metric: string, window: string, by = '', more = ''): string =>
  `sum${by ? ` by (${by})` : ''} (increase(${metric}{${TARGET}${more}}[${window}]))`;

/**
 * A line at 0 while the counter has no series, which it gets with its first event: an empty panel would look like a fault. At `Inf` there
 * is a name and no line. With `on ()` the line goes as soon as there is any other.
 */
export const orNone = (expr: string, label: string, at: '0' | 'Inf' = '0'): string =>
  `${expr} or on () label_replace(vector(${at}), "${label}", "${NONE}", "", "")`;

/**
 * The lines of a recorded series with these labels that were highest within the time on the screen. `topk` alone chooses anew at each
 * point of a graph, which then shows every line that was among them once.
 */
export const highest = (recorded: string, labels: string): string =>
  `${recorded} and on (${labels}) topk(${GRANTS_SHOWN}, max_over_time(${recorded}[$__range] @ end()))`;

const quantile = (q: number, metric: string): string =>
  `histogram_quantile(${q}, sum by (le) (rate(${metric}_bucket{${TARGET}}[$__rate_interval])))`;
export const quantiles = (metric: string): PanelQuery[] => [
  { expr: quantile(0.5, metric), legend: { en: '50% within', zh: '50% 以内' } },
  { expr: quantile(0.99, metric), legend: { en: '99% within', zh: '99% 以内' } },
];
