import type { RecordData } from '../../proto/event/event.js';
import type { Chance } from './chance.js';
import { DISTRICTS, type District } from './districts.js';
import { idNumber } from './id-number.js';
import { adultGivenName, type Sex, surname } from './names.js';

export interface Citizen {
  idNumber: string;
  name: string;
  sex: Sex;
  birthDate: string;
  regionCode: string;
  address: string;
}

export interface Business {
  creditCode: string;
  name: string;
  representative: Citizen;
  industryCode: string;
  regionCode: string;
  address: string;
  /** Yuan, two decimals. */
  capital: string;
  establishedOn: string;
  status: 'active' | 'suspended' | 'cancelled';
  phone: string;
}

/** Enough for variety. The bounds limit memory and the time of a replay. */
const FOUNDERS = 300;
const CITIZENS_MAX = 5_000;
const BUSINESSES_MAX = 2_000;
const FIRST_DAY_MS = Date.UTC(2026, 0, 1, 0, 30);
const DAY_MS = 86_400_000;
/** Offset of the local time of Fuzhou, which has no daylight saving. */
const ZONE_OFFSET_MS = 8 * 3_600_000;

/** Days and regions whose identity numbers are kept: enough for late registrations and the founders. */
const ID_DAYS_MAX = 2_000;
/** Births that may still be corrected. */
const RECENT_BIRTHS_MAX = 100;

/** The people and businesses of one simulation, and its clock. Everything in it is determined by the seed. */
export class World {
  readonly citizens: Citizen[] = [];
  readonly businesses: Business[] = [];
  readonly recentBirths: RecordData[] = [];
  #nowMs = FIRST_DAY_MS;
  #sequence = 0;
  readonly #idsTaken = new Map<string, number>();

  constructor(readonly chance: Chance) {
    for (let count = 0; count < FOUNDERS; count++) this.citizens.push(this.#founder());
  }

  /** Advances simulated time by up to two minutes. */
  tick(): void {
    this.#nowMs += this.chance.integer(10, 120) * 1000;
  }

  /** RFC 3339 with the offset of Fuzhou. */
  get now(): string {
    return `${new Date(this.#nowMs + ZONE_OFFSET_MS).toISOString().slice(0, 19)}+08:00`;
  }

  /** Today or some days ago, as a date. */
  date(daysAgo = 0): string {
    return new Date(this.#nowMs + ZONE_OFFSET_MS - daysAgo * DAY_MS).toISOString().slice(0, 10);
  }

  /** Different at every call of one simulation. */
  nextNumber(): number {
    return ++this.#sequence;
  }

  district(): District {
    return this.chance.pick(DISTRICTS);
  }

  /** A district other than this one. */
  otherDistrict(regionCode: string): District {
    return this.chance.pick(DISTRICTS.filter((district) => district.regionCode !== regionCode));
  }

  addressIn(district: District): string {
    const { chance } = this;
    const rooms = `${chance.integer(1, 28)}${String(chance.integer(1, 6)).padStart(2, '0')}室`;
    return `福州市${district.name}${chance.pick(district.streets)}${chance.integer(1, 399)}号${rooms}`;
  }

  phone(): string {
    return `13${this.chance.integer(0, 9)}0000${String(this.chance.integer(0, 9999)).padStart(4, '0')}`;
  }

  /** Three digits that are unique for day and region. */
  idSequence(regionCode: string, birthDate: string, sex: Sex): number {
    const key = regionCode + birthDate;
    const taken = this.#idsTaken.get(key) ?? 0;
    this.#idsTaken.set(key, taken + 1);
    if (this.#idsTaken.size > ID_DAYS_MAX) this.#idsTaken.delete(this.#idsTaken.keys().next().value!);
    return 1 + ((taken * 2 + (sex === '1' ? 0 : 1)) % 998);
  }

  /** A citizen of that sex, if possible of an age to be a parent. */
  parent(sex: Sex): Citizen {
    const candidates = Array.from({ length: 16 }, () => this.chance.pick(this.citizens));
    const ofSex = candidates.filter((citizen) => citizen.sex === sex);
    const youngest = this.date(20 * 365);
    const oldest = this.date(45 * 365);
    const isOfAge = ({ birthDate }: Citizen) => birthDate <= youngest && birthDate >= oldest;
    return ofSex.find(isOfAge) ?? ofSex[0] ?? candidates[0]!;
  }

  addCitizen(citizen: Citizen): void {
    this.citizens.push(citizen);
    if (this.citizens.length > CITIZENS_MAX) this.citizens.shift();
  }

  addBusiness(business: Business): void {
    this.businesses.push(business);
    if (this.businesses.length > BUSINESSES_MAX) this.businesses.shift();
  }

  rememberBirth(birth: RecordData): void {
    this.recentBirths.push(birth);
    if (this.recentBirths.length > RECENT_BIRTHS_MAX) this.recentBirths.shift();
  }

  remove<T>(list: T[], one: T): void {
    list.splice(list.indexOf(one), 1);
  }

  #founder(): Citizen {
    const sex: Sex = this.chance.fraction() < 0.5 ? '1' : '2';
    const district = this.district();
    const birthDate = this.date(this.chance.integer(18 * 365, 95 * 365));
    const { regionCode } = district;
    return {
      idNumber: idNumber({ regionCode, birthDate, sequence: this.idSequence(regionCode, birthDate, sex) }),
      name: surname(this.chance) + adultGivenName(this.chance, sex),
      sex,
      birthDate,
      regionCode,
      address: this.addressIn(district),
    };
  }
}
