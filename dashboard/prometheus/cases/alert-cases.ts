import { type AlertCase, counterCase, gaugeCase, LOOKBACK_STEPS, QUIET, STAYS, samples } from './alert-case.js';
import { burnCases } from './burn-cases.js';
import { grantCases } from './grant-cases.js';
import { attributedCases } from './party-cases.js';

const A = { instance: 'a' };
const bucket = (name: string, le: string): string => `${name}_bucket{le="${le}",instance="a"}`;
const REVOCATION = 'sluice_revocation_to_last_byte_seconds';
const COMMITS = 'sluice_commit_duration_seconds';

const processCases: readonly AlertCase[] = [
  gaugeCase({
    alert: 'SluiceBrokerDown',
    severity: 'page',
    labels: A,
    series: 'up{job="sluice",instance="a"}',
    within: 1,
    beyond: 0,
    waits: 1,
    heldSteps: LOOKBACK_STEPS,
  }),
  {
    alert: 'SluiceBrokerRestarting',
    severity: 'ticket',
    labels: A,
    // Until the first of three starts is an hour ago.
    from: 30,
    until: 9 + 120,
    fires: { 'process_start_time_seconds{job="sluice",instance="a"}': '1x9 2x9 3x9 4x130' },
    silent: { 'process_start_time_seconds{job="sluice",instance="a"}': '1x9 2x9 3x130' },
  },
  gaugeCase({
    alert: 'SluiceBrokerHeld',
    severity: 'ticket',
    labels: A,
    series: 'sluice_event_loop_hold_max_seconds{instance="a"}',
    within: 0.1,
    beyond: 0.101,
    waits: 15,
  }),
  counterCase('SluiceClockSet', 'ticket', 'sluice_clock_steps_total{instance="a"}', A),
  {
    alert: 'SluiceCertificateEnding',
    severity: 'ticket',
    labels: { instance: 'a', file: 'tls.cert' },
    from: QUIET + 10,
    // Time begins at 0 in these tests, and the limit moves with it.
    fires: {
      'sluice_tls_certificate_end_timestamp_seconds{instance="a",file="tls.cert"}': '1209600+30x2 1209689+30x40',
    },
    silent: { 'sluice_tls_certificate_end_timestamp_seconds{instance="a",file="tls.cert"}': '1209600+30x40' },
  },
  counterCase('SluiceInternalError', 'page', 'sluice_events_refused_total{code="INTERNAL",instance="a"}'),
  counterCase('SluiceInternalError', 'page', 'sluice_subscriptions_ended_total{code="INTERNAL",instance="a"}'),
  {
    alert: 'SluiceInternalError',
    severity: 'page',
    from: 11,
    until: 20,
    // A counter of the same labels that stands still hides none.
    fires: {
      'sluice_events_refused_total{code="INTERNAL",instance="a"}': '3x40',
      'sluice_subscriptions_ended_total{code="INTERNAL",instance="a"}': '0x10 1x30',
    },
    silent: { 'sluice_events_refused_total{code="INTERNAL",instance="a"}': '3x40' },
  },
];

const ledgerCases: readonly AlertCase[] = [
  gaugeCase({
    alert: 'SluiceLedgerBroken',
    severity: 'page',
    labels: A,
    series: 'sluice_ledger_broken{instance="a"}',
    within: 0,
    beyond: 1,
    waits: 0,
    heldSteps: LOOKBACK_STEPS,
  }),
  gaugeCase({
    alert: 'SluiceLedgerStale',
    severity: 'page',
    labels: A,
    series: 'sluice_ledger_in_sight{instance="a"}',
    within: 1,
    beyond: 0,
    waits: 1,
  }),
  {
    alert: 'SluiceRevocationSlow',
    severity: 'page',
    labels: A,
    from: 11,
    until: 20,
    fires: {
      [`${REVOCATION}_count{instance="a"}`]: '0x10 1x30',
      [bucket(REVOCATION, '1.0')]: '0x40',
    },
    silent: {
      [`${REVOCATION}_count{instance="a"}`]: '0x10 0+2x30',
      [bucket(REVOCATION, '1.0')]: '0x10 0+2x30',
    },
  },
  gaugeCase({
    alert: 'SluiceReceiptsUnsealed',
    severity: 'ticket',
    labels: A,
    series: 'sluice_receipts_unsealed_age_seconds{instance="a"}',
    within: 10_800,
    beyond: 10_801,
    waits: 5,
  }),
  gaugeCase({
    alert: 'SluiceJournalNotWritten',
    severity: 'page',
    labels: A,
    series: 'sluice_rights_journal_failing{instance="a"}',
    within: 0,
    beyond: 1,
    waits: 1,
  }),
  gaugeCase({
    alert: 'SluiceProjectionBehind',
    severity: 'page',
    labels: A,
    series: 'sluice_projection_lag_seconds{instance="a"}',
    within: 60,
    beyond: 61,
    waits: 5,
  }),
];

