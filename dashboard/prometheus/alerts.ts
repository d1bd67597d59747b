import type { Alert } from './rule.js';
import type { TimeScale } from './time-scale.js';

/** Scrape job of the brokers; the configuration and the rules must name the same one. */
export const BROKER_JOB = 'sluice';

const COMMIT_SECONDS_MAX = 1;
const WAITING_EVENTS_MAX = 5000;
const QUARANTINED_PER_SECOND_MAX = 1;
/** One in ten seconds all hour long: a fault that is slow fills the quarantine as well, and the records are missing just the same. */
const QUARANTINED_STEADILY_MAX = 0.1;
const quarantined = (window: string): string => `sum by (code) (rate(sluice_events_quarantined_total[${window}]))`;
/** Thirty in five minutes: a client that tries again every half minute is below, one that does so each second above. */
const FAILED_LOGINS_PER_MINUTE_MAX = 6;
/** A request without a token guesses nothing: scanners and browsers send it. */
const FAILED_LOGINS = 'sluice_logins_failed_total{failure=~"token|ticket|throttled"}';

/** The round trip tells a slow line to NATS from a slow disk. */
const ROUND_TRIP =
  '{{ with query "max(sluice_nats_round_trip_seconds)" }}; a round trip to NATS takes {{ . | first | value | humanizeDuration }}{{ end }}';

/** Conditions that name their cause. What costs the promise without a known cause is found by the error budget. */
export const causeAlerts = (scale: TimeScale): Alert[] => [
  ...brokerAlerts(scale),
  ...eventAlerts(scale),
  ...loadAlerts(scale),
];

const increaseIn =
  (scale: TimeScale) =>
  (metric: string, more = ''): string =>
    `sum ${more}(increase(${metric}[${scale.duration('5m')}])) > 0`;

const REVOCATION = 'sluice_revocation_to_last_byte_seconds';
/** `increase` extrapolates: two equal counters may differ in the last digit. */
const NOTHING = 0.01;

/** The end of a right, of which there is no budget. */
function revocationAlert(window: string): Alert {
  const increase = (series: string): string => `sum by (instance) (increase(${series}[${window}]))`;
  return {
    name: 'SluiceRevocationSlow',
    expr: `${increase(`${REVOCATION}_count`)} - ${increase(`${REVOCATION}_bucket{le="1.0"}`)} > ${NOTHING}`,
    severity: 'page',
    summary:
      'The broker at {{ $labels.instance }} sent bytes for more than a second after the act that ended the right to them; its log names the right',
  };
}

const storeAlerts = (scale: TimeScale): Alert[] => [
  {
    name: 'SluiceStoreFullSoon',
    expr: `min(${scale.held('sluice_store_seconds_until_full')}) < ${scale.seconds('3d')}`,
    for: '30m',
    severity: 'ticket',
    summary: 'At the rate of the last hour the store refuses events in {{ $value | humanizeDuration }}',
  },
  {
    name: 'SluiceStoreFull',
    expr: increaseIn(scale)('sluice_events_refused_total{code="STORE_FULL"}'),
    severity: 'page',
    summary: 'Events are refused because the store is full',
  },
  {
    name: 'SluiceStreamFull',
    expr: `max by (stream) (${scale.held('sluice_nats_stream_limit_ratio')}) > 0.9`,
    for: '5m',
    severity: 'ticket',
    summary:
      'Stream {{ $labels.stream }} holds {{ $value | humanizePercentage }} of its limit, at which it takes nothing more',
  },
  {
    name: 'SluiceStreamChanged',
    expr: `max by (stream) (${scale.held('sluice_nats_stream_changed_settings')}) > 0`,
    for: '5m',
    severity: 'ticket',
    summary:
      'Somebody has changed settings of stream {{ $labels.stream }} on the NATS server that the bus relies on: {{ $value }}',
  },
  {
    name: 'SluiceStoreFilling',
    expr: `min(${scale.held('sluice_store_free_bytes')} / ${scale.held('sluice_store_capacity_bytes')}) < 0.25`,
    for: scale.duration('5m'),
    severity: 'ticket',
    summary: 'Only {{ $value | humanizePercentage }} of the store is free: events are refused at about 5%',
  },
];

