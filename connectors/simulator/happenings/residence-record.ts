import type { RecordData } from '../../../proto/event/event.js';
import type { Citizen, World } from '../world.js';
import type { RegisterChange } from './happening.js';

export const RESIDENCE_ENTRY = 'fuzhou-public-security.residence';

/** First registration of a citizen. */
export function registered(world: World, citizen: Citizen): RegisterChange {
  return { entry: RESIDENCE_ENTRY, op: 'create', subject: citizen.idNumber, data: residence(world, citizen, 'birth') };
}

/** Registration at a new address; `from` is the previous region. */
export function moved(world: World, citizen: Citizen, from: string): RegisterChange {
  const data = residence(world, citizen, 'move');
  return { entry: RESIDENCE_ENTRY, op: 'update', subject: citizen.idNumber, data, previous: { regionCode: from } };
}

/** End of a registration. */
export function removed(citizen: Citizen): RegisterChange {
  const previous = { regionCode: citizen.regionCode };
  return { entry: RESIDENCE_ENTRY, op: 'delete', subject: citizen.idNumber, previous };
}

function residence(world: World, citizen: Citizen, reason: 'birth' | 'move'): RecordData {
  const { idNumber, name, sex, birthDate, regionCode, address } = citizen;
  const householdNumber = `${regionCode}${String(world.nextNumber()).padStart(6, '0')}`;
  return { idNumber, name, sex, birthDate, regionCode, address, householdNumber, reason, registeredAt: world.now };
}
