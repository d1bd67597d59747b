import { printableLine } from '../../printable.js';
import { shortened, table } from '../../table.js';
import { cellsOf, FIGURES } from './cells.js';
import type { Followed } from './keys.js';
import { rowsOf } from './rates.js';
import type { BusSample, CursorSample } from './read-bus.js';

/** A grant's or an entry's id beside the other columns of a line of 80. */
const ID_COLUMNS_MAX = 28;

/** The cursors of the grant, or of all grants on the entry of the event. */
export const followedCursors = (followed: Followed, { cursors }: BusSample): CursorSample[] =>
  cursors.filter((one) => ('grant' in followed ? one.grant === followed.grant : one.entry === followed.entry));

/** The lines about what is followed, from the cursor `scrolled` on. */
export function followedLines(
  followed: Followed,
  scrolled: number,
  now: BusSample,
  before: BusSample | undefined,
): string[] {
  return 'grant' in followed
    ? grantLines(followed.grant, scrolled, now, before)
    : eventLines(followed, scrolled, followedCursors(followed, now));
}

function grantLines(grant: string, scrolled: number, now: BusSample, before: BusSample | undefined): string[] {
  const rows = rowsOf('grants', now, before).filter((row) => row.id === grant);
  const one = rows[0]?.one;
  if (!one) return [`grant ${printableLine(grant)} is not in force any more, or the token may not see it`];
  const [titles = '', ...lines] = table(
    ['CURSOR', 'RATE/S', ...FIGURES, 'POSITION', 'DELIVERED'],
    rows.map((row) => {
      const { cursor, position, delivered } = row.one as CursorSample;
      const [, ...cells] = cellsOf(row, 'grants', now.atMs);
      return [
        cursor === '' ? '-' : shortened(cursor, ID_COLUMNS_MAX),
        ...cells.slice(0, FIGURES.length + 1),
        String(position ?? '-'),
        String(delivered),
      ];
    }),
  );
  return [
    `grant ${one.grant}`,
    `entry ${one.entry}, provided by ${one.provider}`,
    `to    system ${one.system} of ${one.party}`,
    '',
    titles,
    ...lines.slice(scrolled),
  ];
}

/** Shows which cursors have acknowledged the event at a position. */
function eventLines(
  { entry, position }: { entry: string; position: number },
  scrolled: number,
  cursors: readonly CursorSample[],
): string[] {
  if (cursors.length === 0) return [`no grant in force on entry ${printableLine(entry)}, or the token may not see it`];
  const states = new Map(cursors.map((one) => [one, stateOf(one, position)]));
  const count = cursors.filter((one) => states.get(one) === 'passed').length;
  const [titles = '', ...lines] = table(
    ['EVENT', 'GRANT', 'CURSOR', 'PARTY', 'POSITION', 'ON'],
    [...cursors]
      .sort(
        (a, b) =>
          Number(states.get(a) === 'passed') - Number(states.get(b) === 'passed') || (a.grant < b.grant ? -1 : 1),
      )
      .map((one) => [
        states.get(one) as string,
        shortened(one.grant, ID_COLUMNS_MAX),
        one.cursor === '' ? '-' : shortened(one.cursor, ID_COLUMNS_MAX),
        one.party,
        String(one.position ?? '-'),
        one.connected ? 'yes' : 'no',
      ]),
  );
  return [
    `event at position ${position} of ${printableLine(entry)}: passed by ${count} of ${cursors.length} cursors`,
    '',
    titles,
    ...lines.slice(scrolled),
  ];
}

/**
 * A position at or below the cursor that the grant does not let through counts as passed. Positions of cursors come with the refresh after
 * the key, and not while the store is away.
 */
function stateOf({ cursor, position: acknowledged }: CursorSample, position: number): 'passed' | 'waits' | 'unknown' {
  if (acknowledged === undefined && cursor !== '') return 'unknown';
  return (acknowledged ?? 0) >= position ? 'passed' : 'waits';
}
