import type { Alert } from './rule.js';
import type { TimeScale } from './time-scale.js';

/** Scrape job of `/metrics/grants`, which needs a token. */
export const GRANTS_JOB = 'sluice-grants';

const BY = '(grant, cursor)';
const INFO = 'sluice_grant_info';

/** A series of `/metrics/grants` with the party that holds the grant. Every broker reports the same: one of them counts. */
export const withParty = (series: string, info = INFO): string =>
  `max by ${BY} (${series}) * on ${BY} group_left (party) max by (grant, cursor, party) (${info})`;

const heldWithParty = (scale: TimeScale, series: string): string => withParty(scale.held(series), scale.held(INFO));

/** Alerts for one department: `party` names it, and Alertmanager sends them there. */
export const grantAlerts = (scale: TimeScale): Alert[] => [
  {
    name: 'SluiceGrantsUnseen',
    expr: `up{job="${GRANTS_JOB}"} == 0`,
    for: '5m',
    severity: 'ticket',
    summary:
      'Prometheus gets no /metrics/grants from {{ $labels.instance }}: lag, ends of grants and late entries raise no alarm',
  },
  {
    name: 'SluiceGrantLagging',
    expr: `max by (party, grant, cursor) (${heldWithParty(scale, 'sluice_grant_oldest_unacknowledged_age_seconds')}) > ${scale.seconds('1h')}`,
    for: '15m',
    severity: 'ticket',
    summary:
      'Cursor {{ $labels.cursor }} of grant {{ $labels.grant }} of party {{ $labels.party }} has an event that is not acknowledged for {{ $value | humanizeDuration }}',
  },
  {
    name: 'SluiceGrantEnding',
    expr: `min by (party, grant) (${heldWithParty(scale, 'sluice_grant_end_timestamp_seconds')}) < time() + ${scale.seconds('7d')}`,
    for: '5m',
    severity: 'ticket',
    summary:
      'Grant {{ $labels.grant }} of party {{ $labels.party }} ends at {{ $value | humanizeTimestamp }}: nothing is delivered then',
  },
  {
    name: 'SluiceEntriesLate',
    // Every broker reports the same. One alert for each department: what stops at a source are many entries at a time.
    expr: `count by (party) (max by (entry, party) (${scale.held('sluice_entry_overdue_seconds')})) > 0`,
    for: '15m',
    severity: 'ticket',
    summary: 'Party {{ $labels.party }} publishes {{ $value }} entries less often than they declare',
  },
];
