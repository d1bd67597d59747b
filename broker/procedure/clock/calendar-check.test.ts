import t from 'tap';
import { type CalendarDocument, calendarOf } from './calendar.js';
import { CalendarBook } from './calendar-book.js';
import { type ClockOfFile, calendarProblems, effectOf, nextCalendar } from './calendar-check.js';
import { type ClockRules, endClock, pauseClock, startClock } from './clock-rules.js';
import { CN_2025, CN_2026 } from './national-calendars.js';

const at = (day: string): number => Date.parse(`${day}T10:00:00+08:00`);
const paths = (change: Partial<CalendarDocument>): string[] =>
  calendarProblems({ ...CN_2026, ...change }).map(({ path }) => path);

t.test('the calendars of 2025 and 2026 have no fault', async (t) => {
  t.same([...calendarProblems(CN_2025), ...calendarProblems(CN_2026)], []);
});

t.test('every fault of a calendar is named with its path, all at once', async (t) => {
  t.same(paths({ document: ' ' }), ['/document']);
  t.same(paths({ off: ['2026-01-04'], on: ['2026-01-04'] }), ['/off/0'], 'off and on');
  t.same(paths({ off: ['2025-01-01'], on: ['2027-01-02'] }), ['/off/0', '/on/0'], 'of another year');
  t.same(paths({ off: ['2026-01-01', '2026-01-01'] }), ['/off/1'], 'twice');
  t.same(paths({ on: ['2026-01-05'] }), ['/on/0'], 'a Monday');
  t.same(paths({ off: ['2026-02-30'], on: ['2026-02-29'] }), ['/off/0', '/on/0'], 'no such day');
  t.same(paths({ off: ['2026-01-03', '2026-01-03'], on: ['2026-01-03', '2026-01-05'], document: '' }), [
    '/off/1',
    '/off/0',
    '/off/1',
    '/on/1',
    '/document',
  ]);
});

const rules: ClockRules = {
  calendars: new CalendarBook([calendarOf('cn@2026.1', CN_2026)]),
  regionOf: () => '350000',
  closingHour: 24,
};
const clockOf = (id: string, day: string): ClockOfFile => ({
  file: { kind: 'applications', id: `ap-${id}` },
  clock: startClock({ id: 'D4', party: 'p', startMs: at(day), unit: 'wd', length: 10 }, rules, at(day)),
});
const with_ = (document: Partial<CalendarDocument>) => nextCalendar(rules.calendars, { ...CN_2026, ...document });

t.test('a version recomputes running and paused clocks that it applies to, and no other', async (t) => {
  const spring = clockOf('spring', '2026-02-06');
  const summer = clockOf('summer', '2026-07-01');
  const paused = { ...spring, clock: pauseClock(spring.clock, at('2026-02-09')) };
  const next = clockOf('next', '2027-02-01');
  const done = { ...summer, clock: endClock(summer.clock, at('2026-07-02')) };
  const version = with_({ off: [...CN_2026.off, '2026-02-26'] });
  t.equal(version.id, 'cn@2026.2');
  const effect = effectOf(version, [spring, summer, paused, next, done], rules, at('2026-02-09'));
  t.same(effect.problems, []);
  t.same(
    effect.recomputed.map(({ file, from, to }) => [file.id, from, to]),
    [
      ['ap-spring', '2026-02-27', '2026-02-28'],
      ['ap-summer', '2026-07-15', '2026-07-15'],
      ['ap-spring', '2026-02-27', '2026-02-28'],
    ],
  );
});

t.test('a version that makes a kept deadline late, or a running one late now, names each file', async (t) => {
  const running = clockOf('running', '2026-02-06');
  const kept = { ...clockOf('kept', '2026-02-06') };
  kept.clock = endClock(kept.clock, at('2026-02-27'));
  const inPause = { ...clockOf('pause', '2026-02-06') };
  inPause.clock = endClock(pauseClock(inPause.clock, at('2026-02-09')), at('2026-06-01'));
  // Without its days off in February, D4 is due on the 20th.
  const version = with_({ off: CN_2026.off.filter((date) => !date.startsWith('2026-02')) });
  const { problems } = effectOf(version, [running, kept, inPause], rules, at('2026-02-27'));
  t.match(problems, [
    { text: /applications\/ap-running would be late now/ },
    { text: /applications\/ap-kept was kept/ },
  ]);
  t.equal(problems.length, 2);
});
