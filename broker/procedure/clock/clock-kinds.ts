interface ClockKind {
  /** Article that the limit comes from. */
  article: string;
  /** Code of the violation that it is when it falls late (regulation R39 to R41). Absent: a notice, and no violation. */
  violation?: string;
  /** Relations of the file that get its notices, besides the peer; by default the two sides of a grant. */
  sides?: readonly string[];
}

const GRANT_SIDES = ['provider', 'demand'];

const KINDS: Readonly<Record<string, ClockKind>> = {
  D1: { article: 'R17', violation: 'P1', sides: ['own'] },
  D2: { article: 'R17', violation: 'C3', sides: ['own', 'peer'] },
  D3: { article: 'R21', violation: 'P4' },
  D4: { article: 'R21', violation: 'P4' },
  D6: { article: 'R22', violation: 'P4' },
  D7: { article: 'R26', violation: 'P6' },
  D8: { article: 'R29' },
  D9: { article: 'R27', violation: 'Q2' },
  T27: { article: 'R27', violation: 'Q4' },
  L28: { article: 'R28', violation: 'C2', sides: [...GRANT_SIDES, 'handler'] },
  I1: { article: 'R35', violation: 'Q6', sides: ['own'] },
};
const PROMISE = 'R23';
const isPromise = (clockId: string): boolean => clockId.startsWith(`${PROMISE}.`);

/** The article behind a clock, as the member of a notice; a promise comes from the article that encourages it. */
export function articleOfClock(clockId: string): { article?: string } {
  const article = isPromise(clockId) ? PROMISE : KINDS[clockId]?.article;
  return article === undefined ? {} : { article };
}

/** Relations to the file whose parties get a notice about the clock, besides the peer; a promise has those of its statutory clock. */
export function sidesOfClock(clockId: string): readonly string[] {
  return KINDS[isPromise(clockId) ? clockId.slice(PROMISE.length + 1) : clockId]?.sides ?? GRANT_SIDES;
}

/** D8 locks records until its day is over, which is no deadline for anybody: it is met then. */
export const isLock = (clockId: string): boolean => clockId === 'D8';

/** Violation of a clock that fell late, unless its machine knows another. Undefined: its lateness is a notice only, as of the promises of R23. */
export const lateViolation = (clockId: string): string | undefined => KINDS[clockId]?.violation;

/** The clock of the provider's own promise beside a statutory one. */
export const promiseClock = (statutory: string): string => `${PROMISE}.${statutory}`;