/** The broker, its store and its ledger. */
function brokerAlerts(scale: TimeScale): Alert[] {
  const window = scale.duration('5m');
  return [
    {
      name: 'SluiceWatchdog',
      expr: 'vector(1)',
      severity: 'none',
      summary: 'Fires always. When it does not arrive, the way from Prometheus to the pager is broken',
    },
    {
      name: 'SluiceBrokerDown',
      expr: `up{job="${BROKER_JOB}"} == 0`,
      for: '1m',
      severity: 'page',
      summary: 'The broker at {{ $labels.instance }} does not answer Prometheus',
    },
    {
      name: 'SluiceNatsDown',
      expr: `${scale.held('sluice_nats_up')} == 0`,
      for: '1m',
      severity: 'page',
      summary: 'The broker at {{ $labels.instance }} has no connection to NATS: it accepts nothing',
    },
    {
      name: 'SluiceLedgerStale',
      expr: `${scale.held('sluice_ledger_in_sight')} == 0`,
      for: '1m',
      severity: 'page',
      summary: 'The broker at {{ $labels.instance }} does not see the ledger and has stopped delivering',
    },
    ...storeAlerts(scale),
    revocationAlert(window),
    {
      name: 'SluiceReceiptsUnsealed',
      expr: `max by (instance) (${scale.held('sluice_receipts_unsealed_age_seconds')}) > ${scale.ownSeconds('3h')}`,
      for: '5m',
      severity: 'ticket',
      summary:
        'The broker at {{ $labels.instance }} has not sealed its receipts in the ledger for {{ $value | humanizeDuration }}',
    },
    {
      name: 'SluiceInternalError',
      expr: `sum(increase(sluice_events_refused_total{code="INTERNAL"}[${window}]) or increase(sluice_subscriptions_ended_total{code="INTERNAL"}[${window}])) > 0`,
      severity: 'page',
      summary: 'The broker met an error that it did not expect; its log has the stack',
    },
  ];
}

/** Events that were not delivered, or not accepted. */
function eventAlerts(scale: TimeScale): Alert[] {
  const window = scale.duration('5m');
  const increases = increaseIn(scale);
  return [
    {
      name: 'SluicePositionGone',
      expr: increases('sluice_subscriptions_ended_total{code="POSITION_GONE"}'),
      severity: 'ticket',
      summary: 'Subscribers asked for positions that the log no longer has: they must begin again',
    },
    {
      name: 'SluiceQuarantineMissed',
      expr: increases('sluice_events_quarantine_missed_total'),
      severity: 'ticket',
      summary: 'Refused events could not be kept for their source',
    },
    {
      name: 'SluiceQuarantineGrowing',
      expr: `${quarantined(window)} > ${QUARANTINED_PER_SECOND_MAX} or ${quarantined(scale.duration('1h'))} > ${QUARANTINED_STEADILY_MAX}`,
      for: '5m',
      severity: 'ticket',
      summary:
        '{{ $value | humanize }} events a second are quarantined with {{ $labels.code }}: a source no longer fits its entry',
    },
    {
      name: 'SluiceQuarantineOld',
      expr: `max(${scale.held('sluice_quarantine_oldest_age_seconds')}) > ${scale.seconds('7d')}`,
      for: '5m',
      severity: 'ticket',
      summary:
        'A refused event has been kept for {{ $value | humanizeDuration }}: was its record published anew? After 30 days it is gone',
    },
    {
      name: 'SluiceDeadLetters',
      expr: increases('sluice_dead_letters_total'),
      severity: 'ticket',
      summary: 'A subscriber rejects events',
    },
  ];
}

/** Sources, subscribers or the store that do not keep up. */
function loadAlerts(scale: TimeScale): Alert[] {
  const window = scale.duration('5m');
  return [
    {
      name: 'SluiceSubscribersBehind',
      expr: `sum(${scale.held('sluice_subscriptions{state="behind"}')}) > 0`,
      for: '15m',
      severity: 'ticket',
      summary: '{{ $value }} subscriptions have been behind for a quarter of an hour',
    },
    {
      name: 'SluiceCommitSlow',
      expr: `histogram_quantile(0.99, sum by (le) (rate(sluice_commit_duration_seconds_bucket[${window}]))) > ${COMMIT_SECONDS_MAX}`,
      for: '5m',
      severity: 'ticket',
      summary: `One commit in a hundred takes {{ $value | humanizeDuration }} or longer${ROUND_TRIP}`,
    },
    {
      name: 'SluiceIntakeBacklog',
      expr: `sum by (instance) (${scale.held('sluice_intake_waiting_events')}) > ${WAITING_EVENTS_MAX}`,
      for: '5m',
      severity: 'ticket',
      summary: '{{ $value }} events wait for their answer at {{ $labels.instance }}: publishers are held back',
    },
    {
      name: 'SluiceClientsNotReading',
      expr: `sum by (code) (increase(sluice_sessions_closed_total{code=~"4408|4429"}[${window}])) > 0`,
      severity: 'ticket',
      summary: '{{ $value | humanize }} sessions were closed with {{ $labels.code }}: clients hang or do not read',
    },
    {
      name: 'SluiceLoginsFailing',
      expr: `60 * sum by (instance) (rate(${FAILED_LOGINS}[${window}])) > ${FAILED_LOGINS_PER_MINUTE_MAX}`,
      for: '5m',
      severity: 'ticket',
      summary:
        '{{ $value | printf "%.0f" }} log-ins a minute fail at {{ $labels.instance }}: a client has a wrong token, or somebody guesses',
    },
  ];
}
