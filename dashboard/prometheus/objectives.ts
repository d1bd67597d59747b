import { FAULTS_OF_THE_BUS } from '../../proto/errors.js';
import type { Alert, RecordingRule, Severity } from './rule.js';
import type { PromDuration, TimeScale } from './time-scale.js';

/** The share of good events that the bus promises over 28 days, and how both are counted. */
export interface Objective {
  name: string;
  title: string;
  /** Between 0 and 1. */
  target: number;
  bad(window: string): string;
  total(window: string): string;
}

export const OBJECTIVE_WINDOW = '28d' satisfies PromDuration;

const increase = (metric: string, window: string): string => `sum(rate(${metric}[${window}]))`;
/** A counter with labels has no series before its first event; without this the whole sum would have none. */
const orZero = (expr: string): string => `(${expr} or vector(0))`;

/** Rounds of the canary that were owed: none is while its grant is suspended. */
const owed = (window: string): string => increase('sluice_canary_rounds_total{outcome=~"delivered|missed"}', window);

export const OBJECTIVES: readonly Objective[] = [
  {
    name: 'accepted',
    title: 'Events are accepted',
    target: 0.999,
    bad: (window) => orZero(increase(`sluice_events_refused_total{code=~"${FAULTS_OF_THE_BUS.join('|')}"}`, window)),
    total: (window) =>
      ['sluice_events_accepted_total', 'sluice_events_duplicate_total', 'sluice_events_refused_total']
        .map((metric) => orZero(increase(metric, window)))
        .join(' + '),
  },
  {
    name: 'live_delivery',
    title: 'Live events are delivered within 250 ms',
    target: 0.99,
    bad: (window) =>
      `${increase('sluice_publish_to_deliver_seconds_count', window)} - ${increase('sluice_publish_to_deliver_seconds_bucket{le="0.25"}', window)}`,
    total: (window) => increase('sluice_publish_to_deliver_seconds_count', window),
  },
  {
    name: 'canary',
    title: 'Events of the canary arrive within 1 s',
    target: 0.999,
    bad: (window) => `${owed(window)} - ${increase('sluice_canary_delivery_seconds_bucket{le="1.0"}', window)}`,
    total: owed,
  },
];

interface BurnRate {
  severity: Severity;
  factor: number;
  long: PromDuration;
  short: PromDuration;
}

/** Two windows each: the long one says that it matters, the short one that it still goes on (docs/decisions/0045). */
const BURN_RATES: readonly BurnRate[] = [
  { severity: 'page', factor: 14.4, long: '1h', short: '5m' },
  { severity: 'page', factor: 6, long: '6h', short: '30m' },
  { severity: 'ticket', factor: 3, long: '1d', short: '2h' },
  { severity: 'ticket', factor: 1, long: '3d', short: '6h' },
];

export const errorRatio = ({ name }: Objective, window: PromDuration): string =>
  `sluice:${name}:error_ratio_rate${window}`;

/** The share of bad events over each window that an alert or a panel asks for. No events, no errors: 0. */
export function objectiveRules(scale: TimeScale): RecordingRule[] {
  const windows = [
    ...new Set<PromDuration>([...BURN_RATES.flatMap(({ long, short }) => [short, long]), OBJECTIVE_WINDOW]),
  ];
  return OBJECTIVES.flatMap((objective) =>
    windows.map((window) => {
      const range = scale.duration(window);
      const ratio = `(${objective.bad(range)}) / (${objective.total(range)} > 0)`;
      return { record: errorRatio(objective, window), expr: `${ratio} or vector(0)` };
    }),
  );
}

export function burnAlerts(): Alert[] {
  return OBJECTIVES.flatMap((objective) => {
    const allowed = `${Number((100 * (1 - objective.target)).toPrecision(6))}%`;
    return BURN_RATES.map(({ severity, factor, long, short }): Alert => {
      const limit = `${Number((factor * (1 - objective.target)).toPrecision(6))}`;
      const above = (window: PromDuration): string => `${errorRatio(objective, window)} > ${limit}`;
      return {
        name: 'SluiceErrorBudgetBurn',
        expr: `${above(long)} and ${above(short)}`,
        severity,
        labels: { objective: objective.name, window: long },
        summary: `${objective.title}: {{ $value | humanizePercentage }} failed in the last ${long}, and the objective allows ${allowed}`,
      };
    });
  });
}
