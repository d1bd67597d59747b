import { VIEWS, type ViewName } from './rates.js';

/** State of the screen besides the samples. */
export interface ScreenState {
  view: ViewName;
  selected: number;
  /** One grant or one event that is followed instead of the table. */
  followed: { grant: string } | { entry: string; position: number } | undefined;
  /** Text typed after `e`; undefined when nothing is being typed. */
  typed: string | undefined;
  message: string | undefined;
}

export const STARTING_STATE: ScreenState = {
  view: 'grants',
  selected: 0,
  followed: undefined,
  typed: undefined,
  message: undefined,
};

/** An entry's id and a position are shorter. */
const TYPED_MAX = 160;

/** The row that a key acts on. */
export interface SelectedRow {
  grant: string | undefined;
  entry: string | undefined;
  /** Rows of the table. */
  count: number;
}

/** The state after a key; undefined when the key ends the command. */
export function afterKey(state: ScreenState, key: string, row: SelectedRow): ScreenState | undefined {
  if (key === '\u0003' || key === '\u0004') return undefined;
  if (state.typed !== undefined) return afterTyping(state, state.typed, key, row);
  const quiet = { ...state, message: undefined };
  switch (key) {
    case 'q':
      return undefined;
    case '\u001b':
      return { ...quiet, followed: undefined };
    case '\t':
      return {
        ...quiet,
        view: VIEWS[(VIEWS.indexOf(state.view) + 1) % VIEWS.length]!,
        selected: 0,
        followed: undefined,
      };
    case 'j':
    case '\u001b[B':
      return { ...quiet, selected: Math.max(0, Math.min(row.count - 1, state.selected + 1)) };
    case 'k':
    case '\u001b[A':
      return { ...quiet, selected: Math.max(0, state.selected - 1) };
    case '\r':
    case 'f':
      if (row.grant === undefined) return { ...quiet, message: 'only a grant can be followed: Tab shows the grants' };
      return { ...quiet, followed: { grant: row.grant } };
    case 'e':
      return { ...quiet, typed: '' };
    default:
      return quiet;
  }
}

function afterTyping(state: ScreenState, typed: string, key: string, row: SelectedRow): ScreenState {
  if (key === '\u001b') return { ...state, typed: undefined };
  if (key === '\u007f' || key === '\b') return { ...state, typed: typed.slice(0, -1) };
  if (key !== '\r') {
    const added = /^[\w. -]+$/.test(key) ? key : '';
    return { ...state, typed: (typed + added).slice(0, TYPED_MAX) };
  }
  const [, entry = row.entry, position] = /^\s*(?:(\S+)\s+)?(\d{1,15})\s*$/.exec(typed) ?? [];
  const done = { ...state, typed: undefined };
  if (entry === undefined || position === undefined) {
    return {
      ...done,
      message: 'an event is named by ENTRY POSITION, or by the position alone in the entry of the row',
    };
  }
  return { ...done, followed: { entry, position: Number(position) } };
}
