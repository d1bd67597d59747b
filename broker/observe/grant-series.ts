import type { Grant } from '../grants/grant.js';
import type { AcceptedEntry, OverdueEntry } from './entry-figures.js';
import type { ReportedGrant } from './grant-lag.js';
import { TurnBudget } from './lag/turn-budget.js';

/** One time series family of `/metrics/grants`, and its value for a cursor; undefined when there is none. */
interface Family {
  name: string;
  type: 'gauge' | 'counter';
  help: string;
  valueOf(row: Row, nowMs: number): number | undefined;
}

interface Row {
  grant: ReportedGrant;
  cursor: ReportedGrant['cursors'][number] | undefined;
  labels: string;
}

const INFO = 'sluice_grant_info';

const FAMILIES: readonly Family[] = [
  {
    name: 'sluice_grant_end_timestamp_seconds',
    type: 'gauge',
    help: 'When the period of the grant ends',
    valueOf: ({ grant }) => grant.grant.toMs / 1000,
  },
  {
    name: 'sluice_grant_delivered_events_total',
    type: 'counter',
    help: 'Events that this broker has delivered under the cursor since it started',
    valueOf: ({ cursor }) => cursor?.delivered,
  },
  {
    name: 'sluice_grant_unacknowledged_events',
    type: 'gauge',
    help: 'Events after the cursor that the rows of the grant let through, whether or not anybody is connected',
    valueOf: ({ cursor }) => cursor?.unacknowledged,
  },
  {
    name: 'sluice_grant_oldest_unacknowledged_age_seconds',
    type: 'gauge',
    help: 'Time since the oldest unacknowledged event was accepted; 0 without one',
    valueOf: ({ cursor }, nowMs) =>
      cursor && (cursor.oldestMs === undefined ? 0 : Math.max(0, nowMs - cursor.oldestMs) / 1000),
  },
  {
    name: 'sluice_grant_lag_exact',
    type: 'gauge',
    help: '1 while the unacknowledged events are all counted, 0 while older ones are still read from the log',
    valueOf: ({ cursor }) => cursor && Number(cursor.isExact),
  },
  {
    name: 'sluice_grant_connected',
    type: 'gauge',
    help: '1 while somebody follows the cursor at this broker',
    valueOf: ({ cursor }) => Number(cursor?.connected ?? false),
  },
  {
    name: 'sluice_grant_credit_events',
    type: 'gauge',
    help: 'Events that the session of the cursor may still get before it acknowledges; absent without a session',
    valueOf: ({ cursor }) => cursor?.credit,
  },
  {
    name: 'sluice_grant_last_acknowledgement_timestamp_seconds',
    type: 'gauge',
    help: 'When the cursor was acknowledged last; absent until it was',
    valueOf: ({ cursor }) => {
      const atMs = cursor?.cursor.lastAckMs;
      return atMs === undefined ? undefined : atMs / 1000;
    },
  },
];

const ACCEPTED: Omit<Family, 'valueOf'> = {
  name: 'sluice_entry_accepted_events_total',
  type: 'counter',
  help: 'Events of the entry that this broker has accepted since it started',
};

/** Its label is `party`, as with all that one department must act on: alerts are sent by it. */
const OVERDUE: Omit<Family, 'valueOf'> = {
  name: 'sluice_entry_overdue_seconds',
  type: 'gauge',
  help: 'Time since an event of the entry was due by the update frequency that it declares; absent while none is',
};

/** The names of all families with their labels. */
export const GRANT_SERIES: Readonly<Record<string, readonly string[]>> = {
  [INFO]: ['grant', 'cursor', 'party', 'provider', 'system', 'entry'],
  ...Object.fromEntries(FAMILIES.map(({ name }) => [name, ['grant', 'cursor']])),
  [ACCEPTED.name]: ['entry', 'provider'],
  [OVERDUE.name]: ['entry', 'party', 'frequency'],
};

