import type { EntryVersion } from '../../proto/entry/entry.js';

const DAY_MS = 24 * 60 * 60 * 1000;
/** An event that was judged under one version may be stored when the next one is in force already. */
const VALIDATION_MS_MAX = 60_000;

/** Members of a version that decide about expiry. */
export interface RetainingVersion {
  publishedAt: EntryVersion['publishedAt'];
  document: Pick<EntryVersion['document'], 'retentionDays'>;
}

/**
 * Events of an entry that were stored before the returned moment may have expired; 0 when none can have. Each event
 * takes the retention of the version in force when it was stored, so a longer retention later brings nothing back.
 * `versions` are in ascending order.
 */
export function expiredBeforeMs(versions: readonly RetainingVersion[], nowMs: number): number {
  let expired = 0;
  for (const [i, { publishedAt, document }] of versions.entries()) {
    if (document.retentionDays === undefined) continue;
    const next = versions[i + 1];
    const endMs = next ? Date.parse(next.publishedAt) + VALIDATION_MS_MAX : nowMs;
    const expiredMs = Math.min(endMs, nowMs - document.retentionDays * DAY_MS);
    if (expiredMs > Date.parse(publishedAt)) expired = Math.max(expired, expiredMs);
  }
  return expired;
}
