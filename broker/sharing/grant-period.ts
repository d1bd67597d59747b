import type { GrantDocument } from '../../proto/grant.js';

const DAY_MS = 24 * 60 * 60 * 1000;
const DAY = /^\d{4}-\d{2}-\d{2}$/;
const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?(?:Z|[+-]\d{2}:\d{2})$/;

/** A calendar day that exists. */
export function isDay(text: unknown): text is string {
  if (typeof text !== 'string' || !DAY.test(text)) return false;
  const ms = Date.parse(`${text}T00:00:00Z`);
  return !Number.isNaN(ms) && new Date(ms).toISOString().startsWith(text);
}

/** RFC 3339, with zone. */
export const isInstant = (text: unknown): text is string =>
  typeof text === 'string' && INSTANT.test(text) && isDay(text.slice(0, 10)) && !Number.isNaN(Date.parse(text));

export const isDayOrInstant = (text: unknown): text is string => isDay(text) || isInstant(text);

/** Bounds of a grant in time; `toMs` is the first moment at which it is over. */
export interface GrantBounds {
  fromMs: number;
  toMs: number;
  /** Events accepted before are not for the grant. */
  historyFromMs: number;
}

/** Days are whole days of the one legal time zone, UTC+8; both ends belong to the period. */
export function boundsOf({ period, history }: Pick<GrantDocument, 'period' | 'history'>): GrantBounds {
  const fromMs = startOf(period.from);
  const toMs = isDay(period.to) ? startOf(period.to) + DAY_MS : startOf(period.to);
  return { fromMs, toMs, historyFromMs: historyStart(history, fromMs) };
}

function historyStart(history: string | undefined, fromMs: number): number {
  if (history === undefined || history === 'none') return fromMs;
  return history === 'all' ? 0 : startOf(history);
}

const startOf = (text: string): number => Date.parse(isDay(text) ? `${text}T00:00:00+08:00` : text);
