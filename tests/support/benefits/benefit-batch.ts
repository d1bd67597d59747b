import type { RegisterEvent } from './benefit-events.js';

/**
 * An entitlement on a day, computed from the last state of the registers alone. It shares no code with the rules engine that it is
 * compared with, date arithmetic included.
 */
export interface Entitlement {
  rule: string;
  subject: string;
  amount?: string | undefined;
  from?: string | undefined;
  until?: string | undefined;
  /** Positions of the events that brought the registers' last states. */
  positions: number[];
}

interface Held {
  data: Record<string, string>;
  position: number;
}

/** The last state of each record of each register. */
export class FinalRegisters {
  readonly #registers = new Map<string, Map<string, Held>>();

  put(event: RegisterEvent, position: number): void {
    const register = this.#registers.get(event.type) ?? new Map<string, Held>();
    this.#registers.set(event.type, register);
    if (event.op === 'delete') register.delete(event.subject!);
    else register.set(String(event.data!.idNumber), { data: event.data as Record<string, string>, position });
  }

  entitlements(today: string): Map<string, Entitlement> {
    const found = new Map<string, Entitlement>();
    const add = (one: Entitlement) => found.set(`${one.rule} ${one.subject}`, one);
    for (const one of this.#children(today)) add(one);
    for (const one of this.#elders(today)) add(one);
    for (const one of this.#pensions()) add(one);
    for (const one of this.#files()) add(one);
    return found;
  }

  *#children(today: string): Generator<Entitlement> {
    for (const [subject, birth] of this.#of('fujian-civil-affairs.birth')) {
      const residence = this.#get('fuzhou-public-security.residence', subject);
      if (!residence?.data.regionCode?.startsWith('3501') || this.#get('fujian-civil-affairs.death', subject)) continue;
      const positions = [birth.position, residence.position];
      const from = birth.data.birthDate!;
      yield { rule: 'newborn-insurance', subject, from, positions };
      const until = yearsLater(from, 3);
      if (today < until) yield { rule: 'child-care-subsidy', subject, amount: '3600', from, until, positions };
    }
  }

  *#elders(today: string): Generator<Entitlement> {
    for (const [subject, { data, position }] of this.#of('fuzhou-public-security.residence')) {
      const from = yearsLater(data.birthDate!, 80);
      if (today < from || !data.regionCode!.startsWith('3501') || this.#get('fujian-civil-affairs.death', subject))
        continue;
      yield { rule: 'old-age-allowance', subject, amount: '100', from, positions: [position] };
    }
  }

  *#pensions(): Generator<Entitlement> {
    for (const [subject, pension] of this.#of('fuzhou-hrss.pension')) {
      const death = this.#get('fujian-civil-affairs.death', subject);
      if (!death) continue;
      const [year, month] = death.data.deathDate!.split('-').map(Number) as [number, number];
      const from = month === 12 ? `${year + 1}-01-01` : `${year}-${two(month + 1)}-01`;
      const positions = [pension.position, death.position];
      yield { rule: 'pension-stop', subject, from, positions: [death.position] };
      const [paidYear, paidMonth] = pension.data.paidThrough!.split('-').map(Number) as [number, number];
      const months = (paidYear - year) * 12 + (paidMonth - month);
      if (months < 1) continue;
      const cents = Number(pension.data.monthlyAmount!.replace('.', '')) * months;
      const until = paidMonth === 12 ? `${paidYear + 1}-01-01` : `${paidYear}-${two(paidMonth + 1)}-01`;
      yield { rule: 'pension-overpayment', subject, amount: String(cents / 100), from, until, positions };
    }
  }

  *#files(): Generator<Entitlement> {
    for (const [subject, file] of this.#of('fuzhou-civil-affairs.case-file')) {
      const residence = this.#get('fuzhou-public-security.residence', subject);
      const region = residence?.data.regionCode;
      if (!residence || !region?.startsWith('3501') || region === file.data.regionCode) continue;
      yield { rule: 'case-file-transfer', subject, positions: [file.position, residence.position] };
    }
  }

  #of(entry: string): Map<string, Held> {
    return this.#registers.get(entry) ?? new Map();
  }

  #get(entry: string, subject: string): Held | undefined {
    return this.#of(entry).get(subject);
  }
}

const two = (number: number): string => String(number).padStart(2, '0');

function yearsLater(day: string, years: number): string {
  const [year, month, date] = day.split('-').map(Number) as [number, number, number];
  const isLeap = new Date(Date.UTC(year + years, 1, 29)).getUTCMonth() === 1;
  return `${year + years}-${two(month)}-${two(month === 2 && date === 29 && !isLeap ? 28 : date)}`;
}