/** Grants and entries that a caller may see. */
export interface Reported {
  grants: readonly ReportedGrant[];
  entries: readonly AcceptedEntry[];
  late: readonly OverdueEntry[];
}

/** Characters per piece: some hundred lines, a fraction of a millisecond. Each piece costs a write. */
const PIECE_LENGTH = 64 * 1024;

/**
 * The grants and entries in the text format of Prometheus, in pieces: 6,500 grants are several MiB, and the next piece is made when
 * the one before was taken, so that a scrape that stalls holds one. Ids are tokens of letters, digits, `-`, `_` and `.`: nothing needs
 * escaping, and every character is one byte. A grant without a cursor has the series that need none.
 */
export async function* grantSeries(reported: Reported, nowMs: number): AsyncGenerator<Buffer> {
  const budget = new TurnBudget();
  for (const piece of piecesOf(reported, nowMs)) {
    yield Buffer.from(piece, 'latin1');
    if (budget.isUsedUp) await budget.nextTurn();
  }
}

function* piecesOf({ grants, entries, late }: Reported, nowMs: number): Generator<string> {
  // Made while the first family is written: those of 6,500 grants at once hold the event loop for more than 2 ms.
  const rows: Row[] = [];
  let text = head({ name: INFO, type: 'gauge', help: 'Grants in force by cursor, for joins: always 1' });
  for (const grant of grants) {
    const sides = sidesOf(grant);
    const first = rows.length;
    addRows(rows, grant);
    for (let i = first; i < rows.length; i++) text += `${INFO}{${(rows[i] as Row).labels}${sides}`;
    if (text.length < PIECE_LENGTH) continue;
    yield text;
    text = '';
  }
  for (const family of FAMILIES) {
    const { name } = family;
    text += head(family);
    for (const row of rows) {
      const value = family.valueOf(row, nowMs);
      if (value !== undefined) text += `${name}{${row.labels}} ${value}\n`;
      if (text.length < PIECE_LENGTH) continue;
      yield text;
      text = '';
    }
  }
  text += head(ACCEPTED);
  for (const { entry, provider, accepted } of entries) {
    text += `${ACCEPTED.name}{entry="${entry}",provider="${provider}"} ${accepted}\n`;
    if (text.length < PIECE_LENGTH) continue;
    yield text;
    text = '';
  }
  text += head(OVERDUE);
  for (const { entry, provider, frequency, dueAtMs } of late) {
    const seconds = Math.max(0, nowMs - dueAtMs) / 1000;
    text += `${OVERDUE.name}{entry="${entry}",party="${provider}",frequency="${frequency}"} ${seconds}\n`;
    if (text.length < PIECE_LENGTH) continue;
    yield text;
    text = '';
  }
  yield text;
}

function addRows(rows: Row[], grant: ReportedGrant): void {
  const { id } = grant.grant;
  if (grant.cursors.length === 0) rows.push({ grant, cursor: undefined, labels: labelsOf(id, '') });
  for (const cursor of grant.cursors) rows.push({ grant, cursor, labels: labelsOf(id, cursor.cursor.name) });
}

/** Joined, which makes one flat string: a concatenation would be put together anew for each of its nine series. */
const labelsOf = (grant: string, cursor: string): string => ['grant="', grant, '",cursor="', cursor, '"'].join('');

/** Grants do not change, a changed one is another object: what follows the first labels of its info series, and its end. */
const sides = new WeakMap<Grant, string>();

function sidesOf({ grant, provider }: ReportedGrant): string {
  let text = sides.get(grant);
  if (text === undefined) {
    const { party, system, entry } = grant;
    text = [',party="', party, '",provider="', provider, '",system="', system, '",entry="', entry, '"} 1\n'].join('');
    sides.set(grant, text);
  }
  return text;
}

const head = ({ name, type, help }: Omit<Family, 'valueOf'>): string =>
  `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`;
