import { type AlertCase, type SeriesOfCase, STAYS, STEPS, type Step } from './alert-case.js';

/** A pair of windows as the issue of an alert names it, with how much of the budget it asks for. */
interface Windows {
  window: string;
  severity: AlertCase['severity'];
  step: Step;
  longSeconds: number;
  shortSeconds: number;
  /** Share of bad events above which it fires, of an objective that allows one in a thousand. */
  limit: number;
  /** Share of bad events while the fault lasts: far enough above the limit that each step of either window shows. */
  failing: number;
}

const HOUR = 3600;
const WINDOWS: readonly Windows[] = [
  {
    window: '1h',
    severity: 'page',
    step: '1m',
    longSeconds: HOUR,
    shortSeconds: 300,
    limit: 0.0144,
    failing: 0.1,
  },
  {
    window: '6h',
    severity: 'page',
    step: '5m',
    longSeconds: 6 * HOUR,
    shortSeconds: 1800,
    limit: 0.006,
    failing: 0.04,
  },
  {
    window: '1d',
    severity: 'ticket',
    step: '15m',
    longSeconds: 24 * HOUR,
    shortSeconds: 2 * HOUR,
    limit: 0.003,
    failing: 0.025,
  },
  {
    window: '3d',
    severity: 'ticket',
    step: '15m',
    longSeconds: 72 * HOUR,
    shortSeconds: 6 * HOUR,
    limit: 0.001,
    failing: 0.025,
  },
];

const EVENTS_A_STEP = 10_000;
/** Counters begin here: what begins at 0 is not extrapolated to the edge of a window. */
const BEFORE = 1_000_000;
/** Just below a limit, and just above it. */
const [BELOW, ABOVE] = [0.97, 1.03];

/** Steps before a fault, while it lasts, and after it. */
interface Phases {
  before: number;
  during: number;
  after: number;
}

/** An amount or a share for each phase. */
type Amounts = readonly [before: number, during: number, after: number];

/** A counter that grows by the amounts of a step before, during and after the fault. */
function counter({ before, during, after }: Phases, [calm, bad, end]: Amounts): string {
  const first = BEFORE + calm * before;
  const second = first + bad * during;
  return `${BEFORE}+${calm}x${before} ${first + bad}+${bad}x${during - 1} ${second + end}+${end}x${after - 1}`;
}

/** Share of bad events in each phase → the series of an objective. */
type SeriesOf = (phases: Phases, shares: Amounts) => SeriesOfCase;

const events = (shares: Amounts, part = 1): Amounts =>
  shares.map((share) => share * EVENTS_A_STEP * part) as unknown as Amounts;
const ALL: Amounts = [1, 1, 1];
const others = (shares: Amounts): Amounts => shares.map((share) => 1 - share) as unknown as Amounts;

const FAULTS_OF_THE_BUS = [
  'TOO_MANY',
  'STORE_FULL',
  'STORE_UNAVAILABLE',
  'SHUTTING_DOWN',
  'INTERNAL',
  'LEDGER_OUT_OF_SIGHT',
];

const accepted: SeriesOf = (phases, shares) => {
  const refused = (code: string, part: number, of: Amounts): [string, string] => [
    `sluice_events_refused_total{code="${code}"}`,
    counter(phases, events(of, part)),
  ];
  return {
    'sluice_events_accepted_total{partition="0",op="create"}': counter(phases, events(others(shares), 0.5)),
    sluice_events_duplicate_total: counter(phases, events(others(shares), 0.25)),
    ...Object.fromEntries([
      refused('ITEM_INVALID', 0.25, others(shares)),
      ...FAULTS_OF_THE_BUS.map((code) => refused(code, 1 / FAULTS_OF_THE_BUS.length, shares)),
    ]),
  };
};

const delivered: SeriesOf = (phases, shares) => ({
  sluice_publish_to_deliver_seconds_count: counter(phases, events(ALL)),
  'sluice_publish_to_deliver_seconds_bucket{le="0.25"}': counter(phases, events(others(shares))),
});

const canary: SeriesOf = (phases, shares) => ({
  'sluice_canary_rounds_total{transport="sse",outcome="delivered"}': counter(phases, events(others(shares))),
  'sluice_canary_rounds_total{transport="sse",outcome="missed"}': counter(phases, events(shares)),
  'sluice_canary_rounds_total{transport="sse",outcome="suspended"}': counter(phases, events(ALL)),
  'sluice_canary_delivery_seconds_bucket{transport="sse",le="1.0"}': counter(phases, events(others(shares))),
});

/** `budget`: how much more than one event in a thousand the objective allows. */
function burnCasesOf(objective: string, seriesOf: SeriesOf, budget: number, windows: Windows): AlertCase[] {
  const { window, severity, step, longSeconds, shortSeconds } = windows;
  const [limit, failing] = [windows.limit * budget, windows.failing * budget];
  const intervals = (seconds: number): number => seconds / STEPS[step] - 1;
  const [long, short] = [intervals(longSeconds), intervals(shortSeconds)];
  const untilFires = Math.floor((limit / failing) * long) + 1;
  const untilShortIsCalm = Math.ceil(((failing - limit) / (failing - BELOW * limit)) * short);
  const phases = { before: long + 2, during: untilFires + STAYS, after: short + STAYS };
  const from = phases.before + untilFires;
  const below = limit * BELOW;
  const common = { alert: 'SluiceErrorBudgetBurn', severity, labels: { objective, window }, step, from };
  return [
    {
      ...common,
      until: from + STAYS + untilShortIsCalm,
      fires: seriesOf(phases, [0, failing, below]),
      silent: seriesOf(phases, [below, below, below]),
    },
    {
      // The fault is over and the short window sees a little less than before: still too much.
      ...common,
      stays: STAYS + short + 2,
      fires: seriesOf(phases, [0, failing, limit * ABOVE]),
      silent: {},
    },
  ];
}

export const burnCases: readonly AlertCase[] = WINDOWS.flatMap((windows) => [
  ...burnCasesOf('accepted', accepted, 1, windows),
  ...burnCasesOf('canary', canary, 1, windows),
  ...burnCasesOf('live_delivery', delivered, 10, windows),
]);
