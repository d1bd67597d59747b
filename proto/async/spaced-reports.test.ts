import t from 'tap';
import { eventually } from '../../tests/support/condition.js';
import { SpacedReports } from './spaced-reports.js';

t.test('events of a key are reported at once, then with their number once the interval is over', async (t) => {
  let nowMs = 0;
  const reported: number[] = [];
  const reports = new SpacedReports(() => nowMs, 1_000, 100);
  const add = (atMs: number, events?: number): void => {
    nowMs = atMs;
    reports.add('a', (count) => reported.push(count), events);
  };
  for (const atMs of [0, 50, 100, 150, 1_050]) add(atMs);
  t.same(reported, [1, 2], 'the second report comes sooner');
  add(1_100, 7);
  t.same(reported, [1, 2, 9]);
});

t.test('the last events before a silence are reported, though no further one comes', async (t) => {
  const reported: string[] = [];
  const reports = new SpacedReports(() => performance.now(), 50);
  for (const name of ['first', 'second', 'third']) reports.add('a', (count) => reported.push(`${name}: ${count}`));
  reports.add('b', (count) => reported.push(`other: ${count}`));
  t.same(reported, ['first: 1', 'other: 1']);
  await eventually(() => reported.length > 2, 'a report of what was not reported', 10_000);
  t.same(reported, ['first: 1', 'other: 1', 'third: 2']);
});

t.test('flush reports what is not reported yet, and the next event begins anew', async (t) => {
  const reported: number[] = [];
  const reports = new SpacedReports(() => 0, 1_000);
  const add = (): void => reports.add('a', (count) => reported.push(count));
  for (let i = 0; i < 4; i++) add();
  reports.flush();
  reports.flush();
  add();
  t.same(reported, [1, 3, 1]);
});

t.test('a key that is forgotten because there are too many is reported before', async (t) => {
  const reported: string[] = [];
  const reports = new SpacedReports(() => 0, 1_000);
  const add = (key: string): void => reports.add(key, (count) => reported.push(`${key}: ${count}`));
  add('0');
  for (let key = 0; key <= 1_000; key++) add(`${key}`);
  t.same(reported.slice(0, 3), ['0: 1', '1: 1', '2: 1']);
  t.same(reported.slice(-2), ['0: 1', '1000: 1']);
});
