import { addDays, addMonths } from '../../../benefits/rules/calendar-date.js';
import { Chance } from '../../../connectors/simulator/chance.js';
import { DISTRICTS } from '../../../connectors/simulator/districts.js';
import { idNumber } from '../../../connectors/simulator/id-number.js';
import type { RegisterEvent, Someone } from './benefit-events.js';
import { birthOf, deathOf, leaveOf, moveOf, pensionOf, residenceOf } from './benefit-events.js';

/** Events of one day, in the order in which the registers publish them. */
export interface DayOfEvents {
  day: string;
  events: RegisterEvent[];
}

export interface PopulationOptions {
  seed: number;
  people: number;
  /** First day, on which the founding population is registered. */
  from: string;
  days: number;
}

interface Citizen extends Someone {
  pension: { monthlyAmount: string; paidThrough: string } | undefined;
  file: { fileNumber: string; regionCode: string } | undefined;
}

/** Rates per person and year, high enough that every kind of change happens. */
const RATES = { birth: 0.04, death: 0.03, move: 0.08, leave: 0.02, payment: 0.2, fileArrival: 0.05, correction: 0.02 };
const DAYS_A_YEAR = 365;
const OTHER_CITY = '350502';

/**
 * A synthetic population over some years: births, deaths, moves in and out of the city, continued pensions, arriving case files,
 * and corrected dates of birth. Deterministic: the same seed gives the same events.
 */
export class Population {
  readonly #chance: Chance;
  readonly #living: Citizen[] = [];
  readonly #births = new Map<string, Citizen>();
  #sequence = 0;
  #day: string;

  constructor(private readonly options: PopulationOptions) {
    this.#chance = new Chance(options.seed);
    this.#day = options.from;
  }

  *days(): Generator<DayOfEvents> {
    yield { day: this.#day, events: Array.from({ length: this.options.people }, () => this.#founder()).flat() };
    for (let passed = 1; passed <= this.options.days; passed++) {
      this.#day = addDays(this.options.from, passed);
      yield { day: this.#day, events: this.#today() };
    }
  }

  #today(): RegisterEvent[] {
    const happenings: [number, () => RegisterEvent[]][] = [
      [RATES.birth, () => this.#birth()],
      [RATES.death, () => this.#death()],
      [RATES.move, () => this.#move(this.#region())],
      [RATES.leave, () => this.#move(OTHER_CITY)],
      [RATES.payment, () => this.#payment()],
      [RATES.fileArrival, () => this.#fileArrival()],
      [RATES.correction, () => this.#correction()],
    ];
    return happenings.flatMap(([rate, happen]) => {
      const expected = (rate * this.#living.length) / DAYS_A_YEAR;
      const times = Math.floor(expected) + Number(this.#chance.fraction() < expected % 1);
      return Array.from({ length: times }, happen).flat();
    });
  }

  #founder(): RegisterEvent[] {
    const age = this.#chance.integer(0, 95 * DAYS_A_YEAR);
    const citizen = this.#citizen(addDays(this.#day, -age));
    const isChild = age < 4 * DAYS_A_YEAR;
    if (age > 60 * DAYS_A_YEAR) citizen.pension = { monthlyAmount: this.#money(), paidThrough: this.#monthEnd(0) };
    if (this.#chance.fraction() < 0.1)
      citizen.file = { fileNumber: `F-${this.#sequence}`, regionCode: citizen.regionCode };
    if (isChild) this.#births.set(citizen.idNumber, citizen);
    return [
      ...(isChild ? [birthOf(citizen)] : []),
      residenceOf(citizen),
      ...(citizen.pension ? [pensionOf(citizen, citizen.pension)] : []),
      ...(citizen.file ? [this.#fileEvent(citizen, citizen.file, 'create')] : []),
    ];
  }

  #birth(): RegisterEvent[] {
    const citizen = this.#citizen(addDays(this.#day, -this.#chance.integer(0, 20)));
    this.#births.set(citizen.idNumber, citizen);
    return [birthOf(citizen), residenceOf(citizen)];
  }

  #death(): RegisterEvent[] {
    const index = this.#chance.integer(0, this.#living.length - 1);
    const citizen = this.#living[index]!;
    this.#living[index] = this.#living.at(-1)!;
    this.#living.pop();
    const death = deathOf(citizen, addDays(this.#day, -this.#chance.integer(0, 100)));
    // Some residences stay open, as in real registers.
    return this.#chance.fraction() < 0.7 ? [death, leaveOf(citizen)] : [death];
  }

  #move(to: string): RegisterEvent[] {
    const citizen = this.#someone();
    const event = moveOf(citizen, { regionCode: to });
    citizen.regionCode = to;
    return [event];
  }

  #payment(): RegisterEvent[] {
    const citizen = this.#someone();
    if (!citizen.pension) return [];
    citizen.pension = { ...citizen.pension, paidThrough: this.#monthEnd(this.#chance.integer(0, 2)) };
    return [{ ...pensionOf(citizen, citizen.pension), op: 'update' }];
  }

  #fileArrival(): RegisterEvent[] {
    const citizen = this.#someone();
    if (!citizen.file || citizen.file.regionCode === citizen.regionCode) return [];
    const previous = { regionCode: citizen.file.regionCode };
    citizen.file = { ...citizen.file, regionCode: citizen.regionCode };
    return [{ ...this.#fileEvent(citizen, citizen.file, 'update'), previous }];
  }

  /** Corrects a date of birth in both registers. */
  #correction(): RegisterEvent[] {
    const citizen = this.#someone();
    citizen.birthDate = addDays(citizen.birthDate, this.#chance.integer(-400, 400));
    const previous = { regionCode: citizen.regionCode };
    const residence: RegisterEvent = { ...residenceOf(citizen), op: 'update', previous };
    const born = this.#births.has(citizen.idNumber);
    // A birth keeps the district that it was registered in; the check does not use it.
    return born ? [{ ...birthOf(citizen), op: 'update', previous }, residence] : [residence];
  }

  #fileEvent({ idNumber }: Citizen, file: NonNullable<Citizen['file']>, op: 'create' | 'update'): RegisterEvent {
    return { type: 'fuzhou-civil-affairs.case-file', op, data: { idNumber, ...file } };
  }

  #citizen(birthDate: string): Citizen {
    const regionCode = this.#region();
    // Ids only have to differ. A place of registration has a thousand per day, so the sequence moves on to other places.
    const sequence = ++this.#sequence;
    const townCode = String(350_000 + Math.floor(sequence / 1000));
    const number = idNumber({ regionCode: townCode, birthDate, sequence: sequence % 1000 });
    const citizen: Citizen = { idNumber: number, birthDate, regionCode, pension: undefined, file: undefined };
    this.#living.push(citizen);
    return citizen;
  }

  #someone(): Citizen {
    return this.#living[this.#chance.integer(0, this.#living.length - 1)]!;
  }

  #region(): string {
    return this.#chance.pick(DISTRICTS).regionCode;
  }

  #money(): string {
    return `${this.#chance.integer(1000, 9000)}.${String(this.#chance.integer(10, 99))}`;
  }

  #monthEnd(ahead: number): string {
    return addDays(addMonths(`${this.#day.slice(0, 8)}01`, ahead + 1), -1);
  }
}
