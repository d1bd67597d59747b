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

/** Article that each limit comes from. */
const ARTICLES: Readonly<Record<string, string>> = {
  D1: 'R17',
  D2: 'R17',
  D3: 'R21',
  D4: 'R21',
  D6: 'R22',
  D7: 'R26',
  D8: 'R29',
  D9: 'R27',
  T27: 'R27',
  L28: 'R28',
  I1: 'R35',
};
const PROMISE = 'R23';

/** The article behind a clock, as the member of a notice; a promise comes from the article that encourages it. */
export function articleOfClock(clockId: string): { article?: string } {
  const article = clockId.startsWith(`${PROMISE}.`) ? PROMISE : ARTICLES[clockId];
  return article === undefined ? {} : { article };
}

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
export const promiseClock = (statutory: string): string => `${PROMISE}.${statutory}`;
