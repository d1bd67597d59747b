import fc from 'fast-check';
import t from 'tap';
import type { Grant } from '../grants/grant.js';
import type { ReportedCursor } from './grant-lag.js';
import { grantSeries, grantTable } from './grant-series.js';
import { PARTY_FAMILIES } from './party-series.js';
import { SeriesMemory } from './series-memory.js';

const NOW_MS = Date.UTC(2026, 10, 30);
/** Some pieces of each family, the last one not full. */
const GRANTS = 1_300;

interface Followed {
  grant: Grant;
  cursors: { name: string; unacknowledged: number; connected: boolean }[];
}

function followed(i: number, party = `party-${i % 7}`): Followed {
  const grant = { id: `g-${i}`, party, system: 's', entry: `provider.e${i}`, toMs: NOW_MS } as Grant;
  return { grant, cursors: [{ name: 'default', unacknowledged: 0, connected: true }] };
}

async function scrape(bus: readonly Followed[], memory?: SeriesMemory): Promise<Buffer[]> {
  const grants = grantTable();
  for (const { grant, cursors } of bus) {
    const reported = cursors.map(({ name, unacknowledged, connected }) => ({
      cursor: { subject: '', grant: grant.id, name, record: {}, lastAckMs: NOW_MS },
      position: 1,
      end: 1,
      unacknowledged,
      isExact: true,
      isKnown: true,
      oldestMs: undefined,
      delivered: 0,
      connected,
    }));
    grants.add(grant, reported as unknown as ReportedCursor[], NOW_MS);
  }
  const pieces: Buffer[] = [];
  for await (const piece of grantSeries({ grants, entries: [], late: [], parties: [] }, NOW_MS, memory))
    pieces.push(piece);
  return pieces;
}

const textOf = (pieces: readonly Buffer[]): string => Buffer.concat(pieces).toString('latin1');

const cursorOf = (bus: readonly Followed[], at: number): Followed['cursors'][number] => bus[at]!.cursors[0]!;

const CHANGES: readonly ((bus: Followed[], at: number) => void)[] = [
  (bus, at) => void Object.assign(cursorOf(bus, at), { unacknowledged: at }),
  (bus, at) => void Object.assign(cursorOf(bus, at), { connected: false }),
  (bus, at) => void bus[at]!.cursors.push({ name: 'replica', unacknowledged: 3, connected: false }),
  (bus, at) => void Object.assign(bus[at]!, { grant: { ...bus[at]!.grant, party: 'party-of-another' } }),
  (bus, at) => void Object.assign(bus[at]!, { grant: { ...bus[at]!.grant, toMs: NOW_MS + at } }),
  (bus, at) => void bus.splice(at, 1),
  (bus, at) => void bus.splice(at),
  (bus, at) => void bus.push(followed(GRANTS + at)),
];

/** Those of entries and parties, of which nothing is kept. */
const HEADS = 2 + PARTY_FAMILIES.length;

t.test('a scrape that uses what the one before has written is the same text, whatever has changed', async () => {
  const change = fc.tuple(fc.constantFrom(...CHANGES), fc.nat());
  const scrapes = fc.array(fc.array(change, { maxLength: 3 }), { minLength: 2, maxLength: 4 });
  await fc.assert(
    fc.asyncProperty(scrapes, async (all) => {
      const bus = Array.from({ length: GRANTS }, (_, i) => followed(i));
      const memory = new SeriesMemory();
      for (const changes of all) {
        for (const [make, at] of changes) if (bus.length > 1) make(bus, 1 + (at % (bus.length - 1)));
        if (textOf(await scrape(bus, memory)) !== textOf(await scrape(bus))) return false;
      }
      return true;
    }),
    { numRuns: 60 },
  );
});

t.test('of two scrapes of which one value differs one piece is written anew', async (t) => {
  const bus = Array.from({ length: GRANTS }, (_, i) => followed(i));
  const memory = new SeriesMemory();
  const first = await scrape(bus, memory);
  const second = await scrape(bus, memory);
  t.ok(first.length > 15);
  t.equal(second.filter((piece, i) => piece === first[i]).length, first.length - HEADS, 'all but heads');
  bus[700]!.cursors[0]!.unacknowledged = 9;
  const third = await scrape(bus, memory);
  t.equal(third.filter((piece, i) => piece === second[i]).length, first.length - HEADS - 1);
});

t.test('a scrape that was not taken to its end leaves what the one before has written', async (t) => {
  const bus = Array.from({ length: GRANTS }, (_, i) => followed(i));
  const memory = new SeriesMemory();
  const first = await scrape(bus, memory);
  const series = grantSeries({ grants: grantTable(), entries: [], late: [], parties: [] }, NOW_MS, memory);
  await series.next();
  await series.return(undefined);
  t.equal((await scrape(bus, memory))[0], first[0]);
});

t.test('of two scrapes at the same time the one that began last is kept, and both are complete', async (t) => {
  const [few, many] = [300, GRANTS].map((length) => Array.from({ length }, (_, i) => followed(i)));
  const memory = new SeriesMemory();
  const [one, other] = await Promise.all([scrape(few!, memory), scrape(many!, memory)]);
  t.equal(textOf(one), textOf(await scrape(few!)));
  t.equal(textOf(other), textOf(await scrape(many!)));
  const next = await scrape(many!, memory);
  t.equal(next.filter((piece, i) => piece === other[i]).length, next.length - HEADS);
});
