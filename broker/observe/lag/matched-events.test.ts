import fc from 'fast-check';
import t from 'tap';
import { MatchedEvents } from './matched-events.js';

interface Matched {
  position: number;
  ms: number;
}

function expected(events: readonly Matched[], position: number, sinceMs: number) {
  const counted = events.filter((one) => one.position > position && one.ms >= sinceMs);
  return { events: counted.length, oldestMs: counted[0]?.ms };
}

function filled(events: readonly Matched[], after = 0): MatchedEvents {
  const matched = new MatchedEvents(after);
  for (const { position, ms } of events) matched.append(position, ms);
  return matched;
}

/** Ascending positions with gaps, and times that are out of order by less than a chunk. */
const log = fc.array(fc.record({ gap: fc.integer({ min: 1, max: 5 }), late: fc.integer({ min: 0, max: 3 }) }), {
  minLength: 1,
  maxLength: 3_000,
  size: 'max',
});

function eventsOf(steps: { gap: number; late: number }[]): Matched[] {
  let position = 0;
  return steps.map(({ gap, late }, i) => {
    position += gap;
    return { position, ms: 1_000 + i - late };
  });
}

t.test('events after any position and since any time are counted, with the oldest of them', async (t) => {
  fc.assert(
    fc.property(log, fc.nat(), fc.nat(), (steps, at, since) => {
      const events = eventsOf(steps);
      const position = at % ((events.at(-1)?.position ?? 0) + 2);
      const sinceMs = since % 3 === 0 ? 1_000 + (since % (events.length + 2)) : 0;
      t.match(filled(events).countAfter(position, sinceMs), expected(events, position, sinceMs));
    }),
    { numRuns: 60 },
  );
});

t.test('a count before the first position that is held is a lower bound and names what is missing', async (t) => {
  const events = eventsOf(Array.from({ length: 1_500 }, () => ({ gap: 2, late: 0 })));
  const [older, newer] = [events.slice(0, 700), events.slice(700)];
  const border = older.at(-1)?.position ?? 0;
  const matched = filled(newer, border);
  t.strictSame(matched.countAfter(10, 0).missing, { after: 10, through: border });
  t.equal(matched.countAfter(10, 0).events, newer.length);

  const wanted = { after: 10, through: border };
  matched.insert(wanted, filled(older.filter(({ position }) => position > 10)));
  t.strictSame(matched.countAfter(10, 0), { ...expected(events, 10, 0), missing: undefined });
  t.strictSame(matched.countAfter(border - 4, 0), { ...expected(events, border - 4, 0), missing: undefined });
});

t.test('positions that no cursor needs are dropped and their number stays known', async (t) => {
  const events = eventsOf(Array.from({ length: 4_000 }, () => ({ gap: 1, late: 0 })));
  const matched = filled(events);
  matched.collapse(Float64Array.of(1, 2_000));
  t.ok(matched.retained < 2_000, `${matched.retained} positions are held`);
  for (const position of [0, 1, 512, 2_000, 3_999]) {
    t.strictSame(matched.countAfter(position, 0), { ...expected(events, position, 0), missing: undefined });
  }
  const { missing, events: atLeast } = matched.countAfter(1_100, 0);
  t.strictSame(missing, { after: 1_024, through: 1_536 }, 'a cursor that arrives in a dropped chunk needs it again');
  t.equal(atLeast, 4_000 - 1_536);
  matched.insert(missing!, filled(events.filter(({ position }) => position > 1_024 && position <= 1_536)));
  t.strictSame(matched.countAfter(1_100, 0), { ...expected(events, 1_100, 0), missing: undefined });
});

t.test('what all cursors have acknowledged is forgotten', async (t) => {
  const events = eventsOf(Array.from({ length: 2_000 }, () => ({ gap: 3, late: 0 })));
  const matched = filled(events);
  matched.dropThrough(5_000);
  t.ok(matched.retained < 1_000, `${matched.retained} positions are held`);
  t.strictSame(matched.countAfter(5_000, 0), { ...expected(events, 5_000, 0), missing: undefined });
  matched.dropThrough(7_000);
  matched.append(7_001, 9_999);
  t.strictSame(matched.countAfter(7_000, 0), { events: 1, oldestMs: 9_999, missing: undefined });
});
