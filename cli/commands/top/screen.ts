import { styleText } from 'node:util';
import { fitted, shortened, table, width } from '../../table.js';
import { cellsOf, HEADS, rateText } from './cells.js';
import { followedLines } from './followed.js';
import type { ScreenState } from './keys.js';
import { indexOfRow, type Row, rateOf, rowsOf } from './rates.js';
import type { BusSample } from './read-bus.js';

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
/** Faults take no more lines than this from the table. */
const PROBLEM_LINES_MAX = 3;
/** The longest of them that fits is shown. */
const KEYS = [
  'Tab view  s sort  / find  j/k move  Enter follow  e event  Esc back  q quit',
  'Tab s / j k Enter e Esc q quit',
];
type Style = 'bold' | 'inverse' | 'red' | 'yellow';
type Paint = (style: Style | undefined, text: string) => string;

/** The whole screen as `lines` lines of at most `columns` columns. */
export function screenLines(input: ScreenInput): string[] {
  const { columns, lines, hasColours } = input;
  const paint: Paint = (style, text) => {
    const line = fitted(text, columns);
    return hasColours && style ? styleText(style, line, { validateStream: false }) : line;
  };
  const head = [
    ...headLines(input).map((line) => paint('bold', line)),
    ...problemLines(input).map((line) => paint('red', line)),
  ];
  const foot = paint('inverse', footOf(input));
  const room = Math.max(0, Math.max(LINES_MIN, lines) - head.length - 1);
  const body = bodyLines(input, room, paint);
  const filled = [...head, ...body.slice(0, room)];
  while (filled.length < lines - 1) filled.push('');
  return [...filled.slice(0, Math.max(0, lines - 1)), foot];
}

/** How many rows of the table a screen of that size shows, as far as keys need to know. */
export const pageOf = ({ lines }: { lines: number }): number => Math.max(1, lines - LINES_MIN);

/** The state of the bus comes first, so that a narrow terminal shows it. */
function headLines({ url, now, before, failure }: ScreenInput): string[] {
  const elapsedMs = now.atMs - (before?.atMs ?? now.atMs);
  const rate = (name: 'accepted' | 'refused' | 'delivered'): string =>
    rateText(rateOf(now[name], before?.[name], elapsedMs));
  const { storeFree, storeCapacity } = now;
  const free =
    storeFree === undefined || !storeCapacity ? '-' : `${Math.floor((100 * storeFree) / storeCapacity)} % free`;
  const status = failure ? 'NO ANSWER since' : now.problems.length === 0 ? 'ready' : 'NOT READY';
  return [
    `sluice top  ${status}  ${new Date(now.atMs).toISOString().slice(11, 19)} UTC  ${url}`,
    `in ${rate('accepted')}/s  refused ${rate('refused')}/s  out ${rate('delivered')}/s  waiting ${now.waiting ?? '-'}  sessions ${now.sessions ?? '-'}  store ${free}`,
  ];
}

function problemLines({ failure, now, columns }: ScreenInput): string[] {
  const problems = failure === undefined ? [...now.problems, ...now.warnings, ...now.notices] : [failure];
  return problems.flatMap((problem) => wrapped(`! ${problem}`, columns)).slice(0, PROBLEM_LINES_MAX);
}

/** The lines of a text, broken between words. */
function wrapped(text: string, columns: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && width(`${last} ${word}`) <= columns) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(last === undefined ? word : `  ${word}`);
  }
  return lines;
}

function bodyLines({ state, now, before, columns, hasColours }: ScreenInput, room: number, paint: Paint): string[] {
  if (state.followed)
    return followedLines(state.followed, state.scrolled, now, before).map((line) => paint(undefined, line));
  const rows = rowsOf(state.view, now, before, state);
  const visible = Math.max(1, room - 2);
  const selected = indexOfRow(rows, state.selected);
  const first = Math.max(0, selected - visible + 1);
  const shown = rows.slice(first, first + visible);
  const caption = paint(undefined, captionOf(state, first, shown.length, rows.length));
  if (rows.length === 0) return [caption];
  // Without colours a mark shows the selected row.
  const mark = hasColours ? '' : ' ';
  const lines = fittedTable(
    HEADS[state.view],
    shown.map((row) => cellsOf(row, state.view, now.atMs)),
    columns - mark.length,
  );
  const painted = lines.map((line, index) => {
    const row = shown[index - 1];
    if (!row) return paint('bold', mark + line);
    if (first + index - 1 === selected) return paint('inverse', mark.replace(' ', '>') + line);
    return paint(isBehind(row) ? 'yellow' : undefined, mark + line);
  });
  return [caption, ...painted];
}

const isBehind = ({ lagEvents = 0 }: Row): boolean => lagEvents > 0;

function captionOf({ view, order, filter }: ScreenState, first: number, shown: number, count: number): string {
  const containing = filter === '' ? '' : ` with "${filter}" in a name`;
  if (count === 0) return `no ${view}${containing}: none is in force, or the token may not see them`;
  return `${view} ${first + 1}-${first + shown} of ${count}${containing}, by ${order}`;
}

/** Columns of an id that are enough to tell it apart, and those that it may take from what stands behind the figures. */
const ID_COLUMNS_MIN = 12;
const ID_COLUMNS_MAX = 28;
const GAP = 2;

/**
 * Rows under a head within a line. The id has what the figures leave, so that none of them is cut off; of what stands behind them,
 * and on a line that is too narrow for them of the figures, only whole columns are shown.
 */
function fittedTable(head: readonly string[], rows: readonly string[][], columns: number): string[] {
  const [, ...others] = head.map((title, i) => GAP + Math.max(width(title), ...rows.map((row) => width(row[i] ?? ''))));
  const widthOf = (count: number): number => others.slice(0, count).reduce((sum, one) => sum + one, 0);
  const figures = head.indexOf('ON');
  const idMax = Math.max(...rows.map(([id = '']) => width(id)), width(head[0] ?? ''));
  const left = Math.max(Math.min(ID_COLUMNS_MAX, columns - widthOf(figures)), columns - widthOf(others.length));
  const id = Math.min(idMax, Math.max(ID_COLUMNS_MIN, left));
  let shown = others.length;
  while (shown > 0 && id + widthOf(shown) > columns) shown--;
  return table(
    head.slice(0, shown + 1),
    rows.map(([first = '', ...rest]) => [shortened(first, id), ...rest.slice(0, shown)]),
  );
}

function footOf({ state: { typing, message }, columns }: ScreenInput): string {
  if (typing?.purpose === 'event') return `follow event (ENTRY POSITION): ${typing.text}_`;
  if (typing) return `names that contain: ${typing.text}_`;
  return message ?? KEYS.find((keys) => keys.length <= columns) ?? KEYS[KEYS.length - 1]!;
}
