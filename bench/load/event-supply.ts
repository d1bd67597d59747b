import type { BenchEvent } from '../documents/bench-entry.js';
import { nowMicros, timestampText } from '../harness/clock.js';

/** Plan of the events that a publisher of a bench sends. */
export interface EventPlan {
  entries: string[];
  /** Exponent of the Zipf law by which events are spread over the entries, in their order; 0 spreads them evenly. */
  zipf: number;
  /** Number of codes that events use in turn. */
  codes: number;
  /** Makes ids unique over several publishers and runs. */
  prefix: string;
  /** Number of fillers in each record; absent for all of them. */
  fillers?: number | undefined;
}

/** Generates events by a plan without end. */
export class EventSupply {
  readonly #cumulative: number[];
  #count = 0;

  constructor(private readonly plan: EventPlan) {
    this.#cumulative = cumulativeZipf(plan.entries.length, plan.zipf);
  }

  next(): BenchEvent {
    const { entries, codes, prefix, fillers } = this.plan;
    const number = this.#count++;
    return {
      id: `${prefix}-${number}`,
      entry: entries[this.#pick(number)] as string,
      key: `350102${String(number).padStart(12, '0')}`,
      code: `c${number % codes}`,
      sentAt: timestampText(nowMicros()),
      fillers,
    };
  }

  #pick(number: number): number {
    if (this.plan.zipf === 0) return number % this.plan.entries.length;
    const cumulative = this.#cumulative;
    const wanted = Math.random() * (cumulative.at(-1) as number);
    let low = 0;
    let high = cumulative.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((cumulative[middle] as number) < wanted) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** Cumulative weights of 1/rank^exponent. */
export function cumulativeZipf(count: number, exponent: number): number[] {
  let sum = 0;
  return Array.from({ length: count }, (_, i) => (sum += 1 / (i + 1) ** exponent));
}
