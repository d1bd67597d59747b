import { plusDays } from './calendar.js';
import { fallLate, lateDay, recount } from './clocks.js';
import type { ModelFile } from './files.js';
import { endGrant } from './grant-making.js';
import { notify, notifyOfClock } from './notices.js';
import type { World } from './world.js';

interface Moment {
  day: string;
  happens(): void;
}

/** Lets days pass: everything that falls due on the way happens on its day, in order. */
export function passUntil(world: World, day: string): void {
  for (;;) {
    const next = earliest(world);
    if (!next || next.day > day) break;
    if (next.day > world.today) world.today = next.day;
    next.happens();
  }
  world.today = day;
}

function earliest(world: World): Moment | undefined {
  let first: Moment | undefined;
  for (const moment of moments(world)) if (!first || moment.day < first.day) first = moment;
  return first;
}

function* moments(world: World): Generator<Moment> {
  for (const file of world.files.values()) {
    for (const clock of file.clocks) {
      const day = clock.done ? undefined : lateDay(clock);
      if (day !== undefined) yield { day, happens: () => fallLate(world, file, clock) };
    }
    if (file.kind === 'grants' && file.period.to !== undefined && file.endedOn === undefined) {
      yield { day: plusDays(file.period.to, 1), happens: () => endGrant(world, file, 'expire', 'expired') };
    }
    const over = OVER[`${file.kind} ${file.state}`];
    if (over && 'until' in file) yield { day: plusDays(file.until, 1), happens: () => endByTime(world, file, over) };
  }
}

/** Small files that end when their day is over, by kind and state. */
const OVER: Readonly<Record<string, { act: string; to: string }>> = {
  'consents in_force': { act: 'expire', to: 'expired' },
  'contracts in_force': { act: 'end', to: 'ended' },
};

function endByTime(world: World, file: ModelFile, { act, to }: { act: string; to: string }): void {
  file.history.push({ act, actor: 'bus', from: file.state, to });
  file.state = to;
  notify(world, file, file.kind, act);
}

/** Recounts every clock that has not ended by a new calendar; returns those that say something else of themselves now. */
export function recountAll(world: World): { id: string; clock: string; from: string; to: string }[] {
  const changed = [];
  for (const file of world.files.values()) {
    for (const clock of file.clocks) {
      if (clock.state !== 'running' && clock.state !== 'paused') continue;
      const { due: from, calendar, provisional } = clock;
      recount(world, clock);
      const isSame = clock.due === from && clock.calendar === calendar && clock.provisional === provisional;
      if (!isSame) notifyOfClock(world, file, clock, 'recomputed');
      if (!isSame) changed.push({ id: file.id, clock: clock.id, from, to: clock.due });
    }
  }
  return changed;
}
