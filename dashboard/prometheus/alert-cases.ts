/** Series as promtool writes them: `0+5x20` begins at 0 and grows by 5 at each step, twenty times. */
export interface AlertCase {
  alert: string;
  /** Time between two samples and two evaluations; 30 s unless the windows are long. */
  step?: string;
  /** Tells apart the alerts that share a name. */
  labels?: Record<string, string>;
  /** Time after which the series of `fires` must have fired the alert, and those of `silent` must not. */
  at: string;
  fires: Record<string, string>;
  /** Just below the limit. */
  silent: Record<string, string>;
}

const counterCase = (alert: string, series: string): AlertCase => ({
  alert,
  at: '10m',
  fires: { [series]: '0x10 0+1x10' },
  silent: { [series]: '7x20' },
});

const bucket = (name: string, le: string): string => `${name}_bucket{le="${le}"}`;
const DELIVERY = 'sluice_publish_to_deliver_seconds';

const GRANT = '{grant="g",cursor="default",instance="a"}';
const OVERDUE = 'sluice_entry_overdue_seconds{entry="civil.birth",party="civil",frequency="daily",instance="a"}';
/** Two brokers report the same grant. */
const GRANT_INFO = {
  'sluice_grant_info{grant="g",cursor="default",party="health",instance="a"}': '1x90',
  'sluice_grant_info{grant="g",cursor="default",party="health",instance="b"}': '1x90',
};

/** A cursor beside a healthy one that nobody follows, and scrapes that fail for a while in the middle. */
function abandoned(failing: string): Record<string, string> {
  const of = '{grant="g",cursor="old",instance="a"}';
  const party = of.replace('}', ',party="health"}');
  return {
    ...GRANT_INFO,
    [`sluice_grant_oldest_unacknowledged_age_seconds${GRANT}`]: '0x50',
    [`sluice_grant_oldest_unacknowledged_age_seconds${of}`]: `7200x19 ${failing} 7200x25`,
    [`sluice_grant_info${party}`]: `1x19 ${failing} 1x25`,
  };
}

/** 1,000 events a step, of which so many fail, for as long as the long window asks. */
function burn(window: string, step: string, at: string, failing: number, below: number): AlertCase[] {
  const steps = 400;
  const accepted = (bad: number): Record<string, string> => ({
    'sluice_events_accepted_total{partition="0",op="create"}': `0+${1000 - bad}x${steps}`,
    'sluice_events_refused_total{code="STORE_FULL"}': `0+${bad}x${steps}`,
  });
  const delivered = (bad: number): Record<string, string> => ({
    [`${DELIVERY}_count`]: `0+1000x${steps}`,
    [bucket(DELIVERY, '0.25')]: `0+${1000 - bad}x${steps}`,
  });
  const canary = (bad: number): Record<string, string> => ({
    'sluice_canary_rounds_total{transport="sse",outcome="delivered"}': `0+${1000 - bad}x${steps}`,
    'sluice_canary_rounds_total{transport="sse",outcome="missed"}': `0+${bad}x${steps}`,
    'sluice_canary_rounds_total{transport="sse",outcome="suspended"}': `0+100x${steps}`,
    'sluice_canary_delivery_seconds_bucket{transport="sse",le="1.0"}': `0+${1000 - bad}x${steps}`,
  });
  const alert = 'SluiceErrorBudgetBurn';
  return [
    { alert, labels: { objective: 'accepted', window }, step, at, fires: accepted(failing), silent: accepted(below) },
    { alert, labels: { objective: 'canary', window }, step, at, fires: canary(failing), silent: canary(below) },
    {
      alert,
      labels: { objective: 'live_delivery', window },
      step,
      at,
      fires: delivered(failing * 10),
      silent: delivered(below * 10),
    },
  ];
}

