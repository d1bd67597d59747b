import { growthOf, hasGrown } from './expressions.js';
import { partyAlerts } from './party-alerts.js';
import type { Alert } from './rule.js';
import { natsAlerts, storeAlerts } from './store-alerts.js';
import type { TimeScale } from './time-scale.js';

/** Scrape job of the brokers; the configuration and the rules must name the same one. */
export const BROKER_JOB = 'sluice';

const COMMIT_SECONDS_MAX = 1;
const WAITING_EVENTS_MAX = 5000;
/** Thirty in five minutes: a client that tries again every half minute is below, one that does so each second above. */
const FAILED_LOGINS_PER_MINUTE_MAX = 6;
/** A request without a token guesses nothing: scanners and browsers send it. */
const FAILED_LOGINS = 'sluice_logins_failed_total{failure=~"token|ticket|throttled"}';
/** Two are an upgrade and its way back. */
const STARTS_PER_HOUR_MAX = 2;
/** Longer than the usual collection of garbage, and far below what live delivery promises. */
const HOLD_SECONDS_MAX = 0.1;

/** The round trip tells a slow line to NATS from a slow disk. */
const ROUND_TRIP =
  '{{ with query "max(sluice_nats_round_trip_seconds)" }}; a round trip to NATS takes {{ . | first | value | humanizeDuration }}{{ end }}';

/** Conditions that name their cause. What costs the promise without a known cause is found by the error budget. */
export const causeAlerts = (scale: TimeScale): Alert[] => [
  ...brokerAlerts(scale),
  ...machineAlerts(scale),
  ...natsAlerts(scale),
  ...ledgerAlerts(scale),
  ...storeAlerts(scale),
  ...eventAlerts(scale),
  ...loadAlerts(scale),
  ...partyAlerts(scale),
];

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

/** The broker as a process on a machine. */
const brokerAlerts = (scale: TimeScale): Alert[] => [
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
    name: 'SluiceBrokerRestarting',
    expr: `changes(process_start_time_seconds{job="${BROKER_JOB}"}[${scale.duration('1h')}]) > ${STARTS_PER_HOUR_MAX}`,
    severity: 'ticket',
    summary:
      'The broker at {{ $labels.instance }}, or a worker of it, has started {{ $value }} times within an hour: its log says why it ended',
  },
  {
    name: 'SluiceBrokerHeld',
    expr: `max by (instance) (${scale.held('sluice_event_loop_hold_max_seconds')}) > ${HOLD_SECONDS_MAX}`,
    for: '15m',
    severity: 'ticket',
    summary:
      'For a quarter of an hour something has held the broker at {{ $labels.instance }} again and again, now for {{ $value | humanizeDuration }}, while everything else waited',
  },
  {
    name: 'SluiceInternalError',
    expr: `${growthOf(scale, 'sluice_events_refused_total{code="INTERNAL"}')} + ${growthOf(scale, 'sluice_subscriptions_ended_total{code="INTERNAL"}')} > 0`,
    severity: 'page',
    summary: 'The broker met an error that it did not expect; its log has the stack',
  },
];

/** The clock and the certificates that others set up for the broker. */
const machineAlerts = (scale: TimeScale): Alert[] => [
  {
    name: 'SluiceClockSet',
    expr: hasGrown(scale, 'sluice_clock_steps_total', 'by (instance) '),
    severity: 'ticket',
    summary:
      'The clock of the machine of the broker at {{ $labels.instance }} was set by a second or more; its log says by how much',
  },
  {
    name: 'SluiceCertificateEnding',
    expr: `min by (instance, file) (${scale.held('sluice_tls_certificate_end_timestamp_seconds')}) < time() + ${scale.seconds('14d')}`,
    for: '5m',
    severity: 'ticket',
    summary:
      'The certificate in {{ $labels.file }} of the broker at {{ $labels.instance }} ends at {{ $value | humanizeTimestamp }}: no client connects then',
  },
];

/** The ledger, what must be in it, and what is made of it. */
const ledgerAlerts = (scale: TimeScale): Alert[] => [
  {
    name: 'SluiceLedgerBroken',
    expr: 'max by (instance) (sluice_ledger_broken) > 0',
    severity: 'page',
    summary:
      'The broker at {{ $labels.instance }} found a record of the ledger that does not hold, and delivers nothing: do not restart it, copy the data folder first',
  },
  {
    name: 'SluiceLedgerStale',
    expr: `${scale.held('sluice_ledger_in_sight')} == 0`,
    for: '1m',
    severity: 'page',
    summary: 'The broker at {{ $labels.instance }} does not see the ledger and has stopped delivering',
  },
  revocationAlert(scale.duration('5m')),
  {
    name: 'SluiceReceiptsUnsealed',
    expr: `max by (instance) (${scale.held('sluice_receipts_unsealed_age_seconds')}) > ${scale.ownSeconds('3h')}`,
    for: '5m',
    severity: 'ticket',
    summary:
      'The broker at {{ $labels.instance }} has not sealed its receipts in the ledger for {{ $value | humanizeDuration }}',
  },
  {
    name: 'SluiceJournalNotWritten',
    expr: `max by (instance) (${scale.held('sluice_rights_journal_failing')}) > 0`,
    for: '1m',
    severity: 'page',
    summary:
      'The broker at {{ $labels.instance }} cannot write its journal of rights: a restore would not know which rights have ended since',
  },
  {
    name: 'SluiceProjectionBehind',
    expr: `max by (instance) (${scale.held('sluice_projection_lag_seconds')}) > ${scale.seconds('1m')}`,
    for: '5m',
    severity: 'page',
    summary:
      'What officers read at {{ $labels.instance }} has lacked records of the ledger for {{ $value | humanizeDuration }}: their calls are answered 503',
  },
];

/** Events that are no longer there. */
const eventAlerts = (scale: TimeScale): Alert[] => [
  {
    name: 'SluicePositionGone',
    expr: hasGrown(scale, 'sluice_subscriptions_ended_total{code="POSITION_GONE"}'),
    severity: 'ticket',
    summary: 'Subscribers asked for positions that the log no longer has: they must begin again',
  },
];

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
      name: 'SluiceLoginsFailing',
      expr: `60 * sum by (instance) (rate(${FAILED_LOGINS}[${window}])) > ${FAILED_LOGINS_PER_MINUTE_MAX}`,
      for: '5m',
      severity: 'ticket',
      summary:
        '{{ $value | printf "%.0f" }} log-ins a minute fail at {{ $labels.instance }}: a client has a wrong token, or somebody guesses',
    },
  ];
}
