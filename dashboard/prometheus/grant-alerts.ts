import type { Alert } from './rule.js';
import type { TimeScale } from './time-scale.js';

/** Scrape job of `/metrics/grants`, which needs a token. */
export const GRANTS_JOB = 'sluice-grants';

const BY = '(grant, cursor)';
const INFO = 'max by (grant, cursor, party) (sluice_grant_info)';

/** A series of `/metrics/grants` with the party that holds the grant. Every broker reports the same: one of them counts. */
export const withParty = (series: string): string => `max by ${BY} (${series}) * on ${BY} group_left (party) ${INFO}`;

/** Every broker reports the same. One alert for each department: what stops at a source are many entries at a time. */
const LATE_BY_PARTY = 'count by (party) (max by (entry, party) (sluice_entry_overdue_seconds))';

/** Alerts for one department: `party` names it, and Alertmanager sends them there. */
export const grantAlerts = (scale: TimeScale): Alert[] => [
  {
    name: 'SluiceGrantLagging',
    expr: `max by (party, grant) (${withParty('sluice_grant_oldest_unacknowledged_age_seconds')}) > ${scale.seconds('1h')}`,
    for: '15m',
    severity: 'ticket',
    summary:
      'Party {{ $labels.party }} has not acknowledged events of grant {{ $labels.grant }} for {{ $value | humanizeDuration }}',
  },
  {
    name: 'SluiceGrantEnding',
    expr: `min by (party, grant) (${withParty('sluice_grant_end_timestamp_seconds')}) - time() < ${scale.seconds('7d')}`,
    for: '5m',
    severity: 'ticket',
    summary:
      'Grant {{ $labels.grant }} of party {{ $labels.party }} ends in {{ $value | humanizeDuration }}: nothing is delivered then',
  },
  {
    name: 'SluiceEntriesLate',
    expr: `${LATE_BY_PARTY} > 0`,
    for: '15m',
    severity: 'ticket',
    summary: 'Party {{ $labels.party }} publishes {{ $value }} entries less often than they declare',
  },
];
