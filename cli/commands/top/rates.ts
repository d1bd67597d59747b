import type { BusSample, CursorSample } from './read-bus.js';

export const VIEWS = ['grants', 'entries', 'parties'] as const;
export type ViewName = (typeof VIEWS)[number];

/** The row that stands first has the greatest lag, rate or age, the least credit, the oldest acknowledgement, or the first name. */
export const ORDERS = ['lag', 'rate', 'age', 'credit', 'last ack', 'name'] as const;
export type OrderName = (typeof ORDERS)[number];

/** A line of the table: one cursor of a grant, or all cursors of an entry or a party together. */
export interface Row {
  /** Unlike every other row of the view. */
  key: string;
  /** Grant, entry or party. */
  id: string;
  /** Present for a grant alone. */
  one: CursorSample | undefined;
  cursors: number;
  connected: number;
  /** Deliveries per second; undefined until there are two samples of the same broker run. */
  rate: number | undefined;
  /** Accepted events per second of the entry, or of all entries that the party provides; undefined where none are known. */
  acceptedRate: number | undefined;
  /** Undefined without a cursor, and while the store cannot be read. */
  lagEvents: number | undefined;
  isExact: boolean;
  oldestAgeSeconds: number | undefined;
  /** The least of its sessions; undefined without one. */
  creditEvents: number | undefined;
  /** The oldest of them all, so that one silent cursor shows; undefined when nothing was acknowledged. */
  lastAckMs: number | undefined;
}

/** The rate of a counter between two samples; undefined when it is missing, or fell because the broker started again. */
export function rateOf(now: number | undefined, before: number | undefined, elapsedMs: number): number | undefined {
  if (now === undefined || before === undefined || elapsedMs <= 0 || now < before) return undefined;
  return ((now - before) * 1000) / elapsedMs;
}

/** The rows of a view whose ids, parties or entries contain `filter`; those alike by the order stand as by lag. */
export function rowsOf(
  view: ViewName,
  now: BusSample,
  before: BusSample | undefined,
  { order, filter }: { order: OrderName; filter: string } = { order: 'lag', filter: '' },
): Row[] {
  const rows = allRowsOf(view, now, before);
  const shown = filter === '' ? rows : rows.filter((row) => isNamed(row, filter));
  const first = COMPARISONS[order];
  return shown.sort((a, b) => first(a, b) || byLag(a, b));
}

/** The index of the row with that key; 0 when there is none. */
export const indexOfRow = (rows: readonly Row[], key: string | undefined): number =>
  key === undefined
    ? 0
    : Math.max(
        0,
        rows.findIndex((row) => row.key === key),
      );

function isNamed({ id, one }: Row, filter: string): boolean {
  const names = one ? [id, one.party, one.provider, one.system, one.entry, one.cursor] : [id];
  return names.some((name) => name.includes(filter));
}

const greatestFirst =
  (figureOf: (row: Row) => number | undefined) =>
  (a: Row, b: Row): number =>
    (figureOf(b) ?? -1) - (figureOf(a) ?? -1);

const leastFirst =
  (figureOf: (row: Row) => number | undefined) =>
  (a: Row, b: Row): number => {
    const [left = Number.MAX_VALUE, right = Number.MAX_VALUE] = [figureOf(a), figureOf(b)];
    return left - right;
  };

const hasCursor = ({ cursors, one }: Row): boolean => cursors > 0 && one?.cursor !== '';
const COMPARISONS: Readonly<Record<OrderName, (a: Row, b: Row) => number>> = {
  lag: greatestFirst((row) => row.lagEvents),
  rate: greatestFirst((row) => (row.rate ?? 0) + (row.acceptedRate ?? 0)),
  age: greatestFirst((row) => row.oldestAgeSeconds),
  credit: leastFirst((row) => row.creditEvents),
  // A cursor that was never acknowledged stands before all others; without one nothing is expected.
  'last ack': leastFirst((row) => (hasCursor(row) ? (row.lastAckMs ?? 0) : undefined)),
  name: (a, b) => (a.key < b.key ? -1 : 1),
};

const byLag = (a: Row, b: Row): number =>
  COMPARISONS.lag(a, b) || COMPARISONS.age(a, b) || COMPARISONS.rate(a, b) || COMPARISONS.name(a, b);

function allRowsOf(view: ViewName, now: BusSample, before: BusSample | undefined): Row[] {
  const deliveredBefore = new Map(before?.cursors.map((one) => [keyOf(one), one.delivered]));
  const elapsedMs = now.atMs - (before?.atMs ?? now.atMs);
  const acceptedRates = acceptedRatesOf(view, now, before);
  const groups = new Map<string, CursorSample[]>([...acceptedRates.keys()].map((key) => [key, []]));
  for (const one of now.cursors) {
    const key = { grants: keyOf(one), entries: one.entry, parties: one.party }[view];
    const group = groups.get(key);
    if (group) group.push(one);
    else groups.set(key, [one]);
  }
  return [...groups].map(([key, cursors]) => {
    const rates = cursors.map((one) => rateOf(one.delivered, deliveredBefore.get(keyOf(one)), elapsedMs));
    const identity = view === 'grants' ? { id: cursors[0]!.grant, one: cursors[0] } : { id: key, one: undefined };
    const figures = { rate: sumOfKnown(rates), acceptedRate: acceptedRates.get(key) };
    return { key, ...identity, ...sumOfCursors(cursors), ...figures };
  });
}

const keyOf = ({ grant, cursor }: CursorSample): string => `${grant} ${cursor}`;

/** By entry, or by the party that provides it. An entry that the sample before does not have had its first event since. */
function acceptedRatesOf(
  view: ViewName,
  now: BusSample,
  before: BusSample | undefined,
): Map<string, number | undefined> {
  const rates = new Map<string, number | undefined>();
  if (view === 'grants') return rates;
  const elapsedMs = now.atMs - (before?.atMs ?? now.atMs);
  const acceptedBefore = new Map(before?.entries.map(({ entry, accepted }) => [entry, accepted]));
  for (const { entry, provider, accepted } of now.entries) {
    const key = view === 'entries' ? entry : provider;
    const rate = rateOf(accepted, acceptedBefore.get(entry) ?? 0, elapsedMs);
    rates.set(key, sumOfKnown([rates.get(key), rate]));
  }
  return rates;
}

type CursorSums = Omit<Row, 'key' | 'id' | 'one' | 'rate' | 'acceptedRate'>;

function sumOfCursors(cursors: readonly CursorSample[]): CursorSums {
  const total: CursorSums = {
    cursors: 0,
    connected: 0,
    lagEvents: undefined,
    isExact: true,
    oldestAgeSeconds: undefined,
    creditEvents: undefined,
    lastAckMs: undefined,
  };
  for (const one of cursors) {
    total.cursors++;
    total.connected += Number(one.connected);
    total.lagEvents = sumOfKnown([total.lagEvents, one.lagEvents]);
    total.isExact &&= one.isExact;
    total.oldestAgeSeconds = greatest(total.oldestAgeSeconds, one.oldestAgeSeconds);
    total.creditEvents = least(total.creditEvents, one.creditEvents);
    total.lastAckMs = least(total.lastAckMs, one.lastAckMs);
  }
  return total;
}

function least(a: number | undefined, b: number | undefined): number | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return Math.min(a, b);
}

function greatest(a: number | undefined, b: number | undefined): number | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return Math.max(a, b);
}

function sumOfKnown(rates: readonly (number | undefined)[]): number | undefined {
  const known = rates.filter((rate) => rate !== undefined);
  return known.length === 0 ? undefined : known.reduce((sum, rate) => sum + rate, 0);
}
