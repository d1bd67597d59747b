import { styleText } from 'node:util';
import { printableLine } from '../../printable.js';
import { fitted, table, width } from '../../table.js';
import type { ScreenState } from './keys.js';
import { type Row, rateOf, rowsOf, type ViewName } from './rates.js';
import type { BusSample, CursorSample } from './read-bus.js';

export interface ScreenInput {
  url: string;
  state: ScreenState;
  now: BusSample;
  before: BusSample | undefined;
  /** Why the last refresh failed. */
  failure: string | undefined;
  columns: number;
  lines: number;
  hasColours: boolean;
}

/** Under it nothing that is worth reading fits. */
const LINES_MIN = 6;
const KEYS = 'Tab grants/entries/parties  j/k select  Enter follow  e event  Esc back  q quit';
type Style = 'bold' | 'inverse' | 'red' | 'yellow';

/** The whole screen as `lines` lines of at most `columns` columns. */
export function screenLines(input: ScreenInput): string[] {
  const { columns, lines, hasColours, state, now } = input;
  const paint: Paint = (style, text) => {
    const line = fitted(text, columns);
    return hasColours && style ? styleText(style, line, { validateStream: false }) : line;
  };
  const head = headLines(input).map((line) => paint('bold', line));
  const problem = input.failure ?? [...now.problems, ...now.notices].join('; ');
  if (problem) head.push(paint('red', `! ${printableLine(problem)}`));
  const foot = paint('inverse', footOf(state));
  const room = Math.max(0, Math.max(LINES_MIN, lines) - head.length - 1);
  const body = bodyLines(input, room, paint);
  const filled = [...head, ...body.slice(0, room)];
  while (filled.length < lines - 1) filled.push('');
  return [...filled.slice(0, Math.max(0, lines - 1)), foot];
}

function headLines({ url, now, before }: ScreenInput): string[] {
  const elapsedMs = now.atMs - (before?.atMs ?? now.atMs);
  const rate = (name: 'accepted' | 'refused' | 'delivered'): string =>
    rateText(rateOf(now[name], before?.[name], elapsedMs));
  const { storeFree, storeCapacity } = now;
  const free =
    storeFree === undefined || !storeCapacity ? '-' : `${Math.floor((100 * storeFree) / storeCapacity)} % free`;
  return [
    `sluice top  ${url}  ${new Date(now.atMs).toISOString().slice(11, 19)} UTC  ${now.problems.length === 0 ? 'ready' : 'NOT READY'}`,
    `in ${rate('accepted')}/s  refused ${rate('refused')}/s  out ${rate('delivered')}/s  waiting ${now.waiting ?? '-'}  sessions ${now.sessions ?? '-'}  store ${free}`,
  ];
}

type Paint = (style: Style | undefined, text: string) => string;

function bodyLines({ state, now, before, columns, hasColours }: ScreenInput, room: number, paint: Paint): string[] {
  if (state.followed) {
    const lines =
      'grant' in state.followed ? followedGrant(state.followed.grant, now, before) : followedEvent(state.followed, now);
    return lines.map((line) => paint(undefined, line));
  }
  const rows = rowsOf(state.view, now, before);
  const visible = Math.max(1, room - 1);
  const selected = Math.min(state.selected, rows.length - 1);
  const first = Math.max(0, selected - visible + 1);
  const shown = rows.slice(first, first + visible);
  // Without colours a mark shows the selected row.
  const mark = hasColours ? '' : ' ';
  const lines = fittedTable(
    HEADS[state.view],
    shown.map((row) => cellsOf(row, state.view, now.atMs)),
    columns - mark.length,
  );
  return lines.map((line, index) => {
    const row = shown[index - 1];
    if (!row) return paint('bold', mark + line);
    if (first + index - 1 === selected) return paint('inverse', mark.replace(' ', '>') + line);
    return paint(row.lagEvents > 0 ? 'yellow' : undefined, mark + line);
  });
}

const COMMON = ['LAG', 'OLDEST', 'CREDIT', 'LAST ACK', 'ON'];
const HEADS = {
  grants: ['GRANT', 'RATE/S', ...COMMON, 'CURSOR', 'PARTY', 'ENTRY'],
  entries: ['ENTRY', 'IN/S', 'OUT/S', ...COMMON],
  parties: ['PARTY', 'IN/S', 'OUT/S', ...COMMON],
};
/** Columns of an id that are enough to tell it apart, and those that it may take from what stands behind the figures. */
const ID_COLUMNS_MIN = 12;
const ID_COLUMNS_MAX = 28;
const GAP = 2;

/**
 * Rows under a head within a line. The id has what the figures leave, so that none of them is cut off; of what stands behind them
 * only whole columns are shown.
 */