const storeCases: readonly AlertCase[] = [
  gaugeCase({
    alert: 'SluiceNatsDown',
    severity: 'page',
    labels: A,
    series: 'sluice_nats_up{instance="a"}',
    within: 1,
    beyond: 0,
    waits: 1,
  }),
  gaugeCase({
    alert: 'SluiceNatsSlow',
    severity: 'ticket',
    labels: A,
    series: 'sluice_nats_round_trip_seconds{instance="a",server="n"}',
    within: 0.25,
    beyond: 0.251,
    waits: 5,
  }),
  gaugeCase({
    alert: 'SluiceReplicasBehind',
    severity: 'ticket',
    labels: { server: 'n' },
    series: 'sluice_nats_replicas_behind{instance="a",server="n"}',
    within: 0,
    beyond: 1,
    waits: 5,
  }),
  counterCase('SluiceStoreFull', 'page', 'sluice_events_refused_total{code="STORE_FULL",instance="a"}'),
  gaugeCase({
    alert: 'SluiceStoreFull',
    severity: 'page',
    series: 'sluice_store_takes_events{instance="a"}',
    within: 1,
    beyond: 0,
    waits: 0,
    heldSteps: LOOKBACK_STEPS,
  }),
  gaugeCase({
    alert: 'SluiceStreamFull',
    severity: 'ticket',
    labels: { stream: 'RECEIPTS' },
    series: 'sluice_nats_stream_limit_ratio{stream="RECEIPTS",instance="a"}',
    within: 0.9,
    beyond: 0.901,
    waits: 5,
  }),
  gaugeCase({
    alert: 'SluiceStreamChanged',
    severity: 'ticket',
    labels: { stream: 'EV_0' },
    series: 'sluice_nats_stream_changed_settings{stream="EV_0",instance="a"}',
    within: 0,
    beyond: 1,
    waits: 5,
  }),
  gaugeCase({
    alert: 'SluiceStoreFilling',
    severity: 'ticket',
    series: 'sluice_store_free_bytes{instance="a"}',
    within: 250,
    beyond: 249,
    waits: 5,
    beside: (steps) => ({
      'sluice_store_capacity_bytes{instance="a"}': samples(1000, steps),
      'sluice_store_capacity_bytes{instance="b"}': samples(1000, steps),
    }),
  }),
  gaugeCase({
    alert: 'SluiceStoreFullSoon',
    severity: 'ticket',
    series: 'sluice_store_seconds_until_full{instance="a"}',
    within: 259_200,
    beyond: 259_199,
    waits: 30,
  }),
];

/** For an hour nothing, then more than one a second for ten minutes, which the hour remembers. */
const BURST = '0x120 31+31x19 620x150';
const eventCases: readonly AlertCase[] = [
  counterCase('SluicePositionGone', 'ticket', 'sluice_subscriptions_ended_total{code="POSITION_GONE",instance="a"}'),
  counterCase('SluiceQuarantineMissed', 'ticket', 'sluice_events_quarantine_missed_total{instance="a"}'),
  {
    alert: 'SluiceQuarantineGrowing',
    severity: 'ticket',
    labels: { code: 'ITEM_INVALID' },
    from: 140,
    until: 248,
    fires: { 'sluice_events_quarantined_total{code="ITEM_INVALID",instance="a"}': BURST },
    silent: { 'sluice_events_quarantined_total{code="ITEM_INVALID",instance="a"}': '0x120 29+29x11 348x150' },
  },
  {
    alert: 'SluiceQuarantineGrowing',
    severity: 'ticket',
    labels: { code: 'UNKNOWN_ITEM' },
    // From here on it is more than 360 in the hour.
    from: 113 + 10,
    fires: { 'sluice_events_quarantined_total{code="UNKNOWN_ITEM",instance="a"}': '0+3.2x140' },
    silent: { 'sluice_events_quarantined_total{code="UNKNOWN_ITEM",instance="a"}': '0+2.9x140' },
  },
  gaugeCase({
    alert: 'SluiceQuarantineOld',
    severity: 'ticket',
    series: 'sluice_quarantine_oldest_age_seconds{instance="a"}',
    within: 604_800,
    beyond: 604_801,
    waits: 5,
  }),
  counterCase('SluiceQuotaRefusing', 'ticket', 'sluice_quota_refusals_total{quota="drafts",instance="a"}', {
    quota: 'drafts',
  }),
  counterCase('SluiceDeadLetters', 'ticket', 'sluice_dead_letters_total{instance="a"}'),
  gaugeCase({
    alert: 'SluiceNoticesWaiting',
    severity: 'ticket',
    series: 'sluice_webhook_waiting_notices{instance="a"}',
    within: 0,
    beyond: 1,
    waits: 60,
  }),
  counterCase('SluiceNoticesGivenUp', 'ticket', 'sluice_webhook_notices_total{outcome="given_up",instance="a"}'),
];

