import { type AlertCase, gaugeCase, QUIET, type SeriesOfCase, samples } from './alert-case.js';

/** Somebody reads `/metrics/grants`. */
const IS_READ = 'up{job="sluice-grants",instance="a"}';
const GROWN = 11;
const WINDOW = 10;
const STEPS = 60;

interface PartyCase {
  alert: string;
  /** Counter of all parties, and that of one. */
  all: string;
  party: string;
  labels?: Record<string, string>;
}

const selector = (name: string, labels: Record<string, string>): string =>
  `${name}{${Object.entries(labels)
    .map(([label, value]) => `${label}="${value}"`)
    .join(',')}}`;

/** The series of a party, which is there from its first event on; another party has had its own for long. */
function partyCase({ alert, all, party, labels = {} }: PartyCase): AlertCase {
  const of = (name: string, steps: string): SeriesOfCase => ({
    [selector(party, { party: name, ...labels, instance: 'a' })]: steps,
  });
  const series = selector(all, { ...labels, instance: 'a' });
  return {
    alert,
    severity: 'ticket',
    labels: { party: 'health', ...labels },
    from: GROWN,
    until: GROWN + WINDOW - 1,
    fires: {
      [IS_READ]: samples(1, STEPS),
      [series]: `${samples(3, GROWN)} ${samples(4, STEPS)}`,
      ...of('civil', samples(3, STEPS)),
      ...of('health', `_x${GROWN} ${samples(1, STEPS)}`),
    },
    // What Prometheus sees for the first time is old: nothing has grown altogether.
    silent: {
      [IS_READ]: samples(1, STEPS),
      [series]: samples(4, STEPS),
      ...of('health', `_x${QUIET} ${samples(4, STEPS)}`),
    },
  };
}

const DEAD_LETTERS = { alert: 'SluiceDeadLetters', all: 'sluice_dead_letters_total' };
const PARTY_DEAD_LETTERS = 'sluice_party_dead_letters_total';
const QUARANTINED = 'sluice_party_quarantined_events_total';
const quarantined = (party: string): string => `${QUARANTINED}{party="${party}",code="ITEM_INVALID",instance="a"}`;
const ALL_QUARANTINED = 'sluice_events_quarantined_total{code="ITEM_INVALID",instance="a"}';

const isRead = (steps: number): SeriesOfCase => ({ [IS_READ]: samples(1, steps + 20) });

export const partyCases: readonly AlertCase[] = [
  gaugeCase({
    alert: 'SluiceQuarantineOld',
    severity: 'ticket',
    labels: { party: 'civil' },
    series: 'sluice_party_quarantine_oldest_age_seconds{party="civil",instance="a"}',
    within: 604_800,
    beyond: 604_801,
    waits: 5,
    // What is old altogether names nobody while somebody reads whose it is.
    beside: (steps) => ({
      ...isRead(steps),
      'sluice_quarantine_oldest_age_seconds{instance="a"}': samples(700_000, steps),
    }),
  }),
  gaugeCase({
    alert: 'SluiceNoticesWaiting',
    severity: 'ticket',
    labels: { party: 'health' },
    series: 'sluice_party_waiting_notices{party="health",instance="a"}',
    within: 0,
    beyond: 1,
    waits: 60,
    beside: isRead,
  }),
  partyCase({ ...DEAD_LETTERS, party: PARTY_DEAD_LETTERS }),
  partyCase({
    alert: 'SluiceQuarantineMissed',
    all: 'sluice_events_quarantine_missed_total',
    party: 'sluice_party_quarantine_missed_events_total',
  }),
  partyCase({
    alert: 'SluiceQuotaRefusing',
    all: 'sluice_quota_refusals_total',
    party: 'sluice_party_quota_refusals_total',
    labels: { quota: 'drafts' },
  }),
  partyCase({
    alert: 'SluiceClientsNotReading',
    all: 'sluice_sessions_closed_total',
    party: 'sluice_party_sessions_closed_total',
    labels: { code: '4429' },
  }),
  {
    alert: 'SluiceNoticesGivenUp',
    severity: 'ticket',
    labels: { party: 'health' },
    from: GROWN,
    until: GROWN + WINDOW - 1,
    // A series that was there before grows.
    fires: {
      [IS_READ]: samples(1, STEPS),
      'sluice_webhook_notices_total{outcome="given_up",instance="a"}': `${samples(3, GROWN)} ${samples(4, STEPS)}`,
      'sluice_party_notices_given_up_total{party="health",instance="a"}': `${samples(3, GROWN)} ${samples(4, STEPS)}`,
    },
    // Attempts that fail are none that were given up.
    silent: {
      [IS_READ]: samples(1, STEPS),
      'sluice_webhook_notices_total{outcome="failed",instance="a"}': samples('0+1', STEPS),
      'sluice_party_notices_given_up_total{party="health",instance="a"}': samples(3, STEPS),
    },
  },
  {
    alert: DEAD_LETTERS.alert,
    severity: 'ticket',
    from: GROWN,
    until: GROWN + WINDOW - 1,
    // Nobody reads `/metrics/grants` any more: nobody is named.
    fires: {
      [IS_READ]: samples(0, STEPS),
      [selector(DEAD_LETTERS.all, { instance: 'a' })]: `${samples(3, GROWN)} ${samples(4, STEPS)}`,
    },
    // A scrape of /metrics/grants that comes a moment later names the party; until then nobody else is.
    silent: {
      [IS_READ]: samples(1, STEPS),
      [selector(DEAD_LETTERS.all, { instance: 'a' })]: `${samples(3, GROWN)} ${samples(4, STEPS)}`,
      [selector(PARTY_DEAD_LETTERS, { party: 'civil', instance: 'a' })]: samples(3, STEPS),
    },
  },
  {
    alert: 'SluiceQuarantineGrowing',
    severity: 'ticket',
    labels: { party: 'health', code: 'ITEM_INVALID' },
    // All at once, which the hour remembers: 0.14 a second within it.
    from: GROWN + 10,
    until: GROWN + 119,
    fires: {
      [IS_READ]: samples(1, 200),
      [ALL_QUARANTINED]: `${samples(0, GROWN)} 500x200`,
      [quarantined('health')]: `_x${GROWN} 500x200`,
    },
    // Two parties share what would be much of one.
    silent: {
      [IS_READ]: samples(1, 200),
      [ALL_QUARANTINED]: '0+5.8x140',
      [quarantined('health')]: '0+2.9x140',
      [quarantined('civil')]: '0+2.9x140',
    },
  },
];
