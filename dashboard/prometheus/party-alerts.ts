import { hasGrown, RECENT } from './expressions.js';
import { GRANTS_JOB } from './grant-alerts.js';
import type { Alert } from './rule.js';
import type { PromDuration, TimeScale } from './time-scale.js';

const QUARANTINED_PER_SECOND_MAX = 1;
/** One in ten seconds all hour long: a fault that is slow fills the quarantine as well, and the records are missing just the same. */
const QUARANTINED_STEADILY_MAX = 0.1;

/** ` of party x`, where the department is known. */
const OF_PARTY = '{{ with $labels.party }} of party {{ . }}{{ end }}';

/**
 * Growth of a counter that a party has from its first event on. `increase` sees nothing of what a series begins with, so a series that is not as old as the
 * window counts with its value.
 */
function partyGrowth(scale: TimeScale, series: string, by: string, window: PromDuration = RECENT): string {
  const range = scale.duration(window);
  return `sum by (${by}) (${series} unless ${series} offset ${range} or increase(${series}[${range}]))`;
}

/**
 * `byParty` decides where `/metrics/grants` is read, `total`, of `/metrics`, where it is not: then nobody is named, and nothing is lost. A series also looks new to a
 * Prometheus that has just begun, so `total` must hold in both cases; `on` are the labels that the two share (docs/decisions/0417).
 */
function attributed(scale: TimeScale, byParty: string, total: string, on = ''): string {
  return `(${byParty}) and on (${on}) (${total}) or ${unlessRead(scale, total)}`;
}

const unlessRead = (scale: TimeScale, total: string): string =>
  `(${total}) unless on () (max(${scale.held(`up{job="${GRANTS_JOB}"}`)}) == 1)`;

/** A figure of now is beyond its limit, of a party or altogether. Every broker reports the same, or one of them all. */
function partyIsAbove(scale: TimeScale, [party, all]: readonly [party: string, all: string], limit: number): string {
  const above = (series: string, by = ''): string => `max ${by}(${scale.held(series)}) > ${limit}`;
  return `${above(party, 'by (party) ')} or ${unlessRead(scale, above(all))}`;
}

/** A counter has grown lately, of a party or altogether. */
function partyHasGrown(scale: TimeScale, [party, all]: readonly [party: string, all: string], label = ''): string {
  const total = hasGrown(scale, all, label && `by (${label}) `);
  return attributed(scale, `${partyGrowth(scale, party, label ? `party, ${label}` : 'party')} > 0`, total, label);
}

function quarantineGrowing(scale: TimeScale): string {
  const byParty = (window: PromDuration): string =>
    `${partyGrowth(scale, 'sluice_party_quarantined_events_total', 'party, code', window)} / ${scale.seconds(window)}`;
  const total = (window: PromDuration): string =>
    `sum by (code) (rate(sluice_events_quarantined_total[${scale.duration(window)}]))`;
  const isMuch = (perSecond: (window: PromDuration) => string): string =>
    `${perSecond('5m')} > ${QUARANTINED_PER_SECOND_MAX} or ${perSecond('1h')} > ${QUARANTINED_STEADILY_MAX}`;
  return attributed(scale, isMuch(byParty), isMuch(total), 'code');
}

/** Alerts that one department must act on, by what `/metrics/grants` counts for its party. */
export const partyAlerts = (scale: TimeScale): Alert[] => [...sourceAlerts(scale), ...subscriberAlerts(scale)];

const sourceAlerts = (scale: TimeScale): Alert[] => [
  {
    name: 'SluiceQuarantineMissed',
    expr: partyHasGrown(scale, [
      'sluice_party_quarantine_missed_events_total',
      'sluice_events_quarantine_missed_total',
    ]),
    severity: 'ticket',
    summary: `Refused events${OF_PARTY} could not be kept for their source`,
  },
  {
    name: 'SluiceQuarantineOld',
    expr: partyIsAbove(
      scale,
      ['sluice_party_quarantine_oldest_age_seconds', 'sluice_quarantine_oldest_age_seconds'],
      scale.seconds('7d'),
    ),
    for: '5m',
    severity: 'ticket',
    summary: `A refused event${OF_PARTY} has been kept for {{ $value | humanizeDuration }}: was its record published anew? After 30 days it is gone`,
  },
  {
    name: 'SluiceQuarantineGrowing',
    expr: quarantineGrowing(scale),
    for: '5m',
    severity: 'ticket',
    summary: `{{ $value | humanize }} events a second${OF_PARTY} are quarantined with {{ $labels.code }}: a source no longer fits its entry`,
  },
  {
    name: 'SluiceQuotaRefusing',
    expr: partyHasGrown(scale, ['sluice_party_quota_refusals_total', 'sluice_quota_refusals_total'], 'quota'),
    severity: 'ticket',
    summary: `The quota {{ $labels.quota }} refused {{ $value | humanize }} events or requests${OF_PARTY} in five minutes; the log names the system`,
  },
];

const subscriberAlerts = (scale: TimeScale): Alert[] => [
  {
    name: 'SluiceDeadLetters',
    expr: partyHasGrown(scale, ['sluice_party_dead_letters_total', 'sluice_dead_letters_total']),
    severity: 'ticket',
    summary: `A subscriber${OF_PARTY} rejects events`,
  },
  {
    name: 'SluiceClientsNotReading',
    expr: partyHasGrown(
      scale,
      ['sluice_party_sessions_closed_total', 'sluice_sessions_closed_total{code=~"4408|4429"}'],
      'code',
    ),
    severity: 'ticket',
    summary: `{{ $value | humanize }} sessions${OF_PARTY} were closed with {{ $labels.code }}: clients hang or do not read`,
  },
  {
    name: 'SluiceNoticesWaiting',
    expr: partyIsAbove(scale, ['sluice_party_waiting_notices', 'sluice_webhook_waiting_notices'], 0),
    for: '1h',
    severity: 'ticket',
    summary: `{{ $value }} notices wait for the webhook${OF_PARTY}, which has taken not all for an hour`,
  },
  {
    name: 'SluiceNoticesGivenUp',
    expr: partyHasGrown(scale, [
      'sluice_party_notices_given_up_total',
      'sluice_webhook_notices_total{outcome="given_up"}',
    ]),
    severity: 'ticket',
    summary: `Notices were given up that the webhook${OF_PARTY} did not take for 24 hours`,
  },
];
