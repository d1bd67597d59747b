/** Code of the violation that a clock is when it falls late (regulation R39 to R41). Absent: a notice, and no violation. */
const VIOLATIONS: Readonly<Record<string, string>> = {
  D1: 'P1',
  D2: 'C3',
  D3: 'P4',
  D4: 'P4',
  D6: 'P4',
  D7: 'P6',
  D9: 'Q2',
  T27: 'Q4',
  L28: 'C2',
};

/** D8 locks records until its day is over, which is no deadline for anybody: it is met then. */
export const isLock = (clockId: string): boolean => clockId === 'D8';

/**
 * Violation of a clock that fell late. An incident that was not reported counts for the provider where an entry of the
 * own party was hit, else for the user of data. Undefined: its lateness is a notice only, as of the promises of R23.
 */
export function lateViolation(clockId: string, hitsOwnEntry = false): string | undefined {
  if (clockId === 'I1') return hitsOwnEntry ? 'P9' : 'Q6';
  return VIOLATIONS[clockId];
}

/** The clock of the provider's own promise beside a statutory one. */
export const promiseClock = (statutory: string): string => `R23.${statutory}`;
