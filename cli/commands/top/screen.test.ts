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
    grant: `g-department-of-long-names-number-${number}`,
    cursor: 'default',
    party: 'tax',
    provider: 'registry',
    system: 'tax-main',
    entry: 'registry.person',
    delivered: 100,
    lagEvents: 0,
    isExact: true,
    oldestAgeSeconds: 0,
    connected: true,
    creditEvents: 1_000,
    lastAckMs: AT_MS - 2_000,
    position: 9,
    ...changed,
  };
}

function sample(cursors: CursorSample[], changed: Partial<BusSample> = {}): BusSample {
  const gauges = { waiting: 0, sessions: 3, storeFree: 50, storeCapacity: 100 };
  return {
    atMs: AT_MS,
    problems: [],
    notices: [],
    accepted: 10,
    refused: 0,
    delivered: 50,
    ...gauges,
    cursors,
    entries: [],
    ...changed,
  };
}

function input(now: BusSample, changed: Partial<ScreenInput> = {}): ScreenInput {
  return {
    url: 'https://bus.example',
    state: STARTING_STATE,
    now,
    before: undefined,
    failure: undefined,
    columns: 80,
    lines: 24,
    hasColours: false,
    ...changed,
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
  t.match(lines[1], /^in 3\.0\/s {2}refused 0\/s {2}out 0\/s {2}waiting 0 {2}sessions 3 {2}store 50 % free$/);
  t.match(lines[2], /^ GRANT +RATE\/S +LAG +OLDEST +CREDIT +LAST ACK +ON/);
  t.match(lines[3], /^>g-department-of-long-names-… +25 +12 +1m15s +0 +2s +yes/);
  t.match(lines[4], /^ g-department/, 'without colours a mark shows the selected row');
  t.match(lines.at(-1), /q quit$/, 'all keys are named');
  const coloured = screenLines(input(now, { before, hasColours: true }));
  t.notMatch(stripVTControlCharacters(coloured[3]!), /^>/);
});

t.test(
  'entries and parties show what came in and what went out, also without a grant, within 80 columns',
  async (t) => {
    const long = 'registry-of-a-district-with-a-long-name.permits-of-restaurants';
    const entries = (...accepted: number[]) =>
      accepted.map((events, i) => {
        const [entry, provider] = [
          ['registry.person', 'registry'],
          [long, 'registry'],
          ['police.car', 'police'],
        ][i]!;
        return { entry: entry!, provider: provider!, accepted: events };
      });
    const before = sample([cursor(1)], { atMs: AT_MS - 2_000, entries: entries(10, 5) });
    const lagging = { delivered: 150, lagEvents: 1_234_567, oldestAgeSeconds: 3_599, creditEvents: 99_999 };
    const now = sample([cursor(1, lagging), cursor(2, { connected: false })], { entries: entries(30, 5, 8) });
    const drawn = (view: 'entries' | 'parties') =>
      screenLines(input(now, { before, state: { ...STARTING_STATE, view } })).slice(2);
    const [head, person, car, permits] = drawn('entries');
    t.match(head, /^ ENTRY +IN\/S +OUT\/S +LAG +OLDEST +CREDIT +LAST ACK +ON$/);
    t.match(person, /^>registry\.person +10 +25 +1234567 +59m59s +1000 +2s +1\/2$/);
    t.match(car, /^ police\.car +4\.0 +- +- +- +- +- +-$/, 'its first events came since the sample before');
    t.match(permits, /^ registry-of-a-dist.*… +0 +- +- +- +- +- +-$/, 'nobody is granted it');
    const [, tax, registry, police] = drawn('parties');
    t.match(tax, /^>tax +- +25 +1234567 .* 1\/2$/);
    t.match(registry, /^ registry +10 +- /, 'the sum of its entries');
    t.match(police, /^ police +4\.0 +- /);
    t.ok(
      screenLines(input(now, { before, state: { ...STARTING_STATE, view: 'entries' } })).every((l) => l.length <= 80),
    );
    const [, , , wide] = screenLines(input(now, { columns: 160, state: { ...STARTING_STATE, view: 'entries' } })).slice(
      2,
    );
    t.match(wide, long, 'a wide terminal shows the whole id');
  },
);

t.test(
  'a grant that nobody follows has no lag, and of what stands behind the figures only whole columns are shown',
  async (t) => {
    const unused = { grant: 'g', cursor: '', connected: false, creditEvents: undefined, lastAckMs: undefined };
    const now = sample([cursor(1, unused)]);
    const [head, row] = screenLines(input(now, { columns: 60 })).slice(2);
    t.match(head, /ON +CURSOR$/, 'PARTY does not fit');
    t.match(row, /^>g +- +- +- +- +never +no +-$/);
    const followed = screenLines(input(now, { state: { ...STARTING_STATE, followed: { grant: 'g' } } })).slice(2, 5);
    t.strictSame(followed, ['grant g', 'entry registry.person, provided by registry', 'to    system tax-main of tax']);
  },
);

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
