import { stripVTControlCharacters } from 'node:util';
import t from 'tap';
import { afterKey, STARTING_STATE } from './keys.js';
import { parsePrometheus } from './prometheus-text.js';
import type { BusSample, CursorSample } from './read-bus.js';
import { type ScreenInput, screenLines } from './screen.js';

const AT_MS = Date.UTC(2026, 10, 28, 12, 0, 0);
const SEVEN_BIT = 0x20;

function cursor(number: number, changed: Partial<CursorSample> = {}): CursorSample {
  return {
    ...{ grant: `g-department-of-long-names-number-${number}`, cursor: 'default', party: 'tax', provider: 'registry' },
    ...{ system: 'tax-main', entry: 'registry.person', delivered: 100, lagEvents: 0, isExact: true },
    ...{ oldestAgeSeconds: 0, connected: true, creditEvents: 1_000, lastAckMs: AT_MS - 2_000, position: 9, ...changed },
  };
}

function sample(cursors: CursorSample[], changed: Partial<BusSample> = {}): BusSample {
  const gauges = { waiting: 0, sessions: 3, storeFree: 50, storeCapacity: 100 };
  return { atMs: AT_MS, problems: [], accepted: 10, refused: 0, delivered: 50, ...gauges, cursors, ...changed };
}

function input(now: BusSample, changed: Partial<ScreenInput> = {}): ScreenInput {
  return {
    ...{ url: 'https://bus.example', state: STARTING_STATE, now, before: undefined, failure: undefined },
    ...{ columns: 80, lines: 24, hasColours: false, ...changed },
  };
}

t.test('the table fits 80 by 24 and shows rates, with the cursor furthest behind first', async (t) => {
  const before = sample(
    Array.from({ length: 40 }, (_, i) => cursor(i)),
    { atMs: AT_MS - 2_000, accepted: 4 },
  );
  const now = sample(
    Array.from({ length: 40 }, (_, i) =>
      cursor(i, i === 7 ? { lagEvents: 12, oldestAgeSeconds: 75, creditEvents: 0, delivered: 150 } : {}),
    ),
  );
  const lines = screenLines(input(now, { before }));
  t.equal(lines.length, 24);
  t.ok(lines.every((line) => line.length <= 80));
  t.match(lines[1], /^accepted 3\.0\/s/);
  t.match(lines[2], /^GRANT +RATE\/S +LAG +OLDEST +CREDIT +LAST ACK +ON/);
  t.match(lines[3], /^g-department-of-long-names-… +25 +12 +1m15s +0 +2s +yes/);
});

t.test('every size of a terminal is filled exactly, also the smallest', async (t) => {
  const now = sample([cursor(1)], { problems: ['there is no connection to NATS'] });
  for (const [columns, lines] of [
    [20, 3],
    [80, 24],
    [200, 60],
  ] as const) {
    const drawn = screenLines(input(now, { columns, lines }));
    t.equal(drawn.length, lines);
    t.ok(drawn.every((line) => line.length <= columns));
  }
});

t.test('control characters of the bus never reach the terminal, and without colours no escape does', async (t) => {
  const evil = 'x\u001b[2J\u0007\u202e';
  const now = sample([cursor(1, { grant: evil, party: evil, entry: evil, cursor: evil, system: evil })], {
    problems: [evil],
  });
  for (const followed of [undefined, { grant: evil }, { entry: evil, position: 3 }]) {
    const state = { ...STARTING_STATE, followed };
    const drawn = screenLines(input(now, { state, failure: evil })).join('');
    t.ok([...drawn].every((character) => character.charCodeAt(0) >= SEVEN_BIT && character !== '\u202e'));
    const coloured = screenLines(input(now, { state, hasColours: true })).join('');
    t.notMatch(stripVTControlCharacters(coloured), '\u0007');
    t.notMatch(coloured, '\u001b[2J');
  }
});

t.test('keys follow a grant or an event, go back, and end the command', async (t) => {
  const row = { grant: 'g-one', entry: 'registry.person', count: 2 };
  t.same(afterKey(STARTING_STATE, '\r', row)?.followed, { grant: 'g-one' });
  const typed = ['e', '1', '2', 'x', '\u007f', '\r'].reduce((state, key) => afterKey(state, key, row)!, STARTING_STATE);
  t.same(typed.followed, { entry: 'registry.person', position: 12 });
  const event = screenLines(
    input(sample([cursor(1, { position: 12 }), cursor(2, { position: 11 }), cursor(3, { position: null })]), {
      state: typed,
    }),
  );
  t.match(event[2], /position 12 of registry\.person: passed by 1 of 3 cursors/);
  t.match(event[5], /^waits +g-department.* 11 /);
  t.equal(afterKey(typed, '\u001b', row)?.followed, undefined);
  t.equal(afterKey(STARTING_STATE, '\t', row)?.view, 'entries');
  t.equal(afterKey(STARTING_STATE, 'j', row)?.selected, 1);
  t.equal(afterKey(STARTING_STATE, 'q', row), undefined);
  t.equal(afterKey(STARTING_STATE, '\u0003', row), undefined);
});

t.test('the text format of Prometheus is read with escapes, exemplars and infinities', async (t) => {
  const text = '# HELP a b\na{x="1\\"2",y="\\\\n"} 3 # {trace_id="q"} 1\nb +Inf\nnonsense\n';
  t.same(parsePrometheus(text), [
    { name: 'a', labels: { x: '1"2', y: '\\n' }, value: 3 },
    { name: 'b', labels: {}, value: Number.POSITIVE_INFINITY },
  ]);
});
