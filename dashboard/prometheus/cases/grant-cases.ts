import {
  type AlertCase,
  gaugeCase,
  HELD_STEPS,
  LOOKBACK_STEPS,
  QUIET,
  type SeriesOfCase,
  STAYS,
  samples,
} from './alert-case.js';

const AGE = 'sluice_grant_oldest_unacknowledged_age_seconds';
const DEFAULT = '{grant="g",cursor="default",instance="a"}';
const OLD = '{grant="g",cursor="old",instance="a"}';
const LAGGING = { party: 'health', grant: 'g', cursor: 'default' };

/** Two brokers report the same grant. */
const grantInfo = (steps: number): SeriesOfCase => ({
  'sluice_grant_info{grant="g",cursor="default",party="health",instance="a"}': samples(1, steps),
  'sluice_grant_info{grant="g",cursor="default",party="health",instance="b"}': samples(1, steps),
});

/** A cursor beside a healthy one that nobody follows, and scrapes that fail for a while in the middle. */
function abandoned(failing: string): SeriesOfCase {
  return {
    ...grantInfo(50),
    [`${AGE}${DEFAULT}`]: samples(0, 50),
    [`${AGE}${OLD}`]: `7200x19 ${failing} 7200x25`,
    [`sluice_grant_info${OLD.replace('}', ',party="health"}')}`]: `1x19 ${failing} 1x25`,
  };
}

const OVERDUE = 'sluice_entry_overdue_seconds{entry="civil.birth",party="civil",frequency="daily",instance="a"}';
const LATE_STEPS = 30;

/** A series that is there while the entry is late. */
const overdue = (count: number): SeriesOfCase => {
  const late = `_x${QUIET} ${samples('1+30', count)}`;
  return { [OVERDUE]: late, [OVERDUE.replace('"a"', '"b"')]: late };
};

export const grantCases: readonly AlertCase[] = [
  gaugeCase({
    alert: 'SluiceGrantsUnseen',
    severity: 'ticket',
    labels: { instance: 'a' },
    series: 'up{job="sluice-grants",instance="a"}',
    within: 1,
    beyond: 0,
    waits: 5,
    heldSteps: LOOKBACK_STEPS,
  }),
  gaugeCase({
    alert: 'SluiceGrantLagging',
    severity: 'ticket',
    labels: LAGGING,
    series: `${AGE}${DEFAULT}`,
    within: 3600,
    beyond: 3601,
    waits: 15,
    beside: grantInfo,
  }),
  {
    alert: 'SluiceGrantLagging',
    severity: 'ticket',
    labels: { party: 'health', grant: 'g', cursor: 'old' },
    from: 30,
    // A scrape fails.
    fires: abandoned('stale'),
    // For longer than a series is held, so the wait begins anew.
    silent: abandoned('stale _x5'),
  },
  {
    alert: 'SluiceGrantEnding',
    severity: 'ticket',
    labels: { party: 'health', grant: 'g' },
    from: QUIET + 10,
    // Time begins at 0 in these tests, and the limit moves with it.
    fires: {
      ...grantInfo(60),
      [`sluice_grant_end_timestamp_seconds${DEFAULT}`]: '604800+30x2 604889+30x40',
    },
    silent: { ...grantInfo(60), [`sluice_grant_end_timestamp_seconds${DEFAULT}`]: '604800+30x40' },
  },
  {
    alert: 'SluiceEntriesLate',
    severity: 'ticket',
    labels: { party: 'civil' },
    from: QUIET + LATE_STEPS,
    until: QUIET + LATE_STEPS + STAYS,
    fires: overdue(LATE_STEPS + STAYS - HELD_STEPS + 1),
    silent: overdue(LATE_STEPS - HELD_STEPS + 1),
  },
];
