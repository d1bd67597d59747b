import type { RecordData } from '../../../proto/event/event.js';
import { idNumber } from '../id-number.js';
import { newbornGivenName, type Sex } from '../names.js';
import type { Citizen, World } from '../world.js';
import type { Happening, RegisterChange } from './happening.js';
import { registered } from './residence-record.js';

export const BIRTH_ENTRY = 'fujian-civil-affairs.birth';

const HOSPITALS = ['省妇幼保健院', '省立医院', '福州市第一医院', '协和医院', '市妇幼保健院'];

/** A child is born: civil affairs registers the birth, public security the residence. */
export const birth: Happening = (world) => {
  const mother = world.parent('2');
  const father = world.parent('1');
  const child = newborn(world, father);
  const data = birthRecord(world, child, mother, father);
  world.addCitizen(child);
  world.rememberBirth(data);
  return [{ entry: BIRTH_ENTRY, op: 'create', subject: child.idNumber, data }, registered(world, child)];
};

/** The parents change the name while the certificate is young. */
export const birthCorrection: Happening = (world): RegisterChange[] => {
  if (world.recentBirths.length === 0) return [];
  const old = world.chance.pick(world.recentBirths);
  const data = { ...old, name: String(old.name).slice(0, 1) + newbornGivenName(world.chance), registeredAt: world.now };
  world.recentBirths[world.recentBirths.indexOf(old)] = data;
  const subject = String(old.idNumber);
  return [{ entry: BIRTH_ENTRY, op: 'update', subject, data, previous: { regionCode: old.regionCode! } }];
};

function newborn(world: World, father: Citizen): Citizen {
  const { chance } = world;
  const sex: Sex = chance.fraction() < 0.52 ? '1' : '2';
  const birthDate = world.date(chance.integer(0, 5));
  const { regionCode, address } = father;
  return {
    idNumber: idNumber({ regionCode, birthDate, sequence: world.idSequence(regionCode, birthDate, sex) }),
    name: father.name.slice(0, 1) + newbornGivenName(chance),
    sex,
    birthDate,
    regionCode,
    address,
  };
}

function birthRecord(world: World, child: Citizen, mother: Citizen, father: Citizen): RecordData {
  const { chance } = world;
  return {
    ...child,
    hospital: chance.pick(HOSPITALS),
    weightGrams: chance.integer(2_300, 4_300),
    gestationWeeks: chance.integer(36, 41),
    motherName: mother.name,
    motherIdNumber: mother.idNumber,
    fatherName: father.name,
    fatherIdNumber: father.idNumber,
    certificateNumber: `V35${String(world.nextNumber()).padStart(7, '0')}`,
    registeredAt: world.now,
  };
}
