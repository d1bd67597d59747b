import { type AlertCase, gaugeCase, QUIET, type SeriesOfCase, samples } from './alert-case.js';

/** Somebody reads `/metrics/grants`, of two brokers. */
const READ = ['a', 'b'].map((instance) => `up{job="sluice-grants",instance="${instance}"}`);
const GROWN = 11;
const WINDOW = 10;
const STEPS = 60;
const isRead = (steps: number): SeriesOfCase => Object.fromEntries(READ.map((series) => [series, samples(1, steps)]));

interface PartyCase {
  alert: string;
  /** Counter of all parties, with a label of its own if it has one, and that of one. */
  all: string;
  own?: Record<string, string>;
  party: string;
  labels?: Record<string, string>;
}

const selector = (name: string, labels: Record<string, string>): string =>
  `${name}{${Object.entries(labels)
    .map(([label, value]) => `${label}="${value}"`)
    .join(',')}}`;

/** Counters of one party and of all together at one broker; the other one counts nothing now. */
function partyCases({ alert, all, own = {}, party, labels = {} }: PartyCase): AlertCase[] {
  const at = (instance: string, steps: string): SeriesOfCase => ({
    [selector(all, { ...own, ...labels, instance })]: steps,
  });
  const of = (name: string, steps: string, instance = 'a'): SeriesOfCase => ({
    [selector(party, { party: name, ...labels, instance })]: steps,
  });
  const grown = `${samples(3, GROWN)} ${samples(4, STEPS)}`;
  const shared = { alert, severity: 'ticket', labels: { party: 'health', ...labels }, from: GROWN } as const;
  const others = { ...isRead(STEPS), ...at('b', samples(3, STEPS)), ...of('civil', samples(3, STEPS)) };
  return [
    {
      ...shared,
      until: GROWN + WINDOW - 1,
      // A series is there from its first event on.
      fires: { ...others, ...at('a', grown), ...of('health', `_x${GROWN} ${samples(1, STEPS)}`) },
      // Prometheus sees old counts for the first time: nothing has grown altogether.
      silent: { ...others, ...at('a', samples(4, STEPS)), ...of('health', `_x${QUIET} ${samples(4, STEPS)}`) },
    },
    {
      ...shared,
      until: GROWN + WINDOW - 1,
      // A series that was there before grows, among others that do so all the time.
      fires: {
        ...others,
        ...at('a', samples('0+1', STEPS)),
        ...of('health', grown),
        ...of('health', samples(3, STEPS), 'b'),
      },
      // It stands still.
      silent: {
        ...isRead(STEPS),
        ...at('a', `${samples(3, GROWN)} ${samples('4+1', STEPS)}`),
        ...of('health', samples(3, STEPS)),
      },
    },
  ];
}

const DEAD_LETTERS = { alert: 'SluiceDeadLetters', all: 'sluice_dead_letters_total' };
const quarantined = (party: string): string =>
  `sluice_party_quarantined_events_total{party="${party}",code="ITEM_INVALID",instance="a"}`;
const ALL_QUARANTINED = 'sluice_events_quarantined_total{code="ITEM_INVALID",instance="a"}';

const COUNTED: readonly PartyCase[] = [
  { ...DEAD_LETTERS, party: 'sluice_party_dead_letters_total' },
  {
    alert: 'SluiceQuarantineMissed',
    all: 'sluice_events_quarantine_missed_total',
    party: 'sluice_party_quarantine_missed_events_total',
  },
  {
    alert: 'SluiceQuotaRefusing',
    all: 'sluice_quota_refusals_total',
    party: 'sluice_party_quota_refusals_total',
    labels: { quota: 'drafts' },
  },
  ...['4408', '4429'].map((code) => ({
    alert: 'SluiceClientsNotReading',
    all: 'sluice_sessions_closed_total',
    party: 'sluice_party_sessions_closed_total',
    labels: { code },
  })),
  {
    alert: 'SluiceNoticesGivenUp',
    all: 'sluice_webhook_notices_total',
    own: { outcome: 'given_up' },
    party: 'sluice_party_notices_given_up_total',
  },
];

/** Labels that name the party that must act. */
export const attributedCases: readonly AlertCase[] = [
  gaugeCase({
    alert: 'SluiceQuarantineOld',
    severity: 'ticket',
    labels: { party: 'civil' },
    series: 'sluice_party_quarantine_oldest_age_seconds{party="civil",instance="a"}',
    within: 604_800,
    beyond: 604_801,
    waits: 5,
    // The age of all together names nobody while somebody reads those of the parties.
    beside: (steps) => ({
      ...isRead(steps + 20),
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
    beside: (steps) => ({ ...isRead(steps + 20), 'sluice_webhook_waiting_notices{instance="a"}': samples(2, steps) }),
  }),
  ...COUNTED.flatMap(partyCases),
  {
    alert: DEAD_LETTERS.alert,
    severity: 'ticket',
    from: GROWN,
    until: GROWN + WINDOW - 1,
    // Nobody reads `/metrics/grants` any more: nobody is named.
    fires: {
      [READ[0]!]: samples(0, STEPS),
      [selector(DEAD_LETTERS.all, { instance: 'a' })]: `${samples(3, GROWN)} ${samples(4, STEPS)}`,
    },
    // One broker of two does not answer.
    silent: {
      [READ[0]!]: samples(0, STEPS),
      [READ[1]!]: samples(1, STEPS),
      [selector(DEAD_LETTERS.all, { instance: 'a' })]: `${samples(3, GROWN)} ${samples(4, STEPS)}`,
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
      ...isRead(200),
      [ALL_QUARANTINED]: `${samples(0, GROWN)} 500x200`,
      [quarantined('health')]: `_x${GROWN} 500x200`,
    },
    // Two parties share what would be much of one.
    silent: {
      ...isRead(200),
      [ALL_QUARANTINED]: '0+5.8x140',
      [quarantined('health')]: '0+2.9x140',
      [quarantined('civil')]: '0+2.9x140',
    },
  },
  {
    alert: 'SluiceQuarantineGrowing',
    severity: 'ticket',
    labels: { party: 'health', code: 'ITEM_INVALID' },
    from: 140,
    until: 248,
    // For an hour nothing, then more than one a second for ten minutes, which the hour remembers.
    fires: {
      ...isRead(300),
      [ALL_QUARANTINED]: '0+40x300',
      [quarantined('health')]: '0x120 31+31x19 620x150',
    },
    silent: {
      ...isRead(300),
      [ALL_QUARANTINED]: '0+40x300',
      [quarantined('health')]: '0x120 29+29x11 348x150',
    },
  },
  {
    alert: 'SluiceQuarantineGrowing',
    severity: 'ticket',
    labels: { party: 'health', code: 'ITEM_INVALID' },
    // From 121 + 113 on it is more than 360 in the hour.
    from: 234 + 10,
    fires: { ...isRead(300), [ALL_QUARANTINED]: '0+40x300', [quarantined('health')]: '0x120 0+3.2x140' },
    silent: { ...isRead(300), [ALL_QUARANTINED]: '0+40x300', [quarantined('health')]: '0x120 0+2.9x140' },
  },
];
