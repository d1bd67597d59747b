import type { Happening } from './happening.js';
import { moved } from './residence-record.js';

/** A citizen moves to another district. */
export const move: Happening = (world) => {
  const citizen = world.chance.pick(world.citizens);
  const from = citizen.regionCode;
  const district = world.otherDistrict(from);
  citizen.regionCode = district.regionCode;
  citizen.address = world.addressIn(district);
  return [moved(world, citizen, from)];
};
