/** A service that asks for a longer pause is asked again after this one. */
const RETRY_AFTER_MAX_MS = 3_600_000;

/** The pause that a `Retry-After` header asks for, in seconds or as a date (RFC 9110); undefined without a readable one. */
export function retryAfterMs(header: string | null | undefined, nowMs: number): number | undefined {
  if (header === null || header === undefined) return undefined;
  const text = header.trim();
  const ms = /^\d+$/.test(text) ? Number(text) * 1000 : /[A-Za-z]/.test(text) ? Date.parse(text) - nowMs : Number.NaN;
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(ms, 0), RETRY_AFTER_MAX_MS);
}
