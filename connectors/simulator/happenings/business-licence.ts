import type { RecordData } from '../../../proto/event/event.js';
import { creditCode } from '../credit-code.js';
import { businessName, trade } from '../names.js';
import type { Business, World } from '../world.js';
import type { Happening, RegisterChange } from './happening.js';

export const LICENCE_ENTRY = 'fuzhou-market-regulation.business-licence';

/** A business is founded. */
export const licenceIssued: Happening = (world) => {
  const { chance } = world;
  const district = world.district();
  const chosen = trade(chance);
  const business: Business = {
    creditCode: creditCode({ regionCode: district.regionCode, sequence: 10_000 + world.nextNumber() }),
    name: businessName(chance, chosen),
    representative: chance.pick(world.citizens),
    industryCode: chosen.industryCode,
    regionCode: district.regionCode,
    address: world.addressIn(district),
    capital: `${chance.integer(1, 500) * 10_000}.00`,
    establishedOn: world.date(),
    status: 'active',
    phone: world.phone(),
  };
  world.addBusiness(business);
  return [{ entry: LICENCE_ENTRY, op: 'create', subject: business.creditCode, data: licence(world, business) }];
};

/** A business moves, changes its representative, or is suspended or closed. */
export const licenceChanged: Happening = (world) => {
  if (world.businesses.length === 0) return [];
  const business = world.chance.pick(world.businesses);
  const previous = filterable(business);
  CHANGES[world.chance.weighted({ address: 5, representative: 3, status: 2 })](world, business);
  const change: RegisterChange = { entry: LICENCE_ENTRY, op: 'update', subject: business.creditCode, previous };
  const data = licence(world, business);
  if (business.status === 'cancelled') world.remove(world.businesses, business);
  return [{ ...change, data }];
};

const CHANGES: Record<'address' | 'representative' | 'status', (world: World, business: Business) => void> = {
  address: (world, business) => {
    const district = world.otherDistrict(business.regionCode);
    business.regionCode = district.regionCode;
    business.address = world.addressIn(district);
  },
  representative: (world, business) => {
    business.representative = world.chance.pick(world.citizens);
  },
  status: (world, business) => {
    const isActive = business.status === 'active';
    business.status = isActive ? world.chance.pick(['suspended', 'cancelled'] as const) : 'active';
  },
};

function filterable({ regionCode, industryCode, status }: Business): RecordData {
  return { regionCode, industryCode, status };
}

function licence(world: World, { representative, ...business }: Business): RecordData {
  return {
    ...business,
    representativeName: representative.name,
    representativeIdNumber: representative.idNumber,
    registeredAt: world.now,
  };
}
