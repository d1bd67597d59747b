import { cumulativeZipf } from '../load/event-supply.js';
import type { BenchGrant } from './bench-bundle.js';

export const SESSIONS = 2000;
const GRANTS = 6500;
/** Exponent of the law by which events and grants fall on the entries. */
export const ZIPF = 1;
/** Deliveries per second that reach 150 million in an hour. */
export const RATE = 41_700;

/** Number of sessions and grants of a province. */
export interface ProvinceSize {
  sessions: number;
  grants: number;
}

const WHOLE: ProvinceSize = { sessions: SESSIONS, grants: GRANTS };

export interface ProvinceGrants {
  grants: BenchGrant[];
  deliveriesPerEvent: number;
  fastPerEvent: number;
}

export const provinceSystems = (sessions = SESSIONS): string[] =>
  Array.from({ length: sessions }, (_, i) => `system${i}`);

/** One system in ten reads slowly. */
export const isSlow = (system: string): boolean => system.endsWith('1');

/**
 * Grants are spread over entries by the same Zipf law as events, so that entries that change often have many
 * subscribers. No two grants of one system are for the same entry. Also returns how many deliveries an event makes on
 * average, and how many of them to systems that read at full speed.
 */
export function provinceGrants(entries: string[], zipf: number, size = WHOLE): ProvinceGrants {
  const cumulative = cumulativeZipf(entries.length, zipf);
  const total = cumulative.at(-1) as number;
  let deliveriesPerEvent = 0;
  let fastPerEvent = 0;
  const grants = Array.from({ length: size.grants }, (_, i): BenchGrant => {
    // Evenly spread quantiles instead of random ones: every run has the same grants.
    const wanted = ((i + 0.5) / size.grants) * total;
    const entry = cumulative.findIndex((sum) => sum >= wanted);
    const system = `system${i % size.sessions}`;
    const share = 1 / (entry + 1) ** zipf / total;
    deliveriesPerEvent += share;
    if (!isSlow(system)) fastPerEvent += share;
    return { id: `g${i}`, system, entry: entries[entry] as string, without: i % 10 };
  });
  return { grants, deliveriesPerEvent, fastPerEvent };
}
