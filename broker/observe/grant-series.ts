import { splitEntryId } from '../../proto/entry/entry.js';
import type { Grant } from '../grants/grant.js';
import type { AcceptedEntry, OverdueEntry } from './entry-figures.js';
import { type GrantFamily, GrantTable } from './grant-table.js';
import { TurnBudget } from './lag/turn-budget.js';
import type { PartyFigure } from './party-figures.js';
import { PARTY_FAMILIES, partySeries } from './party-series.js';
import { NO_COLUMN, rangesOf, type SeriesMemory, TableScrape } from './series-memory.js';

type Head = Pick<GrantFamily, 'name' | 'type' | 'help'>;

const INFO: Head = {
  name: 'sluice_grant_info',
  type: 'gauge',
  help: 'Grants in force by cursor, for joins: always 1',
};

const NONE = Number.NaN;

const FAMILIES: readonly GrantFamily[] = [
  {
    name: 'sluice_grant_end_timestamp_seconds',
    type: 'gauge',
    help: 'When the period of the grant ends',
    valueOf: ({ toMs }) => toMs / 1000,
  },
  {
    name: 'sluice_grant_delivered_events_total',
    type: 'counter',
    help: 'Events that this broker has delivered under the cursor since it started',
    valueOf: (_grant, cursor) => cursor?.delivered ?? NONE,
  },
  {
    name: 'sluice_grant_unacknowledged_events',
    type: 'gauge',
    help: 'Events after the cursor that the rows of the grant let through, whether or not anybody is connected',
    valueOf: (_grant, cursor) => (cursor?.isKnown ? cursor.unacknowledged : NONE),
  },
  {
    name: 'sluice_grant_oldest_unacknowledged_age_seconds',
    type: 'gauge',
    help: 'Time since the oldest unacknowledged event was accepted; 0 without one',
    valueOf: (_grant, cursor, nowMs) =>
      cursor?.isKnown ? Math.max(0, nowMs - (cursor.oldestMs ?? nowMs)) / 1000 : NONE,
  },
  {
    name: 'sluice_grant_lag_exact',
    type: 'gauge',
    help: '1 while the unacknowledged events are all counted, 0 while older ones are still read from the log',
    valueOf: (_grant, cursor) => (cursor?.isKnown ? Number(cursor.isExact) : NONE),
  },
  {
    name: 'sluice_grant_connected',
    type: 'gauge',
    help: '1 while somebody follows the cursor at this broker',
    valueOf: (_grant, cursor) => Number(cursor?.connected ?? false),
  },
  {
    name: 'sluice_grant_credit_events',
    type: 'gauge',
    help: 'Events that the session of the cursor may still get before it acknowledges; absent without a session',
    valueOf: (_grant, cursor) => cursor?.credit ?? NONE,
  },
  {
    name: 'sluice_grant_last_acknowledgement_timestamp_seconds',
    type: 'gauge',
    help: 'When the cursor was acknowledged last; absent until it was',
    valueOf: (_grant, cursor) => (cursor?.isKnown ? (cursor.cursor.lastAckMs ?? NONE) / 1000 : NONE),
  },
];

const ACCEPTED: Head = {
  name: 'sluice_entry_accepted_events_total',
  type: 'counter',
  help: 'Events of the entry that this broker has accepted since it started',
};

/** Its label is `party`, as with all that one department must act on: alerts are sent by it. */
const OVERDUE: Head = {
  name: 'sluice_entry_overdue_seconds',
  type: 'gauge',
  help: 'Time since an event of the entry was due by the update frequency that it declares; absent while none is',
};

/** The names of all families with their labels. */
export const GRANT_SERIES: Readonly<Record<string, readonly string[]>> = {
  [INFO.name]: ['grant', 'cursor', 'party', 'provider', 'system', 'entry'],
  ...Object.fromEntries(FAMILIES.map(({ name }) => [name, ['grant', 'cursor']])),
  [ACCEPTED.name]: ['entry', 'provider'],
  [OVERDUE.name]: ['entry', 'party', 'frequency'],
  ...Object.fromEntries(PARTY_FAMILIES.map(({ name, label }) => [name, label ? ['party', label] : ['party']])),
};

