import t from 'tap';
import type { ReportedGrant } from './grant-lag.js';
import { GRANT_SERIES, grantSeries } from './grant-series.js';

const NOW_MS = Date.UTC(2026, 10, 28);
const GRANTS = 6_500;
const ENTRIES = 40_000;

function reported(i: number): ReportedGrant {
  const grant = {
    id: `g-department-${i}`,
    party: `party-${i % 97}`,
    system: `system-${i}`,
    entry: `provider.entry-${i}`,
  };
  const record = { position: i, log: 'l', narrowing: '', claim: 'c', at: '2026-11-27T00:00:00.000Z' };
  const subject = `cursor.${grant.id}.default`;
  const cursor = { subject, grant: grant.id, name: 'default', record, lastAckMs: Date.parse(record.at) };
  const count = {
    position: i,
    end: 2 * i,
    unacknowledged: i,
    isExact: true,
    oldestMs: i === 0 ? undefined : NOW_MS - 1_500,
  };
  return {
    grant: { ...grant, toMs: NOW_MS } as ReportedGrant['grant'],
    provider: 'provider',
    cursors: [{ cursor, ...count, delivered: 7, connected: true }],
  };
}

t.test(
  '6,500 grants and 40,000 entries are written in pieces of some hundred lines, each of whole lines',
  async (t) => {
    const grants = Array.from({ length: GRANTS }, (_, i) => reported(i));
    const entries = Array.from({ length: ENTRIES }, (_, i) => ({
      entry: `provider-${i % 97}.entry-${i}`,
      provider: `provider-${i % 97}`,
      accepted: i,
    }));
    let [pieces, longest, bytes] = [0, 0, 0];
    for await (const piece of grantSeries({ grants, entries, late: [] }, NOW_MS)) {
      pieces++;
      longest = Math.max(longest, piece.length);
      bytes += piece.length;
      if (!piece.toString('latin1').endsWith('\n')) t.fail(`piece ${pieces} ends within a line`);
    }
    t.ok(longest < 66 * 1024, `the longest piece has ${longest} bytes`);
    t.ok(bytes > 1_000_000, `${bytes} bytes were written`);
    t.ok(pieces > bytes / (66 * 1024), `in ${pieces} pieces`);
  },
);

t.test(
  'a grant that nobody has a cursor on has the series that need none, and a quiet cursor has no lag',
  async (t) => {
    const [unused, quiet] = [{ ...reported(1), cursors: [] }, reported(0)];
    let text = '';
    const entries = [{ entry: 'provider.entry-1', provider: 'provider', accepted: 3 }];
    const late = [{ entry: 'provider.entry-2', provider: 'provider', frequency: 'daily', dueAtMs: NOW_MS - 90_000 }];
    for await (const piece of grantSeries({ grants: [unused, quiet], entries, late }, NOW_MS)) text += piece.toString();
    t.match(
      text,
      'sluice_grant_info{grant="g-department-1",cursor="",party="party-1",provider="provider",system="system-1",entry="provider.entry-1"} 1\n',
    );
    t.notMatch(text, 'sluice_grant_unacknowledged_events{grant="g-department-1"');
    t.match(text, 'sluice_grant_unacknowledged_events{grant="g-department-0",cursor="default"} 0\n');
    t.match(text, 'sluice_grant_oldest_unacknowledged_age_seconds{grant="g-department-0",cursor="default"} 0\n');
    t.match(text, 'sluice_entry_accepted_events_total{entry="provider.entry-1",provider="provider"} 3\n');
    t.match(text, 'sluice_entry_overdue_seconds{entry="provider.entry-2",party="provider",frequency="daily"} 90\n');
    for (const name of Object.keys(GRANT_SERIES)) t.match(text, new RegExp(`^# TYPE ${name} (gauge|counter)$`, 'm'));
  },
);
