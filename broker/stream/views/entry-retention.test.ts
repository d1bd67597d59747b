import t from 'tap';
import type { EntryVersion } from '../../../proto/entry/entry.js';
import { EntryRetention } from './entry-retention.js';

const DAY_MS = 86_400_000;
const NOW_MS = Date.parse('2026-06-01T00:00:00Z');

t.test('what expires of an entry is read once, and again when the entry has changed', async (t) => {
  const versions: EntryVersion[] = [];
  const listeners: ((entry: string) => void)[] = [];
  let reads = 0;
  const publish = (retentionDays?: number): void => {
    const document = { id: 'p.e', ...(retentionDays !== undefined && { retentionDays }) };
    const version = { id: 'p.e', version: versions.length + 1, publishedAt: '2020-01-01T00:00:00Z', document };
    versions.push(version as EntryVersion);
    for (const fn of listeners) fn('p.e');
  };
  const read = (version?: EntryVersion): EntryVersion | undefined => {
    reads++;
    return version;
  };
  const retention = new EntryRetention({
    published: () => read(versions.at(-1)),
    version: (_entry, number) => read(versions[number - 1]),
    onChange: (fn) => {
      listeners.push(fn);
      return () => {};
    },
  });
  const asked = (): number => retention.expiredBeforeMs('p.e', NOW_MS);

  t.equal(asked(), 0);
  publish();
  t.equal(asked(), 0);
  publish(30);
  t.equal(asked(), NOW_MS - 30 * DAY_MS);
  const before = reads;
  t.equal(asked(), NOW_MS - 30 * DAY_MS);
  t.equal(reads, before);
});