/** One case for each alert: a test fails for an alert without one. */
export const ALERT_CASES: readonly AlertCase[] = [
  {
    alert: 'SluiceBrokerDown',
    at: '5m',
    fires: { 'up{job="sluice",instance="a"}': '1x2 0x20' },
    silent: { 'up{job="sluice",instance="a"}': '1x8 0x1 1x20' },
  },
  {
    alert: 'SluiceNatsDown',
    at: '5m',
    fires: { sluice_nats_up: '1x2 0x20' },
    silent: { sluice_nats_up: '1x8 0x1 1x20' },
  },
  {
    alert: 'SluiceLedgerStale',
    at: '5m',
    fires: { sluice_ledger_in_sight: '1x2 0x20' },
    silent: { sluice_ledger_in_sight: '1x8 0x1 1x20' },
  },
  counterCase('SluiceStoreFull', 'sluice_events_refused_total{code="STORE_FULL"}'),
  {
    alert: 'SluiceStreamFull',
    labels: { stream: 'RECEIPTS' },
    at: '10m',
    fires: {
      'sluice_nats_stream_limit_ratio{stream="RECEIPTS"}': '0.91x30',
    },
    silent: {
      'sluice_nats_stream_limit_ratio{stream="RECEIPTS"}': '0.89x30',
    },
  },
  {
    alert: 'SluiceStreamChanged',
    labels: { stream: 'EV_0' },
    at: '10m',
    fires: { 'sluice_nats_stream_changed_settings{stream="EV_0"}': '1x30' },
    silent: { 'sluice_nats_stream_changed_settings{stream="EV_0"}': '0x30' },
  },
  {
    alert: 'SluiceStoreFilling',
    at: '10m',
    fires: { sluice_store_free_bytes: '24x30', sluice_store_capacity_bytes: '100x30' },
    silent: { sluice_store_free_bytes: '26x30', sluice_store_capacity_bytes: '100x30' },
  },
  counterCase('SluiceInternalError', 'sluice_subscriptions_ended_total{code="INTERNAL"}'),
  counterCase('SluicePositionGone', 'sluice_subscriptions_ended_total{code="POSITION_GONE"}'),
  counterCase('SluiceQuarantineMissed', 'sluice_events_quarantine_missed_total'),
  {
    alert: 'SluiceQuarantineGrowing',
    at: '15m',
    fires: { 'sluice_events_quarantined_total{code="ITEM_INVALID"}': '0+33x30' },
    silent: { 'sluice_events_quarantined_total{code="ITEM_INVALID"}': '0x17 0+29x12' },
  },
  {
    alert: 'SluiceQuarantineGrowing',
    at: '70m',
    fires: { 'sluice_events_quarantined_total{code="UNKNOWN_ITEM"}': '0+4x140' },
    silent: { 'sluice_events_quarantined_total{code="UNKNOWN_ITEM"}': '0+2x140' },
  },
  {
    alert: 'SluiceStoreFullSoon',
    at: '40m',
    fires: { sluice_store_seconds_until_full: '250000x90' },
    silent: { sluice_store_seconds_until_full: '260000x90' },
  },
  {
    alert: 'SluiceRevocationSlow',
    at: '10m',
    fires: {
      sluice_revocation_to_last_byte_seconds_count: '0x10 0+2x10',
      [bucket('sluice_revocation_to_last_byte_seconds', '1.0')]: '0x10 0+1x10',
    },
    silent: {
      sluice_revocation_to_last_byte_seconds_count: '0x10 0+2x10',
      [bucket('sluice_revocation_to_last_byte_seconds', '1.0')]: '0x10 0+2x10',
    },
  },
  {
    alert: 'SluiceReceiptsUnsealed',
    at: '10m',
    fires: { 'sluice_receipts_unsealed_age_seconds{instance="a"}': '10801x20' },
    silent: { 'sluice_receipts_unsealed_age_seconds{instance="a"}': '10800x20' },
  },
  {
    alert: 'SluiceQuarantineOld',
    at: '10m',
    fires: { sluice_quarantine_oldest_age_seconds: '604801x20' },
    silent: { sluice_quarantine_oldest_age_seconds: '604000x20' },
  },
  {
    alert: 'SluiceGrantLagging',
    labels: { party: 'health', grant: 'g', cursor: 'default' },
    at: '20m',
    fires: { ...GRANT_INFO, [`sluice_grant_oldest_unacknowledged_age_seconds${GRANT}`]: '3601+30x40' },
    silent: { ...GRANT_INFO, [`sluice_grant_oldest_unacknowledged_age_seconds${GRANT}`]: '3000x40' },
  },
  {
    alert: 'SluiceGrantLagging',
    labels: { party: 'health', grant: 'g', cursor: 'old' },
    at: '20m',
    // A scrape fails.
    fires: abandoned('stale'),
    // For longer than a series is held, so the wait begins anew.
    silent: abandoned('stale _x5'),
  },
  {
    alert: 'SluiceGrantEnding',
    labels: { party: 'health', grant: 'g' },
    at: '10m',
    // Time begins at 0 in these tests.
    fires: { ...GRANT_INFO, [`sluice_grant_end_timestamp_seconds${GRANT}`]: '604801x20' },
    silent: { ...GRANT_INFO, [`sluice_grant_end_timestamp_seconds${GRANT}`]: '605500x20' },
  },
  counterCase('SluiceDeadLetters', 'sluice_dead_letters_total'),
  {
    alert: 'SluiceSubscribersBehind',
    at: '20m',
    fires: { 'sluice_subscriptions{state="behind"}': '1x40' },
    silent: { 'sluice_subscriptions{state="behind"}': '1x28 0x12' },
  },
  {
    alert: 'SluiceCommitSlow',
    at: '15m',
    fires: {
      [bucket('sluice_commit_duration_seconds', '1.0')]: '0+90x30',
      [bucket('sluice_commit_duration_seconds', '2.5')]: '0+100x30',
      [bucket('sluice_commit_duration_seconds', '+Inf')]: '0+100x30',
    },
    silent: {
      [bucket('sluice_commit_duration_seconds', '1.0')]: '0+100x30',
      [bucket('sluice_commit_duration_seconds', '2.5')]: '0+100x30',
      [bucket('sluice_commit_duration_seconds', '+Inf')]: '0+100x30',
    },
  },
  {
    alert: 'SluiceIntakeBacklog',
    at: '10m',
    fires: { 'sluice_intake_waiting_events{instance="a"}': '5001x20' },
    silent: { 'sluice_intake_waiting_events{instance="a"}': '5000x20' },
  },
  counterCase('SluiceClientsNotReading', 'sluice_sessions_closed_total{code="4408"}'),
  {
    alert: 'SluiceLoginsFailing',
    at: '12m',
    // Four in 30 s are 0.13 a second, three exactly the limit.
    fires: {
      'sluice_logins_failed_total{failure="token",instance="a"}': '0+2x30',
      'sluice_logins_failed_total{failure="throttled",instance="a"}': '0+2x30',
    },
    silent: {
      'sluice_logins_failed_total{failure="token",instance="a"}': '0+3x30',
      'sluice_logins_failed_total{failure="missing",instance="a"}': '0+100x30',
    },
  },
  {
    alert: 'SluiceEntriesLate',
    labels: { party: 'civil' },
    at: '20m',
    fires: { [OVERDUE]: '1+30x40', [OVERDUE.replace('"a"', '"b"')]: '1+30x40' },
    silent: { [OVERDUE]: '1+30x28 stale' },
  },
  counterCase('SluiceViewLeak', 'sluice_leak_check_findings_total{kind="leak",instance="a"}'),
  counterCase('SluiceViewWrong', 'sluice_leak_check_findings_total{kind="withheld",instance="a"}'),
  counterCase('SluiceCanaryLeak', 'sluice_canary_leaks_total{medium="stream"}'),
  {
    alert: 'SluiceCanaryDown',
    at: '15m',
    fires: { 'up{job="sluice-canary",instance="c"}': '1x4 0x40' },
    silent: {
      'up{job="sluice-canary",instance="c"}': '1x20 0x9 1x20',
      sluice_canary_last_round_timestamp_seconds: '0+30x40',
    },
  },
  {
    alert: 'SluiceCanaryDown',
    at: '20m',
    fires: { sluice_canary_last_round_timestamp_seconds: '0+30x10 300x40' },
    silent: { sluice_canary_last_round_timestamp_seconds: '0+30x28 840x10' },
  },
  {
    alert: 'SluiceCanaryPaused',
    at: '12m',
    fires: { 'sluice_canary_paused{reason="suspended"}': '0x2 1x40' },
    silent: { 'sluice_canary_paused{reason="suspended"}': '0x16 1x20' },
  },
  // Per mille of the events: the limits are 14.4, 6, 3 and 1 times a budget of one per mille.
  ...burn('1h', '1m', '70m', 15, 14),
  ...burn('6h', '5m', '370m', 7, 5),
  ...burn('1d', '15m', '1455m', 4, 2),
  ...burn('3d', '15m', '4335m', 2, 0),
];
