import { stripVTControlCharacters } from 'node:util';
import t from 'tap';
import { afterKey, type ScreenState, STARTING_STATE } from './keys.js';
import { parsePrometheus } from './prometheus-text.js';
import { rowsOf } from './rates.js';
import type { BusSample, CursorSample } from './read-bus.js';
import { failureReport, reportOf } from './report.js';
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
    startedAt: 1,
    problems: [],
    warnings: [],
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
  t.equal(lines[2], 'grants 1-19 of 40, by lag');
  t.match(lines[3], /^ GRANT +RATE\/S +LAG +OLDEST +CREDIT +LAST ACK +ON/);
  t.match(lines[4], /^>g-department-o…ames-number-7 +25 +12 +1m15s +0 +2s +yes/);
  t.match(lines[5], /^ g-department/, 'without colours a mark shows the selected row');
  t.match(lines.at(-1), /q quit$/, 'all keys are named');
  const coloured = screenLines(input(now, { before, hasColours: true }));
  t.notMatch(stripVTControlCharacters(coloured[4]!), /^>/);
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
      screenLines(input(now, { before, state: { ...STARTING_STATE, view } })).slice(3);
    const [head, person, car, permits] = drawn('entries');
    t.match(head, /^ ENTRY +IN\/S +OUT\/S +LAG +OLDEST +CREDIT +LAST ACK +ON$/);
    t.match(person, /^>registry\.person +10 +25 +1234567 +59m59s +1000 +2s +1\/2$/);
    t.match(car, /^ police\.car +4\.0 +- +- +- +- +- +-$/, 'its first events came since the sample before');
    t.match(permits, /^ registry-of.*…[a-z-]*restaurants +0 +- +- +- +- +- +-$/, 'nobody is granted it');
    const [, tax, registry, police] = drawn('parties');
    t.match(tax, /^>tax +- +25 +1234567 .* 1\/2$/);
    t.match(registry, /^ registry +10 +- /, 'the sum of its entries');
    t.match(police, /^ police +4\.0 +- /);
    t.ok(
      screenLines(input(now, { before, state: { ...STARTING_STATE, view: 'entries' } })).every((l) => l.length <= 80),
    );
    const [, , , wide] = screenLines(input(now, { columns: 160, state: { ...STARTING_STATE, view: 'entries' } })).slice(
      3,
    );
    t.match(wide, long, 'a wide terminal shows the whole id');
  },
);

