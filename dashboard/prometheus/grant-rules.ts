import { withParty } from './grant-alerts.js';
import type { RecordingRule } from './rule.js';
import type { TimeScale } from './time-scale.js';

/** How many grants or entries a panel shows. */
export const GRANTS_SHOWN = 20;

/**
 * Series that panels read in place of those of `/metrics/grants`: over hours, 6,500 grants joined with their parties at each point
 * of a graph are more samples than Prometheus takes into one query (docs/decisions/0397). Recorded, a panel reads what it shows.
 */
export const GRANT_LAG_SECONDS = `sluice:grant_oldest_unacknowledged_age_seconds:top${GRANTS_SHOWN}`;
export const GRANT_LAG_EVENTS = `sluice:grant_unacknowledged_events:top${GRANTS_SHOWN}`;
export const PARTY_DELIVERED = 'sluice:party_delivered_events:rate5m';
export const ENTRY_ACCEPTED = `sluice:entry_accepted_events:rate5m_top${GRANTS_SHOWN}`;

const largest = (expr: string): string => `topk(${GRANTS_SHOWN}, ${expr})`;

/** Each is the figure of all brokers: of lag every broker reports the same, of deliveries and acceptances its own share. */
export function grantRules(scale: TimeScale): RecordingRule[] {
  const rate = (series: string): string => `rate(${series}[${scale.duration('5m')}])`;
  const delivered = `sum by (grant, cursor) (${rate('sluice_grant_delivered_events_total')})`;
  const party = 'max by (grant, cursor, party) (sluice_grant_info)';
  return [
    { record: GRANT_LAG_SECONDS, expr: largest(withParty('sluice_grant_oldest_unacknowledged_age_seconds')) },
    { record: GRANT_LAG_EVENTS, expr: largest(withParty('sluice_grant_unacknowledged_events')) },
    {
      record: PARTY_DELIVERED,
      expr: `sum by (party) (${delivered} * on (grant, cursor) group_left (party) ${party})`,
    },
    { record: ENTRY_ACCEPTED, expr: largest(`sum by (entry) (${rate('sluice_entry_accepted_events_total')})`) },
  ];
}
