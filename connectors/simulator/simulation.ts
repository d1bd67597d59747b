import type { SourceEvent } from '../../proto/event/event.js';
import { Chance } from './chance.js';
import { birth, birthCorrection } from './happenings/birth.js';
import { licenceChanged, licenceIssued } from './happenings/business-licence.js';
import { death } from './happenings/death.js';
import type { Happening, RegisterChange } from './happenings/happening.js';
import { move } from './happenings/move.js';
import { World } from './world.js';

export interface SimulationOptions {
  seed: number;
  /** Index of the first event to yield. Earlier ones are simulated but not yielded. */
  startAt?: number | undefined;
}

export interface SimulatedEvent {
  /** Index in the whole simulation, from 0. */
  index: number;
  event: SourceEvent;
}

const HAPPENINGS: Record<string, { weight: number; happen: Happening }> = {
  birth: { weight: 40, happen: birth },
  birthCorrection: { weight: 4, happen: birthCorrection },
  death: { weight: 16, happen: death },
  move: { weight: 20, happen: move },
  licenceIssued: { weight: 8, happen: licenceIssued },
  licenceChanged: { weight: 12, happen: licenceChanged },
};
const WEIGHTS = Object.fromEntries(Object.entries(HAPPENINGS).map(([name, { weight }]) => [name, weight]));

/** Yields the endless events of a synthetic city. The same seed gives the same events, wherever the start is. */
export function* simulate({ seed, startAt = 0 }: SimulationOptions): Generator<SimulatedEvent, never, undefined> {
  const world = new World(new Chance(seed));
  for (let index = 0; ; ) {
    world.tick();
    const { happen } = HAPPENINGS[world.chance.weighted(WEIGHTS)]!;
    for (const change of happen(world)) {
      if (index >= startAt) yield { index, event: asEvent(change, world, { seed, index }) };
      index++;
    }
  }
}

/** Source position and epoch let the bus drop duplicates without a time limit. */
function asEvent(change: RegisterChange, world: World, { seed, index }: { seed: number; index: number }): SourceEvent {
  const { entry, ...rest } = change;
  return {
    specversion: '1.0',
    id: `sim-${seed}-${index}`,
    type: entry,
    time: world.now,
    sourceposition: String(index + 1),
    sourceepoch: `sim-${seed}`,
    ...rest,
  };
}
