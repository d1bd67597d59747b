import type { BusSample, CursorSample } from './read-bus.js';

export const VIEWS = ['grants', 'entries', 'parties'] as const;
export type ViewName = (typeof VIEWS)[number];

/** A line of the table: one cursor of a grant, or all cursors of an entry or a party together. */
export interface Row {
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
  lagEvents: number;
  isExact: boolean;
  oldestAgeSeconds: number;
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

/** The rows of a view, the one furthest behind first, then the busiest. */
export function rowsOf(view: ViewName, now: BusSample, before: BusSample | undefined): Row[] {
  const deliveredBefore = new Map(before?.cursors.map((one) => [`${one.grant} ${one.cursor}`, one.delivered]));
  const elapsedMs = now.atMs - (before?.atMs ?? now.atMs);
  const acceptedRates = acceptedRatesOf(view, now, before);
  const groups = new Map<string, CursorSample[]>([...acceptedRates.keys()].map((key) => [key, []]));
  for (const one of now.cursors) {
    const key = { grants: `${one.grant} ${one.cursor}`, entries: one.entry, parties: one.party }[view];
    const group = groups.get(key);
    if (group) group.push(one);
    else groups.set(key, [one]);
  }
  const rows = [...groups].map(([key, cursors]) => {
    const rates = cursors.map((one) =>
      rateOf(one.delivered, deliveredBefore.get(`${one.grant} ${one.cursor}`), elapsedMs),
    );
    const acceptedRate = acceptedRates.get(key);
    return { ...sumOfCursors(cursors), ...identityOf(view, key, cursors), rate: sumOfKnown(rates), acceptedRate };
  });
  return rows.sort(
    (a, b) =>
      b.lagEvents - a.lagEvents ||
      b.oldestAgeSeconds - a.oldestAgeSeconds ||
      (b.rate ?? 0) - (a.rate ?? 0) ||
      (b.acceptedRate ?? 0) - (a.acceptedRate ?? 0) ||
      (a.id < b.id ? -1 : 1),
  );
}

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

function identityOf(view: ViewName, key: string, cursors: readonly CursorSample[]): Pick<Row, 'id' | 'one'> {
  return view === 'grants' ? { id: cursors[0]!.grant, one: cursors[0] } : { id: key, one: undefined };
}

function sumOfCursors(cursors: readonly CursorSample[]): Omit<Row, 'id' | 'one' | 'rate' | 'acceptedRate'> {
  const total = {
    cursors: 0,
    connected: 0,
    lagEvents: 0,
    isExact: true,
    oldestAgeSeconds: 0,
    creditEvents: undefined as number | undefined,
    lastAckMs: undefined as number | undefined,
  };
  for (const one of cursors) {
    total.cursors++;
    total.connected += Number(one.connected);
    total.lagEvents += one.lagEvents;
    total.isExact &&= one.isExact;
    total.oldestAgeSeconds = Math.max(total.oldestAgeSeconds, one.oldestAgeSeconds);
    total.creditEvents = least(total.creditEvents, one.creditEvents);
    total.lastAckMs = least(total.lastAckMs, one.lastAckMs);
  }
  return total;
}

function least(a: number | undefined, b: number | undefined): number | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return Math.min(a, b);
}

function sumOfKnown(rates: readonly (number | undefined)[]): number | undefined {
  const known = rates.filter((rate) => rate !== undefined);
  return known.length === 0 ? undefined : known.reduce((sum, rate) => sum + rate, 0);
}
