import { indexOfRow, ORDERS, type OrderName, type Row, VIEWS, type ViewName } from './rates.js';

/** One grant or one event that is followed instead of the table. */
export type Followed = { grant: string } | { entry: string; position: number };

/** State of the screen besides the samples. */
export interface ScreenState {
  view: ViewName;
  order: OrderName;
  /** Shown are the rows that have it in an id, a party or an entry; empty: all. */
  filter: string;
  /** Key of the selected row, which stays selected when the order of rows changes; undefined: the first row, whichever it is. */
  selected: string | undefined;
  followed: Followed | undefined;
  /** Cursors of what is followed that stand above the screen. */
  scrolled: number;
  /** Text that is being typed, and what for. */
  typing: { purpose: 'event' | 'filter'; text: string } | undefined;
  message: string | undefined;
}

export const STARTING_STATE: ScreenState = {
  view: 'grants',
  order: 'lag',
  filter: '',
  selected: undefined,
  followed: undefined,
  scrolled: 0,
  typing: undefined,
  message: undefined,
};

/** An entry's id and a position are shorter. */
const TYPED_MAX = 160;

/** The rows that a key acts on. */
export interface ShownRows {
  rows: readonly Row[];
  /** Cursors of what is followed. */
  followedCount: number;
  /** Rows of one screen. */
  page: number;
}

type Motion = 'up' | 'down' | 'page up' | 'page down' | 'first' | 'last';

/** Terminals send one of several sequences for a key, by their mode and kind. */
const MOTIONS: Readonly<Record<string, Motion>> = {
  k: 'up',
  '\u001b[A': 'up',
  '\u001bOA': 'up',
  j: 'down',
  '\u001b[B': 'down',
  '\u001bOB': 'down',
  '\u001b[5~': 'page up',
  '\u0002': 'page up',
  ' ': 'page down',
  '\u001b[6~': 'page down',
  '\u0006': 'page down',
  g: 'first',
  '\u001b[H': 'first',
  '\u001bOH': 'first',
  '\u001b[1~': 'first',
  G: 'last',
  '\u001b[F': 'last',
  '\u001bOF': 'last',
  '\u001b[4~': 'last',
};

/** The state after a key; undefined when the key ends the command. */
export function afterKey(state: ScreenState, key: string, shown: ShownRows): ScreenState | undefined {
  if (key === '\u0003' || key === '\u0004') return undefined;
  if (state.typing !== undefined) return afterTyping(state, state.typing, key, shown);
  const quiet = { ...state, message: undefined };
  const motion = MOTIONS[key];
  if (motion) return moved(quiet, motion, shown);
  switch (key) {
    case 'q':
      return undefined;
    case '\u001b':
      return state.followed ? { ...quiet, followed: undefined } : { ...quiet, filter: '' };
    case '\t':
      return { ...quiet, view: nextOf(VIEWS, state.view), selected: undefined, followed: undefined };
    case 's':
      return { ...quiet, order: nextOf(ORDERS, state.order), followed: undefined };
    case '\r':
    case '\n':
    case 'f':
      return following(quiet, selectedRow(state, shown));
    case 'e':
      return { ...quiet, typing: { purpose: 'event', text: '' } };
    case '/':
      return { ...quiet, typing: { purpose: 'filter', text: '' } };
    default:
      return quiet;
  }
}

const nextOf = <T>(list: readonly T[], one: T): T => list[(list.indexOf(one) + 1) % list.length] as T;

const selectedRow = (state: ScreenState, { rows }: ShownRows): Row | undefined =>
  rows[indexOfRow(rows, state.selected)];

function moved(state: ScreenState, motion: Motion, { rows, page, followedCount }: ShownRows): ScreenState {
  const steps = { up: -1, down: 1, 'page up': -page, 'page down': page, first: -Infinity, last: Infinity };
  const after = (index: number, count: number): number => Math.max(0, Math.min(count - 1, index + steps[motion]));
  if (state.followed) return { ...state, scrolled: after(state.scrolled, followedCount) };
  return { ...state, selected: rows[after(indexOfRow(rows, state.selected), rows.length)]?.key };
}

/** A grant is followed; of an entry or a party the grants are shown. */
function following(state: ScreenState, row: Row | undefined): ScreenState {
  if (row === undefined || state.followed) return state;
  if (row.one) return { ...state, followed: { grant: row.id }, scrolled: 0 };
  return { ...state, view: 'grants', filter: row.id, selected: undefined };
}

function afterTyping(
  state: ScreenState,
  { purpose, text }: NonNullable<ScreenState['typing']>,
  key: string,
  shown: ShownRows,
): ScreenState {
  if (key === '\u001b') return { ...state, typing: undefined };
  if (key === '\r' || key === '\n') {
    const done = { ...state, typing: undefined };
    if (purpose === 'event') return followingEvent(done, text, selectedRow(state, shown));
    return { ...done, filter: text.trim(), selected: undefined, followed: undefined };
  }
  if (key === '\u007f' || key === '\b') return { ...state, typing: { purpose, text: text.slice(0, -1) } };
  const added = /^[\w. -]+$/.test(key) ? key : '';
  return { ...state, typing: { purpose, text: (text + added).slice(0, TYPED_MAX) } };
}

function followingEvent(state: ScreenState, typed: string, row: Row | undefined): ScreenState {
  const ofRow = row?.one?.entry ?? (state.view === 'entries' ? row?.id : undefined);
  const [, entry = ofRow, position] = /^\s*(?:(\S+)\s+)?(\d{1,15})\s*$/.exec(typed) ?? [];
  if (entry === undefined || position === undefined) {
    return {
      ...state,
      message: 'an event is named by ENTRY POSITION, or by the position alone in the entry of the row',
    };
  }
  return { ...state, followed: { entry, position: Number(position) }, scrolled: 0 };
}
