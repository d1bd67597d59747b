import type { GrantDocument } from '../../proto/entry/grant.js';
import { instantMs, isDay } from '../../proto/values/rfc3339.js';

const DAY_MS = 24 * 60 * 60 * 1000;

/** The bounds of a grant in time. `toMs` is exclusive. */
export interface GrantBounds {
  fromMs: number;
  toMs: number;
  /** Events accepted earlier are not delivered. */
  historyFromMs: number;
}

/** A date stands for a whole day in UTC+8, the only legal time zone; the last day belongs to the period. */
export function boundsOf({
  period,
  history,
  resumedFrom,
}: Pick<GrantDocument, 'period' | 'history'> & { resumedFrom?: string | undefined }): GrantBounds {
  const fromMs = startOf(period.from);
  const toMs = isDay(period.to) ? startOf(period.to) + DAY_MS : startOf(period.to);
  const resumedMs = resumedFrom === undefined ? 0 : startOf(resumedFrom);
  const historyFromMs = Math.max(historyStart(history, fromMs), resumedMs);
  return { fromMs, toMs, historyFromMs };
}

function historyStart(history: string | undefined, fromMs: number): number {
  if (history === undefined || history === 'none') return fromMs;
  return history === 'all' ? 0 : startOf(history);
}

/** Expects a validated date or instant. */
const startOf = (text: string): number => instantMs(isDay(text) ? `${text}T00:00:00+08:00` : text) as number;