function fittedTable(head: readonly string[], rows: readonly string[][], columns: number): string[] {
  const [, ...others] = head.map((title, i) => GAP + Math.max(width(title), ...rows.map((row) => width(row[i] ?? ''))));
  const widthOf = (count: number): number => others.slice(0, count).reduce((sum, one) => sum + one, 0);
  const figures = head.indexOf('ON');
  const idMax = Math.max(...rows.map(([id = '']) => width(id)), width(head[0] ?? ''));
  const left = Math.max(Math.min(ID_COLUMNS_MAX, columns - widthOf(figures)), columns - widthOf(others.length));
  const id = Math.min(idMax, Math.max(ID_COLUMNS_MIN, left));
  let shown = others.length;
  while (shown > figures && id + widthOf(shown) > columns) shown--;
  return table(
    head.slice(0, shown + 1),
    rows.map(([first = '', ...rest]) => [fitted(first, id), ...rest.slice(0, shown)]),
  );
}

function cellsOf(row: Row, view: ViewName, nowMs: number): string[] {
  const hasCursor = row.cursors > 0 && row.one?.cursor !== '';
  const figures = hasCursor
    ? [
        `${row.lagEvents}${row.isExact ? '' : '+'}`,
        row.lagEvents === 0 ? '-' : ageText(row.oldestAgeSeconds),
        row.creditEvents === undefined ? '-' : String(row.creditEvents),
        row.lastAckMs === undefined ? 'never' : ageText((nowMs - row.lastAckMs) / 1000),
      ]
    : ['-', '-', '-', row.cursors > 0 ? 'never' : '-'];
  if (!row.one || view !== 'grants') {
    const followed = row.cursors > 0 ? `${row.connected}/${row.cursors}` : '-';
    return [row.id, rateText(row.acceptedRate), rateText(row.rate), ...figures, followed];
  }
  const { connected, cursor, party, entry } = row.one;
  return [row.id, rateText(row.rate), ...figures, connected ? 'yes' : 'no', cursor || '-', party, entry];
}

function followedGrant(grant: string, now: BusSample, before: BusSample | undefined): string[] {
  const rows = rowsOf('grants', now, before).filter((row) => row.id === grant);
  const one = rows[0]?.one;
  if (!one) return [`grant ${printableLine(grant)} is not in force any more, or the token may not see it`];
  const [titles = '', ...lines] = table(
    ['CURSOR', 'RATE/S', ...COMMON, 'POSITION', 'DELIVERED'],
    rows.map((row) => {
      const [, ...cells] = cellsOf(row, 'grants', now.atMs);
      return [
        row.one!.cursor || '-',
        ...cells.slice(0, 6),
        String(row.one!.position ?? '-'),
        String(row.one!.delivered),
      ];
    }),
  );
  return [
    `grant ${one.grant}`,
    `entry ${one.entry}, provided by ${one.provider}`,
    `to    system ${one.system} of ${one.party}`,
    '',
    titles,
    ...lines,
  ];
}

interface FollowedEvent {
  entry: string;
  position: number;
}

/** Shows which cursors have acknowledged the event at a position. A position below the cursor that the grant does not let through counts as passed. */
function followedEvent({ entry, position }: FollowedEvent, now: BusSample): string[] {
  const cursors = now.cursors.filter((one) => one.entry === entry);
  if (cursors.length === 0) return [`no grant in force on entry ${printableLine(entry)}, or the token may not see it`];
  const passed = (one: CursorSample): boolean => (one.position ?? 0) >= position;
  const count = cursors.filter(passed).length;
  const [titles = '', ...lines] = table(
    ['EVENT', 'GRANT', 'CURSOR', 'PARTY', 'POSITION', 'ON'],
    [...cursors]
      .sort((a, b) => Number(passed(a)) - Number(passed(b)) || (a.grant < b.grant ? -1 : 1))
      .map((one) => [
        passed(one) ? 'passed' : 'waits',
        fitted(one.grant, ID_COLUMNS_MAX),
        one.cursor || '-',
        one.party,
        String(one.position ?? '-'),
        one.connected ? 'yes' : 'no',
      ]),
  );
  return [
    `event at position ${position} of ${printableLine(entry)}: passed by ${count} of ${cursors.length} cursors`,
    '',
    titles,
    ...lines,
  ];
}

function footOf({ typed, message }: ScreenState): string {
  if (typed !== undefined) return `follow event (ENTRY POSITION): ${typed}_`;
  return message ?? KEYS;
}

const rateText = (rate: number | undefined): string =>
  rate === undefined ? '-' : rate < 10 && rate > 0 ? rate.toFixed(1) : String(Math.round(rate));

/** Short, since the line has 80 columns. */
export function ageText(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole}s`;
  if (whole < 3_600) return `${Math.floor(whole / 60)}m${whole % 60}s`;
  if (whole < 86_400) return `${Math.floor(whole / 3_600)}h${Math.floor((whole % 3_600) / 60)}m`;
  return `${Math.floor(whole / 86_400)}d${Math.floor((whole % 86_400) / 3_600)}h`;
}
