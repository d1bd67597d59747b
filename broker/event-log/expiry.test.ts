import t from 'tap';
import type { EntryVersion } from '../../proto/entry/entry.js';
import { expiredBeforeMs } from './expiry.js';

const DAY_MS = 24 * 60 * 60 * 1000;
const NOW = Date.parse('2026-06-30T00:00:00Z');
const daysAgo = (days: number): number => NOW - days * DAY_MS;

/** Versions by the days ago on which they were published, and their retention. */
const expired = (...versions: [publishedDaysAgo: number, retentionDays?: number][]): number => {
  const published = versions.map(([age, retentionDays]) => ({
    publishedAt: new Date(daysAgo(age)).toISOString(),
    document: { retentionDays } as EntryVersion['document'],
  }));
  return expiredBeforeMs(published, NOW);
};

t.test('events without a retention never expire', async (t) => {
  t.equal(expired([100]), 0);
});

t.test('events older than their retention may have expired', async (t) => {
  t.equal(expired([100, 10]), daysAgo(10));
  t.equal(expired([5, 10]), 0, 'the entry is younger than that');
});

t.test('a longer retention does not bring back events that a shorter one has expired', async (t) => {
  t.ok(Math.abs(expired([100, 10], [5, 30]) - daysAgo(10)) < DAY_MS / 2, 'the last days of the first version');
  t.ok(Math.abs(expired([100, 10], [50]) - daysAgo(50)) < DAY_MS / 2, 'all of the first version');
});

t.test('a shorter retention applies to later events only', async (t) => {
  t.equal(expired([100, 80], [50, 10]), daysAgo(10));
  t.equal(expired([100], [5, 10]), 0);
});