const loadCases: readonly AlertCase[] = [
  gaugeCase({
    alert: 'SluiceSubscribersBehind',
    severity: 'ticket',
    series: 'sluice_subscriptions{state="behind",instance="a"}',
    within: 0,
    beyond: 1,
    waits: 15,
  }),
  {
    alert: 'SluiceCommitSlow',
    severity: 'ticket',
    from: 11,
    // The last commit but one is five minutes ago.
    until: 19 + 10,
    fires: {
      [bucket(COMMITS, '1.0')]: '0+9895x20 197900x20',
      [bucket(COMMITS, '2.5')]: '0+10000x20 200000x20',
      [bucket(COMMITS, '+Inf')]: '0+10000x20 200000x20',
    },
    silent: {
      [bucket(COMMITS, '1.0')]: '0+9901x40',
      [bucket(COMMITS, '2.5')]: '0+10000x40',
      [bucket(COMMITS, '+Inf')]: '0+10000x40',
    },
  },
  gaugeCase({
    alert: 'SluiceIntakeBacklog',
    severity: 'ticket',
    labels: A,
    series: 'sluice_intake_waiting_events{instance="a"}',
    within: 5000,
    beyond: 5001,
    waits: 5,
  }),
  ...['4408', '4429'].map((code) =>
    counterCase('SluiceClientsNotReading', 'ticket', `sluice_sessions_closed_total{code="${code}",instance="a"}`, {
      code,
    }),
  ),
  {
    alert: 'SluiceLoginsFailing',
    severity: 'ticket',
    labels: A,
    // 3.15 in 30 s are 6.3 a minute; then very many at once, and none.
    from: 20,
    until: 22 + 10,
    fires: {
      'sluice_logins_failed_total{failure="token",instance="a"}': '0+1.55x22 1000x30',
      'sluice_logins_failed_total{failure="ticket",instance="a"}': '0+0.6x22 13.8x30',
      'sluice_logins_failed_total{failure="throttled",instance="a"}': '0+1x22 23x30',
    },
    silent: {
      'sluice_logins_failed_total{failure="token",instance="a"}': '0+2.95x40',
      'sluice_logins_failed_total{failure="missing",instance="a"}': '0+100x40',
    },
  },
];

const LAST_ROUND = 'sluice_canary_last_round_timestamp_seconds{job="sluice-canary",instance="c"}';
const canaryCases: readonly AlertCase[] = [
  counterCase('SluiceViewLeak', 'page', 'sluice_leak_check_findings_total{kind="leak",instance="a"}', A),
  ...['withheld', 'failed'].map((kind) =>
    counterCase('SluiceViewWrong', 'ticket', `sluice_leak_check_findings_total{kind="${kind}",instance="a"}`, {
      instance: 'a',
      kind,
    }),
  ),
  counterCase('SluiceCanaryLeak', 'page', 'sluice_canary_leaks_total{medium="stream",instance="c"}', {
    medium: 'stream',
  }),
  gaugeCase({
    alert: 'SluiceCanaryDown',
    severity: 'ticket',
    labels: { instance: 'c' },
    series: 'up{job="sluice-canary",instance="c"}',
    within: 1,
    beyond: 0,
    waits: 5,
    heldSteps: LOOKBACK_STEPS,
  }),
  {
    alert: 'SluiceCanaryDown',
    severity: 'ticket',
    labels: { instance: 'c' },
    // Its last round ended at 0: five minutes are over at step 11, and five more at step 21.
    from: 21,
    until: 21 + STAYS,
    fires: { [LAST_ROUND]: `0x${20 + STAYS} 750x5` },
    silent: { [LAST_ROUND]: '0x20 630x9' },
  },
  gaugeCase({
    alert: 'SluiceCanaryPaused',
    severity: 'ticket',
    labels: { instance: 'c', reason: 'suspended' },
    series: 'sluice_canary_paused{reason="suspended",instance="c"}',
    within: 0,
    beyond: 1,
    waits: 5,
  }),
];

/** One case or more for each alert: a test fails for an alert without one. */
export const ALERT_CASES: readonly AlertCase[] = [
  ...processCases,
  ...ledgerCases,
  ...storeCases,
  ...eventCases,
  ...loadCases,
  ...canaryCases,
  ...grantCases,
  ...attributedCases,
  ...burnCases,
];
