import type { TimeScale } from './time-scale.js';

/** Window of alerts that fire as soon as something was counted. */
export const RECENT = '5m';

/** Whether a counter has grown lately; `more` groups what it counts. */
export const hasGrown = (scale: TimeScale, metric: string, more = ''): string =>
  `sum ${more}(increase(${metric}[${scale.duration(RECENT)}])) > 0`;

/** How much a counter has grown lately: 0 also where it has no series yet, so that it can be added to others. */
export const growthOf = (scale: TimeScale, metric: string): string =>
  `(sum(increase(${metric}[${scale.duration(RECENT)}])) or vector(0))`;
