/** PostgreSQL counts time from 2000-01-01; this is the distance from 1970. */
const EPOCH_MS = 946_684_800_000;

/** PostgreSQL's microseconds → milliseconds since 1970, rounded as PostgreSQL does. */
export const fromPostgresTime = (micros: bigint): number => Number(micros / 1000n) + EPOCH_MS;

/** Milliseconds since 1970 → PostgreSQL's microseconds. */
export const toPostgresTime = (ms: number): bigint => BigInt(ms - EPOCH_MS) * 1000n;