t.test(
  'a grant that nobody follows has no lag, and of what stands behind the figures only whole columns are shown',
  async (t) => {
    const unused = {
      grant: 'g',
      cursor: '',
      connected: false,
      lagEvents: undefined,
      oldestAgeSeconds: undefined,
      creditEvents: undefined,
      lastAckMs: undefined,
    };
    const now = sample([cursor(1, unused)]);
    const [head, row] = screenLines(input(now, { columns: 60 })).slice(3);
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

/** The state after keys, pressed one after the other on a table of that sample. */
function pressed(now: BusSample, ...keys: string[]): ScreenState | undefined {
  let state: ScreenState | undefined = STARTING_STATE;
  for (const key of keys) {
    const rows: ReturnType<typeof rowsOf> = state === undefined ? [] : rowsOf(state.view, now, undefined, state);
    if (state) state = afterKey(state, key, { rows, followedCount: now.cursors.length, page: 10 });
  }
  return state;
}

t.test('keys follow a grant or an event, go back, and end the command', async (t) => {
  const now = sample([cursor(1, { position: 12 }), cursor(2, { position: 11 }), cursor(3, { position: null })]);
  t.same(pressed(now, '\r')?.followed, { grant: cursor(1).grant });
  const typed = pressed(now, 'e', '1', '2', 'x', '\u007f', '\r');
  t.same(typed?.followed, { entry: 'registry.person', position: 12 });
  const event = screenLines(input(now, { state: typed! }));
  t.match(event[2], /position 12 of registry\.person: passed by 1 of 3 cursors/);
  t.match(event[5], /^waits +g-department.* 11 /);
  t.equal(pressed(now, '\r', '\u001b')?.followed, undefined);
  t.equal(pressed(now, '\t')?.view, 'entries');
  t.match(pressed(now, '\t', '\r'), { view: 'grants', filter: 'registry.person' }, 'the grants of an entry');
  for (const key of ['q', '\u0003', '\u0004']) t.equal(pressed(now, key), undefined);
});

t.test('an event is not called waiting while nobody knows how far the cursors are', async (t) => {
  const now = sample([cursor(1, { position: undefined })]);
  const [title, , , row] = screenLines(
    input(now, { state: { ...STARTING_STATE, followed: { entry: 'registry.person', position: 3 } } }),
  ).slice(2);
  t.match(title, /passed by 0 of 1/);
  t.match(row, /^unknown /);
});

t.test('keys move by rows, screens and to either end, whatever sequences the terminal sends for them', async (t) => {
  const now = sample(Array.from({ length: 40 }, (_, i) => cursor(i, { grant: `g-${String(i).padStart(2, '0')}` })));
  const selected = (...keys: string[]) => pressed(now, ...keys)?.selected?.split(' ')[0];
  t.equal(selected('j'), 'g-01');
  t.equal(selected('\u001bOB', '\u001b[B', 'k'), 'g-01');
  t.equal(selected('\u001b[6~', ' ', '\u001b[5~'), 'g-10');
  t.equal(selected('G'), 'g-39');
  t.equal(selected('\u001b[F', 'j', 'g'), 'g-00');
  const last = screenLines(input(now, { state: pressed(now, 'G')! }));
  t.equal(last[2], 'grants 22-40 of 40, by lag');
  t.match(last.at(-2), /^>g-39/);
});

t.test('the selected grant stays selected when the order of rows changes', async (t) => {
  const now = sample([cursor(1, { grant: 'g-a', lagEvents: 9 }), cursor(2, { grant: 'g-b', lagEvents: 5 })]);
  const state = pressed(now, 'j')!;
  const later = sample([cursor(1, { grant: 'g-a', lagEvents: 0 }), cursor(2, { grant: 'g-b', lagEvents: 5 })]);
  const rows = rowsOf('grants', later, undefined, state);
  t.equal(rows[0]?.id, 'g-b');
  t.same(afterKey(state, '\r', { rows, followedCount: 0, page: 10 })?.followed, { grant: 'g-b' });
});

t.test('rows are sorted by each column, and those with a text in a name are found', async (t) => {
  const now = sample([
    cursor(1, { grant: 'g-a', lagEvents: 9, oldestAgeSeconds: 1, lastAckMs: undefined, creditEvents: 7 }),
    cursor(2, { grant: 'g-b', oldestAgeSeconds: 5, lastAckMs: AT_MS, creditEvents: undefined, party: 'police' }),
    cursor(3, { grant: 'g-c', delivered: 200, lastAckMs: AT_MS - 9_000, creditEvents: 0 }),
  ]);
  const before = sample(
    [1, 2, 3].map((number) => cursor(number, { grant: `g-${'_abc'[number]}` })),
    {
      atMs: AT_MS - 1_000,
    },
  );
  const sorted = (order: ScreenState['order'], filter = '') =>
    rowsOf('grants', now, before, { order, filter })
      .map(({ id }) => id.slice(2))
      .join('');
  t.strictSame(
    (['lag', 'rate', 'age', 'credit', 'last ack', 'name'] as const).map((order) => sorted(order)),
    ['abc', 'cab', 'bac', 'cab', 'acb', 'abc'],
  );
  t.equal(sorted('lag', 'police'), 'b');
  t.equal(pressed(now, '/', 'p', 'o', 'l', '\r')?.filter, 'pol');
  t.equal(pressed(now, '/', 'p', '\r', '\u001b')?.filter, '');
  t.match(
    screenLines(input(now, { state: { ...STARTING_STATE, filter: 'nobody' } }))[2],
    /^no grants with "nobody" in a name: none is in force/,
  );
});

t.test('a bus that does not answer is not shown as ready, and what is wrong is broken between words', async (t) => {
  const now = sample([cursor(1)], {
    warnings: ['stream RECEIPTS is at 97 % of the limit that somebody has set for it'],
  });
  const ready = screenLines(input(now, { columns: 40, lines: 10 }));
  t.match(ready[0], /^sluice top {2}ready {2}12:00:00 UTC/);
  t.strictSame(ready.slice(2, 4), ['! stream RECEIPTS is at 97 % of the', '  limit that somebody has set for it']);
  const [head, , line] = screenLines(input(now, { failure: 'https://bus.example cannot be reached: ECONNREFUSED' }));
  t.match(head, /^sluice top {2}NO ANSWER since {2}12:00:00 UTC/);
  t.equal(line, '! https://bus.example cannot be reached: ECONNREFUSED');
});

t.test('the text format of Prometheus is read with escapes, exemplars and infinities', async (t) => {
  const text = '# HELP a b\na{x="1\\"2",y="\\\\n"} 3 # {trace_id="q"} 1\nb +Inf\nnonsense\n';
  t.same(parsePrometheus(text), [
    { name: 'a', labels: { x: '1"2', y: '\\n' }, value: 3 },
    { name: 'b', labels: {}, value: Number.POSITIVE_INFINITY },
  ]);
});

t.test(
  'every line of JSON has the same fields, of a bus without an answer too, and null where nothing is known',
  async (t) => {
    const unused = cursor(1, {
      lagEvents: undefined,
      creditEvents: undefined,
      position: undefined,
      lastAckMs: undefined,
    });
    const line = JSON.parse(JSON.stringify(reportOf(sample([unused]), undefined)));
    t.strictSame(Object.keys(failureReport('away', AT_MS)), Object.keys(line));
    t.match(line, {
      acceptedRate: null,
      grants: [{ rate: null, lagEvents: null, creditEvents: null, position: null }],
    });
    t.match(failureReport('away', AT_MS), { ready: false, problems: ['away'], grants: null });
  },
);
