import type { Citizen, World } from '../world.js';
import type { Happening } from './happening.js';
import { removed } from './residence-record.js';

const DEATH_ENTRY = 'fujian-civil-affairs.death';

/** Chapters of ICD-10. */
const CAUSES = ['I', 'C', 'J', 'E', 'K', 'V'];
/** Lower bound of the population, reached only if deaths outnumber births for long. */
const CITIZENS_MIN = 50;

/** An old citizen dies: civil affairs registers the death, public security ends the residence. */
export const death: Happening = (world) => {
  if (world.citizens.length <= CITIZENS_MIN) return [];
  const citizen = oldestOfSome(world);
  world.remove(world.citizens, citizen);
  const data = {
    ...citizen,
    deathDate: world.date(world.chance.integer(0, 7)),
    deathPlace: world.chance.pick(['hospital', 'home', 'other']),
    causeCode: world.chance.pick(CAUSES),
    certificateNumber: `D35${String(world.nextNumber()).padStart(7, '0')}`,
    registeredAt: world.now,
  };
  return [{ entry: DEATH_ENTRY, op: 'create', subject: citizen.idNumber, data }, removed(citizen)];
};

function oldestOfSome({ chance, citizens }: World): Citizen {
  const some = Array.from({ length: 12 }, () => chance.pick(citizens));
  return some.reduce((oldest, one) => (one.birthDate < oldest.birthDate ? one : oldest));
}
