import { plusDays } from './calendar.js';
import type { ModelFile } from './files.js';
import { notifyOfClock } from './notices.js';
import type { World } from './world.js';

export interface ModelClock {
  id: string;
  /** The day that is not counted. */
  start: string;
  unit: 'wd' | 'date';
  /** In working days; 0 of a date. */
  length: number;
  due: string;
  provisional: boolean;
  calendar: string | null;
  party: string;
  pauses: { from: string; to?: string }[];
  pausedDays: number;
  extendedDays: number;
  state: 'running' | 'paused' | 'met' | 'late';
  done: boolean;
  /** Its lateness is on record. */
  overdue: boolean;
}

/** Clock → the violation of its party when it falls late; promises of R23 have none. */
const VIOLATIONS: Readonly<Record<string, string>> = {
  D1: 'P1',
  D2: 'C3',
  D3: 'P4',
  D4: 'P4',
  D6: 'P4',
  D9: 'Q2',
  T27: 'Q4',
};

const LENGTHS: Readonly<Record<string, number>> = { D1: 10, D2: 2, D3: 1, D4: 10, D6: 20 };

/** Starts a statutory clock of working days, and the promise beside it where the provider gave one. */
export function startClock(
  world: World,
  file: ModelFile,
  id: string,
  { party, start = world.today, promised = {} }: { party: string; start?: string; promised?: Record<string, number> },
): void {
  add(world, file, { id, party, start, unit: 'wd', length: LENGTHS[id] as number });
  if (promised[id] !== undefined) {
    add(world, file, { id: `R23.${id}`, party, start, unit: 'wd', length: promised[id] });
  }
}

/** Starts a clock that ends on a given day. */
export function startUntil(world: World, file: ModelFile, id: string, party: string, due: string): void {
  add(world, file, { id, party, start: world.today, unit: 'date', length: 0, due });
}

function add(
  world: World,
  file: ModelFile,
  given: Pick<ModelClock, 'id' | 'party' | 'start' | 'unit' | 'length'> & { due?: string },
): void {
  const clock: ModelClock = {
    due: given.start,
    provisional: false,
    calendar: null,
    pauses: [],
    pausedDays: 0,
    extendedDays: 0,
    ...given,
    state: 'running',
    done: false,
    overdue: false,
  };
  recount(world, clock);
  file.clocks.push(clock);
  if (hasPassed(world, clock)) fallLate(world, file, clock);
}

/** Sets `due` by the calendar as it is now. */
export function recount(world: World, clock: ModelClock): void {
  if (clock.unit === 'date') return;
  clock.pausedDays = clock.pauses
    .filter(({ to }) => to !== undefined)
    .reduce((days, { from, to }) => days + world.calendar.between(from, to as string), 0);
  const count = clock.length + clock.extendedDays + clock.pausedDays;
  Object.assign(clock, world.calendar.dueAfter(clock.start, count));
}

const hasPassed = (world: World, clock: ModelClock): boolean => world.today > clock.due;

/** The last clock of that id. */
export const clockOf = (file: ModelFile, id: string): ModelClock | undefined =>
  file.clocks.findLast((clock) => clock.id === id);

/** A clock and its promise, unless they have ended. */
function openClocks(file: ModelFile, ids: readonly string[]): ModelClock[] {
  return ids
    .flatMap((id) => [clockOf(file, id), clockOf(file, `R23.${id}`)])
    .filter((clock) => clock !== undefined && !clock.done) as ModelClock[];
}

export function endClocks(file: ModelFile, ...ids: string[]): void {
  for (const clock of openClocks(file, ids)) {
    if (clock.state !== 'late') clock.state = 'met';
    clock.done = true;
  }
}

/** An act at or after the end of a clock finds it late, also one of the same moment. */
export function findLate(world: World, file: ModelFile, id: string): void {
  for (const clock of openClocks(file, [id])) {
    if (clock.state === 'running' && hasPassed(world, clock)) fallLate(world, file, clock);
  }
}

/** The same clock again, with the same `due`. */
export function reopenClock(world: World, file: ModelFile, id: string): void {
  const clock = clockOf(file, id);
  if (!clock?.done) return;
  clock.done = false;
  if (clock.state === 'met') clock.state = 'running';
  if (clock.state === 'running' && hasPassed(world, clock)) fallLate(world, file, clock);
}

export function pauseClocks(world: World, file: ModelFile, ...ids: string[]): void {
  for (const clock of openClocks(file, ids)) {
    if (clock.state !== 'running') continue;
    clock.state = 'paused';
    clock.pauses.push({ from: world.today });
  }
}

export function resumeClocks(world: World, file: ModelFile, ...ids: string[]): void {
  for (const clock of openClocks(file, ids)) {
    if (clock.state !== 'paused') continue;
    clock.state = 'running';
    (clock.pauses.at(-1) as { to?: string }).to = world.today;
    recount(world, clock);
    if (hasPassed(world, clock)) fallLate(world, file, clock);
  }
}

export function extendClocks(world: World, file: ModelFile, days: number, ...ids: string[]): void {
  for (const clock of openClocks(file, ids)) {
    if (clock.state === 'late') continue;
    clock.extendedDays += days;
    recount(world, clock);
  }
}

/** Records lateness once: in the history, and as a violation where the law names one. */
export function fallLate(world: World, file: ModelFile, clock: ModelClock): void {
  if (clock.id === 'D8') {
    Object.assign(clock, { state: 'met', done: true });
    return;
  }
  clock.state = 'late';
  if (clock.overdue) return;
  clock.overdue = true;
  const { state } = file;
  file.history.push({ act: 'overdue', actor: 'bus', from: state, to: state, clock: clock.id });
  notifyOfClock(world, file, clock, 'overdue');
  const code = VIOLATIONS[clock.id];
  if (code) world.violate({ code, party: clock.party, kind: file.kind, id: file.id, clock: clock.id });
}

/** The first day on which a running clock is late. */
export const lateDay = (clock: ModelClock): string | undefined =>
  clock.state === 'running' ? plusDays(clock.due, 1) : undefined;