/** Grants, entries and parties that a caller may see. */
export interface Reported {
  grants: GrantTable;
  entries: readonly AcceptedEntry[];
  late: readonly OverdueEntry[];
  parties: readonly PartyFigure[];
}

/** An empty table with a column for each family. */
export const grantTable = (): GrantTable => new GrantTable(FAMILIES);

/**
 * The grants and entries in the text format of Prometheus, in pieces: 6,500 grants are several MiB, and the next piece is made when
 * the one before was taken, so that a scrape that stalls holds one. Ids are tokens of letters, digits, `-`, `_` and `.`: nothing needs
 * escaping, and every character is one byte. A grant without a cursor has the series that need none. With `memory` pieces whose rows and
 * values are those of the scrape before are sent as they were written then.
 */
export async function* grantSeries(reported: Reported, nowMs: number, memory?: SeriesMemory): AsyncGenerator<Buffer> {
  const budget = await TurnBudget.inNewTurn();
  const scrape = memory?.begin(reported.grants) ?? new TableScrape(reported.grants);
  for (const piece of piecesOf(reported, scrape, nowMs)) {
    // No row of it has a value.
    if (piece.length === 0) continue;
    yield piece;
    if (budget.isUsedUp) await budget.nextTurn();
  }
  memory?.written(scrape);
}

function* piecesOf(reported: Reported, scrape: TableScrape, nowMs: number): Generator<Buffer> {
  const { grants: table } = reported;
  const { grants, cursors, size } = table;
  const info = (row: number): string => {
    const { id, party, system, entry } = grants[row] as Grant;
    const provider = splitEntryId(entry).party;
    return `{grant="${id}",cursor="${cursors[row]}",party="${party}",provider="${provider}",system="${system}",entry="${entry}"} 1`;
  };
  yield* scrape.familyOf(NO_COLUMN, size, (from, to) => pieceOf(INFO, from, to, info));
  for (const [column, family] of FAMILIES.entries()) {
    const values = table.column(column);
    const series = (row: number): string | undefined => {
      const value = values[row] as number;
      if (!Number.isNaN(value)) return `{grant="${(grants[row] as Grant).id}",cursor="${cursors[row]}"} ${value}`;
    };
    yield* scrape.familyOf(column, size, (from, to) => pieceOf(family, from, to, series));
  }
  yield* entryPieces(reported, nowMs);
  yield* partyPieces(reported);
}

function* entryPieces({ entries, late }: Reported, nowMs: number): Generator<Buffer> {
  yield* rangesOf(entries.length, (from, to) =>
    pieceOf(ACCEPTED, from, to, (row) => {
      const { entry, provider, accepted } = entries[row] as AcceptedEntry;
      return `{entry="${entry}",provider="${provider}"} ${accepted}`;
    }),
  );
  yield* rangesOf(late.length, (from, to) =>
    pieceOf(OVERDUE, from, to, (row) => {
      const { entry, provider, frequency, dueAtMs } = late[row] as OverdueEntry;
      const seconds = Math.max(0, nowMs - dueAtMs) / 1000;
      return `{entry="${entry}",party="${provider}",frequency="${frequency}"} ${seconds}`;
    }),
  );
}

function* partyPieces({ parties }: Reported): Generator<Buffer> {
  for (const family of PARTY_FAMILIES) {
    const figures = parties.filter(({ kind }) => kind === family.kind);
    yield* rangesOf(figures.length, (from, to) =>
      pieceOf(family, from, to, (row) => partySeries(family, figures[row] as PartyFigure)),
    );
  }
}

/** The series of some rows of a family; `seriesOf` returns labels and value of a row, if there is one. */
function pieceOf(
  { name, type, help }: Head,
  from: number,
  to: number,
  seriesOf: (row: number) => string | undefined,
): Buffer {
  let text = from === 0 ? `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n` : '';
  for (let row = from; row < to; row++) {
    const series = seriesOf(row);
    if (series !== undefined) text += `${name}${series}\n`;
  }
  return Buffer.from(text, 'latin1');
}
