import type { Severity } from '../rule.js';

/** Series as promtool writes them: `0+5x20` begins at 0 and grows by 5 at each step, twenty times. */
export type SeriesOfCase = Record<string, string>;

/** When an alert fires and ends, to the step, and what keeps it silent. Times and limits are literals: they are not those of the rules. */
export interface AlertCase {
  alert: string;
  severity: Exclude<Severity, 'none'>;
  /** Labels of the alert, which tell apart those that share a name. */
  labels?: Record<string, string>;
  /** Time between two samples and two evaluations; 30 s unless the windows are long. */
  step?: Step;
  /** The first step at which `fires` fires. */
  from: number;
  /** The first step at which it does so no more; left out, it fires on. */
  until?: number;
  /** Steps after the first that it is seen to fire on. */
  stays?: number;
  fires: SeriesOfCase;
  /** Just below the limit, and beyond it for one step less than the alert waits: fires at no step. */
  silent: SeriesOfCase;
}

/** Seconds of a step, by the word that promtool reads. */
export const STEPS = { '30s': 30, '1m': 60, '5m': 300, '15m': 900 } as const;
export type Step = keyof typeof STEPS;

const STEP_SECONDS = STEPS['30s'];
/** A gauge counts for so many steps after its last sample. */
export const HELD_STEPS = 4;
/** The same for a gauge that is read as it is: Prometheus looks back five minutes. */
export const LOOKBACK_STEPS = 10;
/** Samples below the limit before those beyond it. */
export const QUIET = 3;
/** Unless a case says otherwise. */
export const STAYS = 4;

const stepsOf = (minutes: number): number => (minutes * 60) / STEP_SECONDS;
/** `count` samples of one value, or of one that grows. */
export const samples = (value: number | string, count: number): string => `${value}x${count - 1}`;

interface GaugeCase extends Pick<AlertCase, 'alert' | 'severity' | 'labels'> {
  series: string;
  /** Within the limit and beyond it, both as near as makes sense. */
  within: number;
  beyond: number;
  /** Minutes that the alert waits. */
  waits: number;
  /** Series that stay as they are. */
  beside?: (steps: number) => SeriesOfCase;
  /** Steps that it counts for after its last sample. */
  heldSteps?: number;
}

/** Another broker that is within the limit all the time, where the alert is of all of them together: it adds nothing and hides nothing. */
function anotherBroker(
  { series, within, labels = {} }: Pick<GaugeCase, 'series' | 'within' | 'labels'>,
  steps: number,
): SeriesOfCase {
  const another = series.replace('instance="a"', 'instance="b"');
  return labels.instance !== undefined || another === series ? {} : { [another]: samples(within, steps) };
}

/** A gauge that is beyond its limit, and then scraped no more. */
export function gaugeCase(one: GaugeCase): AlertCase {
  const { alert, severity, labels = {}, series, within, beyond, waits } = one;
  const { beside = () => ({}), heldSteps = HELD_STEPS } = one;
  const waitSteps = stepsOf(waits);
  const scraped = QUIET + waitSteps + STAYS;
  const calm = samples(within, 20);
  return {
    alert,
    severity,
    labels,
    from: QUIET + waitSteps,
    until: scraped - 1 + heldSteps,
    fires: {
      ...anotherBroker(one, scraped),
      ...beside(scraped),
      [series]: `${samples(within, QUIET)} ${samples(beyond, scraped - QUIET)}`,
    },
    silent: {
      ...anotherBroker(one, 40 + waitSteps),
      ...beside(40 + waitSteps),
      [series]: waitSteps > 0 ? `${calm} ${samples(beyond, waitSteps)} ${calm}` : `${calm} ${calm}`,
    },
  };
}

/** A counter that grows once, at one broker, fires for as long as the window of the alert reaches back: five minutes. */
export function counterCase(
  alert: string,
  severity: AlertCase['severity'],
  series: string,
  labels: Record<string, string> = {},
): AlertCase {
  const grown = 11;
  return {
    alert,
    severity,
    labels,
    from: grown,
    until: grown - 1 + stepsOf(5),
    fires: {
      ...anotherBroker({ series, within: 5, labels }, 40),
      [series]: `${samples(0, grown)} ${samples(1, 30)}`,
    },
    silent: { [series]: samples(7, 40) },
  };
}
