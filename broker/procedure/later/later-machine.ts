import type { ClockColumn, Guard, Machine, Transition } from '../engine/machine.js';

/** A row of a table that is published and not run: its guard is words alone. */
export interface LaterRow {
  number: string;
  from: readonly string[];
  act: string;
  to: string;
  who: readonly string[];
  guard?: readonly string[];
  clocks?: readonly ClockColumn[];
  notices?: readonly string[];
  article?: string;
}

/** Nothing passes a guard that nobody has written, should a row be run by mistake. */
const words = (name: string): Guard => ({
  name,
  check: () => {
    throw new TypeError(`the guard "${name}" is published only`);
  },
});

/** A machine as a table alone. `article` is that of the rows that name none. */
export function laterMachine(
  kind: Machine['kind'],
  states: readonly string[],
  article: string,
  rows: readonly LaterRow[],
): Machine {
  const transitions: Transition[] = rows.map(({ guard = [], ...row }) => ({
    article,
    ...row,
    guard: guard.map(words),
  }));
  return { kind, available: false, states, transitions };
}
