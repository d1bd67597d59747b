import t from 'tap';
import type { Grant } from '../grants/grant.js';
import type { ReportedCursor } from './grant-lag.js';
import { GRANT_SERIES, grantSeries, grantTable } from './grant-series.js';
import type { GrantTable } from './grant-table.js';
import type { PartyFigure } from './party-figures.js';
import { SERIES_PER_PIECE } from './series-memory.js';

const NOW_MS = Date.UTC(2026, 10, 28);
const GRANTS = 6_500;
const ENTRIES = 40_000;

function add(table: GrantTable, i: number, cursors: readonly string[] = ['default']): void {
  const id = `g-department-${i}`;
  const grant = {
    id,
    party: `party-${i % 97}`,
    system: `system-${i}`,
    entry: `provider.entry-${i}`,
    toMs: NOW_MS,
  } as Grant;
  const record = { position: i, log: 'l', narrowing: '', claim: 'c', at: '2026-11-27T00:00:00.000Z' };
  const count = {
    position: i,
    end: 2 * i,
    unacknowledged: i,
    isExact: true,
    oldestMs: i === 0 ? undefined : NOW_MS - 1_500,
  };
  const reported = cursors.map((name): ReportedCursor => {
    const cursor = { subject: `cursor.${id}.${name}`, grant: id, name, record, lastAckMs: Date.parse(record.at) };
    return { cursor, ...count, delivered: 7, connected: true, isKnown: true };
  });
  table.add(grant, reported, NOW_MS);
}

t.test(
  '6,500 grants and 40,000 entries are written in pieces that bound the work of a turn, each of whole lines',
  async (t) => {
    const grants = grantTable();
    for (let i = 0; i < GRANTS; i++) add(grants, i, i % 10 === 0 ? ['default', 'replica'] : ['default']);
    const entries = Array.from({ length: ENTRIES }, (_, i) => ({
      entry: `provider-${i % 97}.entry-${i}`,
      provider: `provider-${i % 97}`,
      accepted: i,
    }));
    let [most, series] = [0, 0];
    for await (const piece of grantSeries({ grants, entries, late: [], parties: [] }, NOW_MS)) {
      const text = piece.toString('latin1');
      if (!text.endsWith('\n')) t.fail('a piece ends within a line');
      const count = text.split('\n').filter((line) => line !== '' && !line.startsWith('#')).length;
      most = Math.max(most, count);
      series += count;
    }
    t.equal(most, SERIES_PER_PIECE, 'the longest piece has as many series as one may have');
    t.ok(SERIES_PER_PIECE <= 512, 'which take some tenths of a millisecond');
    t.equal(series, 8 * 1.1 * GRANTS + ENTRIES, 'nothing is missing or there twice');
  },
);

t.test(
  'a grant that nobody has a cursor on has the series that need none, and a quiet cursor has no lag',
  async (t) => {
    const grants = grantTable();
    add(grants, 1, []);
    add(grants, 0);
    let text = '';
    const entries = [{ entry: 'provider.entry-1', provider: 'provider', accepted: 3 }];
    const late = [{ entry: 'provider.entry-2', provider: 'provider', frequency: 'daily', dueAtMs: NOW_MS - 90_000 }];
    const parties: PartyFigure[] = [
      { kind: 'dead_letters', party: 'health', cause: '', count: 4 },
      { kind: 'quota_refusals', party: 'civil', cause: 'drafts', count: 2 },
      { kind: 'waiting_notices', party: 'civil', cause: '', count: 1 },
    ];
    for await (const piece of grantSeries({ grants, entries, late, parties }, NOW_MS)) text += piece.toString();
    t.match(
      text,
      'sluice_grant_info{grant="g-department-1",cursor="",party="party-1",provider="provider",system="system-1",entry="provider.entry-1"} 1\n',
    );
    t.notMatch(text, 'sluice_grant_unacknowledged_events{grant="g-department-1"');
    t.match(text, 'sluice_grant_unacknowledged_events{grant="g-department-0",cursor="default"} 0\n');
    t.match(text, 'sluice_grant_oldest_unacknowledged_age_seconds{grant="g-department-0",cursor="default"} 0\n');
    t.match(text, 'sluice_entry_accepted_events_total{entry="provider.entry-1",provider="provider"} 3\n');
    t.match(text, 'sluice_entry_overdue_seconds{entry="provider.entry-2",party="provider",frequency="daily"} 90\n');
    t.match(text, 'sluice_party_dead_letters_total{party="health"} 4\n');
    t.match(text, 'sluice_party_quota_refusals_total{party="civil",quota="drafts"} 2\n');
    t.match(text, 'sluice_party_waiting_notices{party="civil"} 1\n');
    t.notMatch(text, /^sluice_party_quarantined/m, 'nothing that did not happen');
    for (const name of Object.keys(GRANT_SERIES)) t.match(text, new RegExp(`^# TYPE ${name} (gauge|counter)$`, 'm'));
  },
);

t.test(
  'the first piece is made in a turn of its own, since reading the grants may have used up the present one',
  async (t) => {
    const grants = grantTable();
    add(grants, 1);
    let turns = 0;
    setImmediate(() => turns++);
    await grantSeries({ grants, entries: [], late: [], parties: [] }, NOW_MS).next();
    t.equal(turns, 1);
  },
);
