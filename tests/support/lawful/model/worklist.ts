import { plusDays } from './calendar.js';
import type { ModelClock } from './clocks.js';
import type { ModelFile } from './files.js';
import { RULES } from './judge.js';
import { fits, reads } from './reading.js';
import type { Rule } from './rules.js';
import type { ModelOfficer, World } from './world.js';

export interface ModelItem {
  /** Acts that wait for the officer; none where only the clock of a competent department below is shown. */
  acts: string[];
  /** Clocks that are due first. */
  clocks: string[];
  daysLeft: number | null;
  isLate: boolean;
}

/** The item of a file on an officer's worklist; undefined where it is not on it. */
export function itemOf(world: World, officer: ModelOfficer, file: ModelFile): ModelItem | undefined {
  if (!reads(world, officer, file)) return undefined;
  const acts = RULES[file.kind].filter((rule) => isWaiting(world, officer, file, rule)).map(({ act }) => act);
  const open = file.clocks.filter(({ done, state }) => !done && state !== 'met');
  if (acts.length === 0 && !open.some(({ party }) => isBelow(world, officer, party))) return undefined;
  const counted = open.map((clock) => ({ id: clock.id, days: daysLeft(world, clock) }));
  const fewest = counted.length === 0 ? null : Math.min(...counted.map(({ days }) => days));
  return {
    acts: [...new Set(acts)],
    clocks: counted.filter(({ days }) => days === fewest).map(({ id }) => id),
    daysLeft: fewest,
    isLate: open.some(({ state }) => state === 'late'),
  };
}

/** An act that keeps the state waits only while somebody has asked for it. */
function isWaiting(world: World, officer: ModelOfficer, file: ModelFile, rule: Rule): boolean {
  const { from, to, who, stands } = rule;
  if (!from.includes(file.state) || !(stands?.(world, file) ?? true)) return false;
  return (to !== 'self' || isAskedFor(file, rule)) && who.some((one) => fits(world, officer, file, one));
}

function isAskedFor(file: ModelFile, { number }: Rule): boolean {
  switch (file.kind) {
    case 'catalog':
      return number === 'E10' && file.extension?.open === true;
    case 'cases':
      return number === 'S5' && !file.proven;
    case 'grants':
      return number === 'G10' && !file.proof?.open;
    default:
      return false;
  }
}

/** A competent department is its own peer, so that its superior sees its clocks. */
const isBelow = (world: World, { party, roles }: ModelOfficer, of: string): boolean =>
  roles.includes('competent_reviewer') && world.parties.get(of)?.competent === true && world.superior(of) === party;

/** Working days to the day on which a clock is due, 0 on that day; of a paused one as if it ran on. */
function daysLeft({ calendar, today }: World, { due }: ModelClock): number {
  if (today <= due) return calendar.between(plusDays(today, 1), plusDays(due, 1));
  return 0 - calendar.between(plusDays(due, 1), plusDays(today, 1));
}
